import { type FilterProgram, sameTarget, type Target } from './filter-program.ts';

/** What happens from `start` on, up to the next segment's start. */
export type Segment<T> = { start: number; value: T };

/** Joins neighbours whose values have the same key. */
export function mergeSegments<T>(segments: readonly Segment<T>[], keyOf: (value: T) => string): Segment<T>[] {
  return segments.filter(
    ({ value }, index) => index === 0 || keyOf(value) !== keyOf(segments[index - 1]!.value),
  );
}

/**
 * A binary search for the segment that the accumulator (32 bits, unsigned) lies in. The first one starts at 0.
 * `targetOf` is called once a segment, last segment first.
 */
export function searchTree<T>(
  program: FilterProgram,
  segments: readonly Segment<T>[],
  targetOf: (value: T) => Target,
): Target {
  const targets = new Map<Segment<T>, Target>();
  for (const segment of [...segments].reverse()) targets.set(segment, targetOf(segment.value));
  const search = (part: readonly Segment<T>[]): Target => {
    const [first, second, third] = part;
    if (!second) return targets.get(first!)!;
    const outside = targets.get(first!)!;
    if (
      third &&
      part.length === 3 &&
      third.start === second.start + 1 &&
      sameTarget(outside, targets.get(third)!)
    )
      return program.branch('jeq', second.start, targets.get(second)!, outside);
    const middle = Math.ceil(part.length / 2);
    const upper = search(part.slice(middle));
    return program.branch('jge', part[middle]!.start, upper, search(part.slice(0, middle)));
  };
  return search(segments);
}
