/** The middle of the values; of an even number of them, the upper middle. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

/** Runs `task` `warmUp` times uncounted, then `count` times. Milliseconds each. */
export async function timed(task: () => Promise<unknown>, count: number, warmUp = 3): Promise<number[]> {
  const times: number[] = [];
  for (let i = -warmUp; i < count; i++) {
    const start = performance.now();
    await task();
    if (i >= 0) times.push(performance.now() - start);
  }
  return times;
}
