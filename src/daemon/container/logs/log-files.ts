import { closeSync, existsSync, fstatSync, openSync, read, readSync, statSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { promisify } from 'node:util';
import { errorCode } from '../../../base/errors.ts';

/** A rotation takes less by far: a file that is missing for longer has been removed by hand. */
const MAX_ATTEMPTS = 100;

/**
 * Descriptors of the log's files that exist, oldest first: `path.2`, `path.1`, `path`. The caller closes them. They are
 * opened here and now, as that takes less than to ask another thread for it.
 */
export async function openLogFiles(path: string): Promise<number[]> {
  for (let attempt = 1; ; attempt += 1) {
    const { files, isWhole } = openGenerations(path);
    // A rotation in between would have shown a file twice, or hidden one.
    if (attempt === MAX_ATTEMPTS || (isWhole && isInPlace(path, files.at(-1)))) return files;
    for (const file of files) closeSync(file);
    await nextTurn();
  }
}

/** Not `isWhole` with a gap in the numbers: then a rotation is under way, which renames one file after the other. */
function openGenerations(path: string): { files: number[]; isWhole: boolean } {
  const files: number[] = [];
  const nameOf = (generation: number) => (generation === 0 ? path : `${path}.${generation}`);
  for (let generation = 0; ; generation += 1) {
    const file = openIfPresent(nameOf(generation));
    if (file !== undefined) files.unshift(file);
    else if (generation > 0) return { files, isWhole: !existsSync(nameOf(generation + 1)) };
  }
}

function openIfPresent(path: string): number | undefined {
  if (!existsSync(path)) return undefined;
  try {
    return openSync(path, 'r');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function isInPlace(path: string, live: number | undefined): boolean {
  const current = statSync(path, { bigint: true, throwIfNoEntry: false });
  return current?.ino === (live === undefined ? undefined : inodeOf(live));
}

export function inodeOf(file: number): bigint {
  return fstatSync(file, { bigint: true }).ino;
}

const readPiece = promisify(read);

/** What there is at `offset`, at most `length` bytes. */
export async function readAt(file: number, offset: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(length);
  const { bytesRead } = await readPiece(file, buffer, 0, length, offset);
  return buffer.subarray(0, bytesRead);
}

const CHUNK_BYTES = 64 * 1024;
const NEWLINE = 10;

/** Where reading begins, and what has been read of the file's end already: all from there on, or nothing. */
export type LogStart = { offset: number; data?: Buffer };

/** Where in each file the last `lines` lines of all of them together begin. */
export async function tailStarts(files: readonly number[], lines: number): Promise<LogStart[]> {
  const starts: LogStart[] = [];
  let wanted = lines;
  for (const file of files.toReversed()) {
    const { found, ...start } = await tailStart(file, wanted);
    starts.unshift(start);
    wanted -= found;
  }
  return starts;
}

async function tailStart(file: number, wanted: number): Promise<LogStart & { found: number }> {
  const { size } = fstatSync(file);
  if (wanted <= 0) return { offset: size, found: 0 };
  let newlines = 0;
  for (let end = size; end > 0; ) {
    const start = Math.max(0, end - CHUNK_BYTES);
    // Mostly there is no other piece, and this one has just been written.
    const piece = end === size ? lastPiece(file, start, end - start) : await readAt(file, start, end - start);
    for (let at = piece.length - 1; at >= 0; at -= 1) {
      if (piece[at] !== NEWLINE) continue;
      // The newline that ends the last line begins none.
      if (newlines === wanted) {
        const data = end === size ? { data: piece.subarray(at + 1) } : {};
        return { offset: start + at + 1, found: wanted, ...data };
      }
      newlines += 1;
    }
    end = start;
  }
  return { offset: 0, found: newlines };
}

function lastPiece(file: number, offset: number, length: number): Buffer {
  const buffer = Buffer.allocUnsafe(length);
  return buffer.subarray(0, readSync(file, buffer, 0, length, offset));
}
