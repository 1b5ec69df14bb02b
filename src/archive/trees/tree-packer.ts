import * as fs from 'node:fs';
import { EngineError } from '../../base/errors.ts';
import { dataSegments, type Segment } from '../../kernel/file-holes.ts';
import { decodeDevice } from '../../kernel/make-node.ts';
import { enterDirectory } from '../../kernel/thread-root.ts';
import { getXattr, listXattrs } from '../../kernel/xattr.ts';
import { hostPath, readable } from '../archive-path.ts';
import { type TarEntry, tarEntry } from '../tar/tar-entry.ts';
import { dataBytes, encodeTarEntry, TAR_END, tarPadding } from '../tar/tar-writer.ts';
import { TreeCursor } from './tree-cursor.ts';

const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = fs.constants;
const BUFFER_BYTES = 256 * 1024;
/** Longer paths name nothing (limits.h). */
const PATH_MAX = 4096;
const SHOWN_BYTES = 100;
/** File capabilities, ACLs and users' own; not what a file system or the kernel keeps for itself. */
const KEPT_XATTRS = /^(?:security\.capability$|user\.(?!overlay\.)|system\.posix_acl_)/;

/**
 * Writes the tree below a directory, of which `root` is a descriptor, as tar, in the order of names' bytes, to the
 * descriptor `output`, with blocking writes. Sockets are left out. The root itself is not an entry.
 */
export function packTree(root: number, output: number): void {
  const packer = new TreePacker(descriptorSink(output));
  packer.directory(root, '');
  packer.finish();
}

/** Where packed bytes go; the chunk is valid during the call only. */
export type PackSink = (chunk: Buffer) => void;

/** Blocking writes to a descriptor. */
export function descriptorSink(fd: number): PackSink {
  return chunk => {
    for (let done = 0; done < chunk.length; ) done += fs.writeSync(fd, chunk, done, chunk.length - done);
  };
}

export type PackOptions = {
  /** Holes are left out, in a form that not every reader of tar knows. */
  sparse: boolean;
  /** Whether a file below a directory is packed; what is below one that is not is not looked at. */
  selects?: (name: string, stat: fs.BigIntStats) => boolean;
  /** What is packed of an entry in place of what it is. */
  change?: (entry: TarEntry) => TarEntry;
};

/**
 * Packs files of the calling thread's root one by one. Paths and names are latin1; a name is what the archive calls
 * the file. The thread must be separated (thread-root.ts).
 */
export class TreePacker {
  readonly #sink: PackSink;
  readonly #options: PackOptions;
  readonly #buffer = Buffer.allocUnsafe(BUFFER_BYTES);
  #used = 0;
  /** Names of files with several links, by device and inode. */
  readonly #links = new Map<string, string>();

  constructor(sink: PackSink, options: PackOptions = { sparse: true }) {
    this.#sink = sink;
    this.#options = options;
  }

  /**
   * All below a directory, but not itself; `prefix` comes before their names. TreeCursor tells how it goes; the working
   * directory is another one afterwards.
   * @param root a descriptor of the directory, which stays the caller's
   * @throws EngineError invalid-parameter when a path is too long to be unpacked
   */
  directory(root: number, prefix: string): void {
    using cursor = new TreeCursor(root);
    const levels = [{ prefix, names: namesIn(cursor) }];
    for (;;) {
      const level = levels[cursor.depth];
      const entry = level?.names.pop();
      if (level !== undefined && entry !== undefined) {
        const name = level.prefix + entry;
        if (this.#entry(entry, name) && cursor.enter(entry))
          levels.push({ prefix: `${name}/`, names: namesIn(cursor) });
      } else if (cursor.depth === 0) return;
      else {
        cursor.leave();
        levels.length = cursor.depth + 1;
        enterDirectory(cursor.fd);
      }
    }
  }

  /** Packs an entry of the working directory. @returns whether it is a directory */
  #entry(entry: string, name: string): boolean {
    if (name.length >= PATH_MAX)
      throw new EngineError(
        'invalid-parameter',
        `${readable(name.slice(0, SHOWN_BYTES))}…: file name too long: its directory is too deep`,
      );
    const stat = fs.lstatSync(hostPath(entry), { bigint: true, throwIfNoEntry: false });
    if (stat === undefined || stat.isSocket()) return false;
    if (this.#options.selects?.(name, stat) === false) return false;
    this.file(entry, name, stat);
    return stat.isDirectory();
  }

  finish(): void {
    this.#put(TAR_END);
    this.#flush();
  }

  /**
   * One file, of a directory not what is in it. It must not be a socket. Left out when it has been removed or replaced
   * since `stat` was made.
   */
  file(path: string, name: string, stat: fs.BigIntStats): void {
    const key = !stat.isDirectory() && stat.nlink > 1n ? `${stat.dev}:${stat.ino}` : undefined;
    const first = key === undefined ? undefined : this.#links.get(key);
    const source = openSource(path, name, stat, first === undefined);
    if (source === undefined) return;
    const { entry, fd } = source;
    try {
      if (first !== undefined)
        this.entry({ ...entry, type: 'hardlink', linkPath: first, size: 0, xattrs: new Map() });
      else if (fd === undefined) this.entry(entry);
      else this.#content(fd, entry, stat);
    } finally {
      if (fd !== undefined) fs.closeSync(fd);
    }
    if (key !== undefined && first === undefined) this.#links.set(key, name);
  }

  /** An entry without data. */
  entry(entry: TarEntry): void {
    this.#put(encodeTarEntry(this.#changed(entry)));
  }

  #changed(entry: TarEntry): TarEntry {
    return this.#options.change?.(entry) ?? entry;
  }

  #content(fd: number, entry: TarEntry, stat: fs.BigIntStats): void {
    const hasHoles = this.#options.sparse && stat.blocks * 512n + 65_536n < stat.size;
    const segments = hasHoles ? sparseSegments(fd, entry.size) : undefined;
    const packed = this.#changed(segments === undefined ? entry : { ...entry, segments });
    this.#put(encodeTarEntry(packed));
    for (const { offset, length } of segments ?? [{ offset: 0, length: entry.size }])
      this.#copy(fd, offset, length);
    this.#put(tarPadding(dataBytes(packed)));
  }

  /** A file that got shorter meanwhile is filled up with zeros, as its header tells its size already. */
  #copy(fd: number, offset: number, length: number): void {
    for (let done = 0; done < length; ) {
      if (this.#used === BUFFER_BYTES) this.#flush();
      const room = Math.min(BUFFER_BYTES - this.#used, length - done);
      const count = fs.readSync(fd, this.#buffer, this.#used, room, offset + done);
      if (count === 0) this.#buffer.fill(0, this.#used, this.#used + room);
      this.#used += count || room;
      done += count || room;
    }
  }

  #put(data: Buffer): void {
    for (let done = 0; done < data.length; ) {
      if (this.#used === BUFFER_BYTES) this.#flush();
      const length = data.copy(this.#buffer, this.#used, done);
      this.#used += length;
      done += length;
    }
  }

  #flush(): void {
    this.#sink(this.#buffer.subarray(0, this.#used));
    this.#used = 0;
  }
}

type Source = { entry: TarEntry /** Where there are data. */; fd: number | undefined };

/** Undefined when it has been removed or replaced. A device that took its place cannot be opened (withoutDevices). */
function openSource(path: string, name: string, stat: fs.BigIntStats, withData: boolean): Source | undefined {
  try {
    const entry = entryOf(path, name, stat);
    if (!withData || entry.type !== 'file' || entry.size === 0) return { entry, fd: undefined };
    const fd = fs.openSync(hostPath(path), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    if (fs.fstatSync(fd).isFile()) return { entry, fd };
    fs.closeSync(fd);
    return undefined;
  } catch (error) {
    const now = fs.lstatSync(hostPath(path), { bigint: true, throwIfNoEntry: false });
    if (now?.ino === stat.ino) throw error;
    return undefined;
  }
}

/** In reverse order. */
function namesIn(cursor: TreeCursor): string[] {
  enterDirectory(cursor.fd);
  return fs.readdirSync('.', { encoding: 'latin1' }).sort().reverse();
}

/** GNU tar makes a file as long as its last segment reaches, so that one has to be at the very end. */
function sparseSegments(fd: number, size: number): Segment[] {
  const segments = dataSegments(fd, size);
  const { offset, length } = segments.at(-1) ?? { offset: 0, length: 0 };
  return offset + length === size ? segments : [...segments, { offset: size, length: 0 }];
}

function entryOf(path: string, name: string, stat: fs.BigIntStats): TarEntry {
  const entry = tarEntry({
    path: name,
    type: typeOf(stat),
    mode: Number(stat.mode) & 0o7777,
    uid: Number(stat.uid),
    gid: Number(stat.gid),
    mtimeNs: stat.mtimeNs,
    xattrs: keptXattrs(path),
  });
  if (entry.type === 'file') entry.size = Number(stat.size);
  if (entry.type === 'symlink') entry.linkPath = fs.readlinkSync(hostPath(path), { encoding: 'latin1' });
  if (stat.isCharacterDevice() || stat.isBlockDevice()) Object.assign(entry, decodeDevice(stat.rdev));
  return entry;
}

function typeOf(stat: fs.BigIntStats): TarEntry['type'] {
  if (stat.isFile()) return 'file';
  if (stat.isDirectory()) return 'directory';
  if (stat.isSymbolicLink()) return 'symlink';
  if (stat.isCharacterDevice()) return 'character-device';
  return stat.isBlockDevice() ? 'block-device' : 'fifo';
}

/** The extended attributes that an archive keeps. */
export function keptXattrs(path: string): Map<string, Buffer> {
  const file = hostPath(path);
  const names = listXattrs(file).filter(name => KEPT_XATTRS.test(name));
  return new Map(names.map(name => [name, getXattr(file, name) ?? Buffer.alloc(0)]));
}
