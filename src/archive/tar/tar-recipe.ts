import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { absoluteEntryPath, hostPath } from '../archive-path.ts';
import type { TarEntry } from './tar-entry.ts';
import { TarReader } from './tar-reader.ts';

/**
 * How to make a tar again from the tree that it was unpacked into: a list of records, each bytes of the tar
 * itself (headers, padding, what the tree does not have), or a stretch of a file in the tree.
 *
 *     0 length:u32 bytes                                   literal
 *     1 pathLength:u16 path offset:u48 length:u48          from the file `path` (bytes, absolute)
 *
 * Numbers are big-endian.
 */
const LITERAL = 0;
const FROM_FILE = 1;
const LITERAL_HEAD_BYTES = 5;
const FILE_HEAD_BYTES = 15;
const CHUNK_BYTES = 256 * 1024;
/** For less, a reference is not worth its record. */
const MINIMUM_STRETCH_BYTES = 64;

const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;

type Stretch = { path: string; offset: number; length: number };

/**
 * Takes a tar in chunks, in a thread whose root is the tree that it was unpacked into, and gives the records.
 * Every stretch is compared with the file: of what differs, the bytes are kept; unless the tree is to be trusted more
 * than the tar.
 */
export class TarRecipeWriter {
  readonly #put: (record: Buffer) => void;
  readonly #trustsTree: boolean;
  readonly #reader: TarReader;
  #file: TreeFile | undefined;
  #stretch: Stretch | undefined;
  /** The chunk at work, and how much of it is in records already. */
  #chunk: Buffer = Buffer.alloc(0);
  #done = 0;

  constructor(put: (record: Buffer) => void, trustsTree = false) {
    this.#put = put;
    this.#trustsTree = trustsTree;
    this.#reader = new TarReader({
      entry: entry => this.#entry(entry),
      data: (data, offset) => this.#data(data, offset),
      end: () => this.#close(),
    });
  }

  /** @throws EngineError invalid-parameter when it is no tar */
  write(chunk: Buffer): void {
    this.#chunk = chunk;
    this.#done = 0;
    this.#reader.write(chunk);
    this.#literal(chunk.length);
  }

  finish(): void {
    this.#endStretch();
    this.#reader.finish();
  }

  /** Closes what may still be open, after a failure. */
  close(): void {
    this.#close();
  }

  #entry(entry: TarEntry): void {
    this.#close();
    if (entry.type === 'file') this.#file = TreeFile.open(absoluteEntryPath(entry.path));
  }

  #data(data: Buffer, offset: number): void {
    const file = this.#file;
    if (file === undefined) return;
    const takes = this.#trustsTree
      ? offset + data.length <= file.sizeBytes
      : data.length >= MINIMUM_STRETCH_BYTES && file.has(data, offset);
    if (!takes) return;
    const start = data.byteOffset - this.#chunk.byteOffset;
    this.#literal(start);
    this.#done = start + data.length;
    const last = this.#stretch;
    if (last?.path === file.path && last.offset + last.length === offset) last.length += data.length;
    else {
      this.#endStretch();
      this.#stretch = { path: file.path, offset, length: data.length };
    }
  }

  #close(): void {
    this.#file?.close();
    this.#file = undefined;
  }

  /** What comes before `end` in the chunk, and is in no record yet. */
  #literal(end: number): void {
    if (end <= this.#done) return;
    this.#endStretch();
    const head = Buffer.alloc(LITERAL_HEAD_BYTES);
    head.writeUInt32BE(end - this.#done, 1);
    this.#put(Buffer.concat([head, this.#chunk.subarray(this.#done, end)]));
    this.#done = end;
  }

  #endStretch(): void {
    const stretch = this.#stretch;
    if (stretch === undefined) return;
    const path = Buffer.from(stretch.path, 'latin1');
    const record = Buffer.alloc(FILE_HEAD_BYTES + path.length);
    record.writeUInt8(FROM_FILE, 0);
    record.writeUInt16BE(path.length, 1);
    path.copy(record, 3);
    record.writeUIntBE(stretch.offset, 3 + path.length, 6);
    record.writeUIntBE(stretch.length, 9 + path.length, 6);
    this.#put(record);
    this.#stretch = undefined;
  }
}

/** The reverse: takes records in chunks of any size, and gives the tar. */
export class TarRecipeReader {
  readonly #put: (data: Buffer) => void;
  readonly #buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  #pending: Buffer = Buffer.alloc(0);
  #literalBytes = 0;

  /** `put` gets data that is valid during the call only. */
  constructor(put: (data: Buffer) => void) {
    this.#put = put;
  }

  /** @throws RangeError when a file of the tree is missing or too short, or the records are none */
  write(chunk: Buffer): void {
    let rest = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    for (;;) {
      const used = this.#literalBytes > 0 ? this.#literal(rest) : this.#record(rest);
      if (used === 0) break;
      rest = rest.subarray(used);
    }
    this.#pending = Buffer.from(rest);
  }

  finish(): void {
    if (this.#pending.length > 0 || this.#literalBytes > 0) throw new RangeError('the recipe is cut off');
  }

  #literal(data: Buffer): number {
    const length = Math.min(data.length, this.#literalBytes);
    if (length > 0) this.#put(data.subarray(0, length));
    this.#literalBytes -= length;
    return length;
  }

  /** How many bytes it took: 0 when the record is not complete yet. */
  #record(data: Buffer): number {
    if (data.length < LITERAL_HEAD_BYTES) return 0;
    if (data[0] === LITERAL) {
      this.#literalBytes = data.readUInt32BE(1);
      return LITERAL_HEAD_BYTES;
    }
    if (data[0] !== FROM_FILE) throw new RangeError('the recipe is damaged');
    const pathLength = data.readUInt16BE(1);
    if (data.length < FILE_HEAD_BYTES + pathLength) return 0;
    const path = data.toString('latin1', 3, 3 + pathLength);
    const [offset, length] = [data.readUIntBE(3 + pathLength, 6), data.readUIntBE(9 + pathLength, 6)];
    this.#copy({ path, offset, length });
    return FILE_HEAD_BYTES + pathLength;
  }

  #copy({ path, offset, length }: Stretch): void {
    const fd = openSync(hostPath(path), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    try {
      for (let done = 0; done < length; ) {
        const count = readSync(fd, this.#buffer, 0, Math.min(CHUNK_BYTES, length - done), offset + done);
        if (count === 0) throw new RangeError(`${path} is shorter than it was`);
        this.#put(this.#buffer.subarray(0, count));
        done += count;
      }
    } finally {
      closeSync(fd);
    }
  }
}

/** A file of the tree, to be compared with what the tar has. */
class TreeFile {
  readonly path: string;
  readonly #fd: number;
  readonly #buffer = Buffer.allocUnsafe(CHUNK_BYTES);

  private constructor(path: string, fd: number) {
    this.path = path;
    this.#fd = fd;
  }

  /** Undefined where there is no such file: an earlier one of its path, or a whiteout. */
  static open(path: string): TreeFile | undefined {
    let fd: number;
    try {
      fd = openSync(hostPath(path), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    } catch {
      return undefined;
    }
    if (fstatSync(fd).isFile()) return new TreeFile(path, fd);
    closeSync(fd);
    return undefined;
  }

  get sizeBytes(): number {
    return fstatSync(this.#fd).size;
  }

  has(data: Buffer, offset: number): boolean {
    for (let done = 0; done < data.length; ) {
      const wanted = Math.min(CHUNK_BYTES, data.length - done);
      const count = readSync(this.#fd, this.#buffer, 0, wanted, offset + done);
      if (count === 0 || this.#buffer.compare(data, done, done + count, 0, count) !== 0) return false;
      done += count;
    }
    return true;
  }

  close(): void {
    closeSync(this.#fd);
  }
}
