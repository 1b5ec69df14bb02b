import { existsSync } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { errorCode } from '../../base/errors.ts';

/** The log's files that exist, oldest first: `path.2`, `path.1`, `path`. The caller closes them. */
export async function openLogFiles(path: string): Promise<FileHandle[]> {
  for (;;) {
    const { handles, isWhole } = await openGenerations(path);
    // A rotation in between would have shown a file twice, or hidden one.
    if (isWhole && (await isInPlace(path, handles.at(-1)))) return handles;
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

async function isInPlace(path: string, live: FileHandle | undefined): Promise<boolean> {
  const [inode, liveInode] = await Promise.all([inodeAt(path), live && inodeOf(live)]);
  return inode === liveInode;
}

/** Undefined when there is no such file. */
async function inodeAt(path: string): Promise<bigint | undefined> {
  try {
    return (await stat(path, { bigint: true })).ino;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

export async function inodeOf(handle: FileHandle): Promise<bigint> {
  return (await handle.stat({ bigint: true })).ino;
}

const CHUNK_BYTES = 64 * 1024;
const NEWLINE = 10;

/** The offset in each file from which the last `lines` lines of all of them together begin. */
export async function tailOffsets(files: readonly FileHandle[], lines: number): Promise<number[]> {
  const offsets = files.map(() => 0);
  let wanted = lines;
  for (let index = files.length - 1; index >= 0; index -= 1) {
    const file = files[index];
    if (file === undefined) continue;
    const { size } = await file.stat();
    const { offset, found } = await tailOffset(file, size, wanted);
    offsets[index] = offset;
    wanted -= found;
  }
  return offsets;
}

async function tailOffset(
  file: FileHandle,
  size: number,
  wanted: number,
): Promise<{ offset: number; found: number }> {
  if (wanted <= 0) return { offset: size, found: 0 };
  const buffer = Buffer.alloc(CHUNK_BYTES);
  let newlines = 0;
  for (let end = size; end > 0; ) {
    const start = Math.max(0, end - CHUNK_BYTES);
    const { bytesRead } = await file.read(buffer, 0, end - start, start);
    for (let at = bytesRead - 1; at >= 0; at -= 1) {
      if (buffer[at] !== NEWLINE) continue;
      // The newline that ends the last line begins none.
      if (newlines === wanted) return { offset: start + at + 1, found: wanted };
      newlines += 1;
    }
    end = start;
  }
  return { offset: 0, found: newlines };
}
