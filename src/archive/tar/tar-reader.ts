import { EngineError } from '../../base/errors.ts';
import type { Segment } from '../../kernel/file-holes.ts';
import { EntryExtensions } from './entry-extensions.ts';
import {
  checkSegments,
  decodeGnuRealSize,
  decodeGnuSegments,
  MAXIMUM_SEGMENTS,
  SparseMapReader,
} from './sparse.ts';
import { type TarEntry, type TarEntryType, tarEntry } from './tar-entry.ts';
import { BLOCK_BYTES, decodeHeader, type TarHeader, tarError } from './tar-header.ts';

/** What a {@link TarReader} tells, in the order of the archive. All calls are synchronous. */
export type TarHandler = {
  entry(entry: TarEntry): void;
  /** Bytes of the entry's file, for its position `offset`. `chunk` is valid during the call only. */
  data(chunk: Buffer, offset: number): void;
  /** The entry is complete. */
  end(): void;
};

const TYPES: Record<string, TarEntryType> = {
  '0': 'file',
  '\0': 'file',
  '7': 'file',
  S: 'file',
  '1': 'hardlink',
  '2': 'symlink',
  '3': 'character-device',
  '4': 'block-device',
  '5': 'directory',
  '6': 'fifo',
};

/** A long name, or a PAX header: what Go's reader allows. */
const MAXIMUM_EXTENSION_BYTES = 2 ** 20;
/** All of them before an entry, which may be many. */
const MAXIMUM_EXTENSIONS_BYTES = 4 * MAXIMUM_EXTENSION_BYTES;

/**
 * Reads tar: ustar, PAX, GNU and v7, sparse files in all their forms. It is fed chunks of any size, and keeps
 * no more than a header in memory. Global PAX headers have no effect, as in Docker.
 */
export class TarReader {
  readonly #handler: TarHandler;
  #extensions = new EntryExtensions();
  #extensionBytes = 0;

  /** The block being put together: how many bytes, what with them, and those already there. */
  #wanted = BLOCK_BYTES;
  #onBlock: (block: Buffer) => void = block => this.#header(block);
  #parts: Buffer[] = [];
  #partBytes = 0;

  /** The current file: bytes to come, padding after them, and where they belong. */
  #bodyBytes = 0;
  #paddingBytes = 0;
  #offset = 0;
  #segments: Segment[] | undefined;
  #segmentIndex = 0;
  #inEntry = false;
  #ended = false;

  constructor(handler: TarHandler) {
    this.#handler = handler;
  }

  /** @throws EngineError invalid-parameter, and what the handler throws; the reader is of no use after that */
  write(chunk: Buffer): void {
    let position = 0;
    while (position < chunk.length && !this.#ended) {
      const available = chunk.length - position;
      if (this.#bodyBytes > 0) {
        const length = Math.min(available, this.#bodyBytes);
        this.#body(chunk.subarray(position, position + length));
        position += length;
      } else if (this.#paddingBytes > 0) {
        const length = Math.min(available, this.#paddingBytes);
        this.#paddingBytes -= length;
        position += length;
      } else {
        const length = Math.min(available, this.#wanted - this.#partBytes);
        this.#collect(chunk.subarray(position, position + length));
        position += length;
      }
    }
  }

  /**
   * The archive has no more bytes. One that ends without its two blocks of zeros is complete.
   * @throws EngineError invalid-parameter when it is cut off within an entry
   */
  finish(): void {
    const betweenEntries = this.#bodyBytes === 0 && this.#partBytes === 0 && this.#wanted === BLOCK_BYTES;
    if (this.#ended || (betweenEntries && !this.#inEntry && this.#extensions.isEmpty)) return;
    // Go's io.ErrUnexpectedEOF has no prefix.
    throw new EngineError('invalid-parameter', 'unexpected EOF');
  }

  #collect(part: Buffer): void {
    this.#partBytes += part.length;
    if (this.#partBytes < this.#wanted) {
      // A copy: the chunk belongs to the caller.
      this.#parts.push(Buffer.from(part));
      return;
    }
    const block = this.#parts.length === 0 ? part : Buffer.concat([...this.#parts, part]);
    this.#parts = [];
    this.#partBytes = 0;
    this.#onBlock(block);
  }

  #expect(bytes: number, onBlock: (block: Buffer) => void): void {
    this.#wanted = bytes;
    this.#onBlock = onBlock;
  }

  #expectHeader(): void {
    this.#expect(BLOCK_BYTES, block => this.#header(block));
  }

  #header(block: Buffer): void {
    const header = decodeHeader(block);
    if (header === undefined) this.#ended = true;
    else if ('xgLKX'.includes(header.typeFlag)) this.#extension(header);
    else if (header.typeFlag === 'V') this.#skip(header.size);
    else if (header.typeFlag === 'S') this.#gnuSparse(header, block);
    else this.#plainEntry(header);
  }

  #extension({ typeFlag, size }: TarHeader): void {
    this.#extensionBytes += size;
    if (size > MAXIMUM_EXTENSION_BYTES || this.#extensionBytes > MAXIMUM_EXTENSIONS_BYTES)
      throw tarError('header field too long');
    const take = (data: Buffer) => {
      this.#extensions.add(typeFlag, data.subarray(0, size));
      this.#expectHeader();
    };
    if (size === 0) take(Buffer.alloc(0));
    else this.#expect(size + paddingOf(size), take);
  }

  #skip(size: number): void {
    this.#paddingBytes = size + paddingOf(size);
    this.#expectHeader();
  }

  #gnuSparse(header: TarHeader, block: Buffer): void {
    const realSize = decodeGnuRealSize(block);
    const segments: Segment[] = [];
    const take = (part: Buffer, isHeader: boolean) => {
      const { segments: some, more } = decodeGnuSegments(part, isHeader);
      segments.push(...some);
      if (segments.length > MAXIMUM_SEGMENTS) throw tarError('invalid tar header');
      if (more) this.#expect(BLOCK_BYTES, next => take(next, false));
      else this.#begin(this.#entryOf(header, realSize), header.size, segments);
    };
    take(block, true);
  }

  #plainEntry(header: TarHeader): void {
    const entry = this.#entryOf(header, header.size);
    if (entry.type !== 'file') {
      // Such entries have no data, whatever size their header tells.
      entry.size = 0;
      this.#begin(entry, 0, undefined);
      return;
    }
    const { packedSize = header.size, realSize, segments, mapInData } = this.#extensions;
    if (realSize !== undefined) entry.size = realSize;
    if (mapInData) this.#readSparseMap(entry, packedSize);
    else this.#begin(entry, packedSize, segments);
  }

  #readSparseMap(entry: TarEntry, packedSize: number): void {
    const map = new SparseMapReader();
    const take = (block: Buffer) => {
      const segments = map.push(block);
      if (map.byteCount > packedSize) throw tarError('invalid tar header');
      if (segments === undefined) this.#expect(BLOCK_BYTES, take);
      else this.#begin(entry, packedSize - map.byteCount, segments);
    };
    this.#expect(BLOCK_BYTES, take);
  }

  #entryOf(header: TarHeader, size: number): TarEntry {
    let type = TYPES[header.typeFlag];
    if (type === undefined) throw tarError(`unhandled tar header type ${header.typeFlag.charCodeAt(0)}`);
    const entry = tarEntry({
      type,
      path: header.name,
      linkPath: header.linkName,
      mode: header.mode,
      uid: header.uid,
      gid: header.gid,
      userName: header.userName,
      groupName: header.groupName,
      size,
      mtimeNs: header.mtimeSeconds * 1_000_000_000n,
      major: header.major,
      minor: header.minor,
    });
    this.#extensions.applyTo(entry);
    // Version 7 tar had no type for directories.
    if (type === 'file' && entry.path.endsWith('/')) type = 'directory';
    entry.type = type;
    return entry;
  }

  #begin(entry: TarEntry, packedSize: number, segments: Segment[] | undefined): void {
    if (segments !== undefined) {
      checkSegments(segments, entry.size, packedSize);
      entry.segments = segments;
    }
    this.#extensions = new EntryExtensions();
    this.#extensionBytes = 0;
    this.#segments = segments;
    this.#segmentIndex = 0;
    this.#offset = 0;
    this.#bodyBytes = packedSize;
    this.#paddingBytes = paddingOf(packedSize);
    this.#inEntry = true;
    this.#expectHeader();
    this.#handler.entry(entry);
    if (packedSize === 0) this.#end();
  }

  #body(data: Buffer): void {
    this.#bodyBytes -= data.length;
    if (this.#segments === undefined) {
      this.#handler.data(data, this.#offset);
      this.#offset += data.length;
    } else this.#sparseBody(data, this.#segments);
    if (this.#bodyBytes === 0) this.#end();
  }

  /** `#offset` counts within the current segment here. */
  #sparseBody(data: Buffer, segments: Segment[]): void {
    let position = 0;
    while (position < data.length) {
      const segment = segments[this.#segmentIndex] as Segment;
      const length = Math.min(data.length - position, segment.length - this.#offset);
      if (length > 0)
        this.#handler.data(data.subarray(position, position + length), segment.offset + this.#offset);
      position += length;
      this.#offset += length;
      if (this.#offset === segment.length) {
        this.#segmentIndex++;
        this.#offset = 0;
      }
    }
  }

  #end(): void {
    this.#inEntry = false;
    this.#handler.end();
  }
}

function paddingOf(size: number): number {
  return (BLOCK_BYTES - (size % BLOCK_BYTES)) % BLOCK_BYTES;
}
