import { existsSync, fstatSync, statSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { errorCode } from '../../base/errors.ts';

/** The log's files that exist, oldest first: `path.2`, `path.1`, `path`. The caller closes them. */
export async function openLogFiles(path: string): Promise<FileHandle[]> {
  for (;;) {
    const { handles, isWhole } = await openGenerations(path);
    // A rotation in between would have shown a file twice, or hidden one.
    if (isWhole && isInPlace(path, handles.at(-1))) return handles;
    await Promise.all(handles.map(handle => handle.close()));
  }
}

/** Not `isWhole` with a gap in the numbers: then a rotation is under way, which renames one file after the other. */
async function openGenerations(path: string): Promise<{ handles: FileHandle[]; isWhole: boolean }> {
  const handles: FileHandle[] = [];
  const nameOf = (generation: number) => (generation === 0 ? path : `${path}.${generation}`);
  for (let generation = 0; ; generation += 1) {
    const name = nameOf(generation);
    const handle = existsSync(name) ? await openIfPresent(name) : undefined;
    if (handle !== undefined) handles.unshift(handle);
    else if (generation > 0) return { handles, isWhole: !existsSync(nameOf(generation + 1)) };
  }
}

async function openIfPresent(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'r');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function isInPlace(path: string, live: FileHandle | undefined): boolean {
  const current = statSync(path, { bigint: true, throwIfNoEntry: false });
  return current?.ino === (live && inodeOf(live));
}

export function inodeOf(handle: FileHandle): bigint {
  return fstatSync(handle.fd, { bigint: true }).ino;
}

const CHUNK_BYTES = 64 * 1024;
const NEWLINE = 10;

/** Where reading begins, and what has been read of the file's end already: all from there on, or nothing. */
export type LogStart = { offset: number; data?: Buffer };

/** Where in each file the last `lines` lines of all of them together begin. */
export async function tailStarts(files: readonly FileHandle[], lines: number): Promise<LogStart[]> {
  const starts: LogStart[] = [];
  let wanted = lines;
  for (const file of files.toReversed()) {
    const { found, ...start } = await tailStart(file, wanted);
    starts.unshift(start);
    wanted -= found;
  }
  return starts;
}

async function tailStart(file: FileHandle, wanted: number): Promise<LogStart & { found: number }> {
  const { size } = fstatSync(file.fd);
  if (wanted <= 0) return { offset: size, found: 0 };
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  let newlines = 0;
  for (let end = size; end > 0; ) {
    const start = Math.max(0, end - CHUNK_BYTES);
    const { bytesRead } = await file.read(buffer, 0, end - start, start);
    for (let at = bytesRead - 1; at >= 0; at -= 1) {
      if (buffer[at] !== NEWLINE) continue;
      // The newline that ends the last line begins none.
      if (newlines === wanted) {
        const data = end === size ? { data: buffer.subarray(at + 1, bytesRead) } : {};
        return { offset: start + at + 1, found: wanted, ...data };
      }
      newlines += 1;
    }
    end = start;
  }
  return { offset: 0, found: newlines };
}
