import type { Segment } from '../../kernel/file-holes.ts';
import { BLOCK_BYTES, number, toSafe, tarError } from './tar-header.ts';

/** More than this in an archive is an attack, not a file. */
export const MAXIMUM_SEGMENTS = 65_536;

/**
 * The segments in GNU tar's own header (type `S`: 4 of them at 386) or in one of the blocks that follow it (21
 * at 0), and whether another such block follows. GNU tar manual, "Old GNU Format".
 */
export function decodeGnuSegments(block: Buffer, isHeader: boolean): { segments: Segment[]; more: boolean } {
  const [start, count, flag] = isHeader ? [386, 4, 482] : [0, 21, 504];
  const segments: Segment[] = [];
  for (let index = 0; index < count; index++) {
    const offset = start + index * 24;
    if (block[offset + 12] === 0) break;
    segments.push({
      offset: toSafe(number(block, offset, 12)),
      length: toSafe(number(block, offset + 12, 12)),
    });
  }
  return { segments, more: block[flag] !== 0 && block[flag] !== 0x30 };
}

/** The real size in a GNU sparse header. */
export function decodeGnuRealSize(block: Buffer): number {
  return toSafe(number(block, 483, 12));
}

/** Pairs of offset and length, as PAX sparse formats 0.0, 0.1 and 1.0 have them. */
export function segmentsOf(numbers: readonly string[]): Segment[] {
  const segments: Segment[] = [];
  for (let index = 0; index + 1 < numbers.length; index += 2) {
    segments.push({ offset: decimal(numbers[index]), length: decimal(numbers[index + 1]) });
  }
  return segments;
}

/**
 * Reads the map that precedes the data of a file in PAX sparse format 1.0: decimal lines, the number of
 * segments first, padded to a whole block. Blocks are fed one at a time, until the segments come back.
 */
export class SparseMapReader {
  #text = '';
  #blocks = 0;

  get byteCount(): number {
    return this.#blocks * BLOCK_BYTES;
  }

  /** Undefined: another block is needed. */
  push(block: Buffer): Segment[] | undefined {
    this.#text += block.toString('latin1');
    this.#blocks++;
    const lines = this.#text.split('\n');
    const count = lines.length > 1 ? decimal(lines[0]) : 0;
    if (count > MAXIMUM_SEGMENTS || this.#text.length > 2 ** 20) throw tarError('invalid tar header');
    // The last element has no newline after it: it is padding, or half a number.
    if (lines.length < 2 || lines.length - 2 < count * 2) return undefined;
    return segmentsOf(lines.slice(1, 1 + count * 2));
  }
}

/**
 * Segments must ascend, not overlap, end within the file, and add up to what the archive holds.
 * @throws EngineError invalid-parameter
 */
export function checkSegments(segments: readonly Segment[], fileSize: number, packedSize: number): void {
  let end = 0;
  let sum = 0;
  for (const { offset, length } of segments) {
    if (offset < end || offset + length > fileSize) throw tarError('invalid tar header');
    end = offset + length;
    sum += length;
  }
  if (sum !== packedSize || segments.length > MAXIMUM_SEGMENTS) throw tarError('invalid tar header');
}

function decimal(text: string | undefined): number {
  if (text === undefined || !/^\d{1,16}$/.test(text)) throw tarError('invalid tar header');
  return toSafe(BigInt(text));
}
