import * as fs from 'node:fs';
import { EngineError, errorCode, messageOf, SyscallError } from '../base/errors.ts';
import { decodeDevice, makeNode, S_IFBLK, S_IFCHR, S_IFIFO } from '../kernel/make-node.ts';
import { setTimes } from '../kernel/set-times.ts';
import { setXattr } from '../kernel/xattr.ts';
import { absoluteEntryPath, baseOf, hostPath, parentOf, readable } from './archive-path.ts';
import type { TarEntry } from './tar-entry.ts';
import type { TarHandler } from './tar-reader.ts';
import { OPAQUE_XATTRS, type Whiteout, type WhiteoutMode, whiteoutOf } from './whiteout.ts';

const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = fs.constants;
const YES = Buffer.from('y');
const SPECIAL_BITS = 0o7000;

export type UnpackOptions = {
  whiteouts: WhiteoutMode;
  /** What all files together may have, against decompression bombs. */
  maximumBytes?: number | undefined;
  /** Where in the root to unpack (latin1, absolute): it exists and stays as it is. The root itself when undefined. */
  directory?: string;
  /** A directory does not take the place of something else, nor something else that of a directory. */
  keepKinds?: boolean;
  /** Whom all files belong to, in place of the archive's owners; 'caller': nothing is done about it. */
  owner?: { uid: number; gid: number } | 'caller';
  /** Directories on an entry's way are no links: for a thread that has no root of its own. */
  refuseLinks?: boolean;
};

/**
 * Writes the entries of a tar into the root directory of the calling thread, which must be rooted in the
 * target (thread-root.ts): that is what keeps an archive with links from writing elsewhere. The umask must be
 * 0. Later entries replace earlier ones of the same path, but directories merge.
 */
export class TreeUnpacker implements TarHandler {
  /** Bytes of all files and links, holes too, as Docker counts a layer's size. */
  sizeBytes = 0;
  entryCount = 0;
  #writtenBytes = 0;
  readonly #whiteouts: WhiteoutMode;
  /** Undefined where whiteouts are not overlay's. */
  readonly #opaqueXattr: string | undefined;
  readonly #maximumBytes: number;
  readonly #options: UnpackOptions;
  /** Before every path; '' for the thread's root itself. */
  readonly #base: string;
  /** Directories that are known to exist. */
  readonly #directories: Set<string>;
  /** Their times can only be set when nothing is written into them any more. */
  readonly #directoryTimes = new Map<string, bigint>();
  /** With `apply`: what this archive made, and the directories above, which its own whiteouts do not touch. */
  readonly #made = new Set<string>();
  #entry: TarEntry | undefined;
  #path = '';
  #fd = -1;

  constructor(options: UnpackOptions) {
    this.#options = options;
    this.#whiteouts = options.whiteouts;
    this.#maximumBytes = options.maximumBytes ?? Number.POSITIVE_INFINITY;
    this.#base = options.directory?.replace(/\/+$/, '') ?? '';
    this.#directories = new Set([this.#base === '' ? '/' : this.#base]);
    this.#opaqueXattr =
      options.whiteouts === 'apply' || options.whiteouts === 'keep'
        ? undefined
        : OPAQUE_XATTRS[options.whiteouts];
  }

  entry(entry: TarEntry): void {
    this.entryCount++;
    this.#entry = undefined;
    this.#path = this.#absolute(entry.path);
    this.#guard('unpack', () => {
      const whiteout = this.#whiteouts === 'keep' ? undefined : whiteoutOf(baseOf(this.#path));
      if (whiteout !== undefined) this.#whiteout(whiteout);
      else this.#make(entry);
    });
  }

  data(chunk: Buffer, offset: number): void {
    if (this.#fd < 0) return;
    this.#writtenBytes += chunk.length;
    if (this.#writtenBytes > this.#maximumBytes)
      throw new EngineError(
        'invalid-parameter',
        `no space left on device: the archive unpacks to more than ${this.#maximumBytes} bytes`,
      );
    this.#guard('write', () => {
      for (let done = 0; done < chunk.length; ) {
        done += fs.writeSync(this.#fd, chunk, done, chunk.length - done, offset + done);
      }
    });
  }

  end(): void {
    const entry = this.#entry;
    if (entry === undefined) return;
    this.#guard('finish', () => {
      if (this.#fd >= 0 && entry.segments !== undefined) fs.ftruncateSync(this.#fd, entry.size);
      this.#setMetadata(entry);
    });
    this.close();
  }

  /** Sets what has to wait until the end. */
  finish(): void {
    for (const [path, mtimeNs] of this.#directoryTimes) setTimes(hostPath(path), mtimeNs, mtimeNs);
  }

  /** Closes what may still be open, after a failure. */
  close(): void {
    if (this.#fd >= 0) fs.closeSync(this.#fd);
    this.#fd = -1;
  }

  /** Of an entry's path, or of what a hard link is to; the directory unpacked into for its own. */
  #absolute(entryPath: string): string {
    const path = absoluteEntryPath(entryPath);
    return path === '/' ? this.#base || '/' : this.#base + path;
  }

  #make(entry: TarEntry): void {
    const path = this.#path;
    if (path === (this.#base || '/')) {
      if (entry.type !== 'directory')
        throw new EngineError('invalid-parameter', 'the archive replaces its root by something else');
      if (this.#base === '' && this.#options.directory === undefined) this.#entry = entry;
      return;
    }
    this.#makeDirectory(parentOf(path));
    try {
      this.#create(entry, path);
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') throw error;
      this.#replace(entry, path);
    }
    if (this.#whiteouts === 'apply') this.#rememberMade(path);
    if (entry.type === 'directory') this.#directories.add(path);
    if (entry.type !== 'hardlink') this.#entry = entry;
  }

  #rememberMade(path: string): void {
    for (let made = path; !this.#made.has(made) && made !== '/'; made = parentOf(made)) this.#made.add(made);
  }

  #create(entry: TarEntry, path: string): void {
    const target = hostPath(path);
    const permissions = entry.mode & 0o777;
    switch (entry.type) {
      case 'file':
        this.#fd = fs.openSync(target, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, permissions);
        this.sizeBytes += entry.size;
        return;
      case 'directory':
        return fs.mkdirSync(target, permissions);
      case 'symlink':
        this.sizeBytes += entry.linkPath.length;
        return fs.symlinkSync(hostPath(entry.linkPath), target);
      case 'hardlink':
        return fs.linkSync(hostPath(this.#absolute(entry.linkPath)), target);
      case 'character-device':
        return makeNode(target, S_IFCHR | permissions, entry.major, entry.minor);
      case 'block-device':
        return makeNode(target, S_IFBLK | permissions, entry.major, entry.minor);
      case 'fifo':
        return makeNode(target, S_IFIFO | permissions);
    }
  }

  /** Something of that name is there already: from this archive, or, with `apply`, from a lower layer. */
  #replace(entry: TarEntry, path: string): void {
    const existing = fs.lstatSync(hostPath(path), { bigint: true });
    if (entry.type === 'directory' && existing.isDirectory()) return;
    if (this.#options.keepKinds) this.#checkKinds(entry, existing);
    const hidesLower = this.#opaqueXattr !== undefined && isOverlayWhiteout(existing);
    const isOwn = this.#whiteouts !== 'apply' || this.#made.has(path);
    if (isOwn && existing.isFile() && existing.nlink === 1n) this.sizeBytes -= Number(existing.size);
    this.#remove(path);
    this.#create(entry, path);
    // The lower layers' directory stays removed: only this one's files are in it.
    if (hidesLower && entry.type === 'directory') this.#makeOpaque(path);
  }

  /** Docker's words; the paths as its daemon has them. */
  #checkKinds(entry: TarEntry, existing: fs.BigIntStats): void {
    const [isDirectory, wasDirectory] = [entry.type === 'directory', existing.isDirectory()];
    if (isDirectory === wasDirectory) return;
    const name = JSON.stringify(readable(this.#path.slice(this.#base.length + 1)));
    const target = JSON.stringify(readable(this.#base || '/'));
    throw new EngineError(
      'system',
      wasDirectory
        ? `cannot overwrite directory ${name} with non-directory ${target}`
        : `cannot overwrite non-directory ${name} with directory ${target}`,
    );
  }

  /** Takes as long as what is removed is large, whatever else the archive has: each entry may ask for it. */
  #remove(path: string): void {
    const target = hostPath(path);
    const existing = fs.lstatSync(target, { throwIfNoEntry: false });
    if (existing === undefined) return;
    if (existing.isDirectory()) {
      for (const name of fs.readdirSync(target, { encoding: 'latin1' })) this.#remove(join(path, name));
      fs.rmdirSync(target);
    } else this.#unlink(path);
    for (const known of [this.#directories, this.#directoryTimes, this.#made]) known.delete(path);
  }

  #unlink(path: string): void {
    try {
      fs.unlinkSync(hostPath(path));
    } catch (error) {
      // As Go has it: a file may be busy, something being mounted on it.
      throw Object.assign(error as Error, { syscall: 'RemoveAll', path: path.slice(this.#base.length + 1) });
    }
  }

  /** Makes the directories that the archive has no entries for, as root's, mode 0755. */
  #makeDirectory(path: string): void {
    if (this.#directories.has(path)) return;
    this.#makeDirectory(parentOf(path));
    try {
      fs.mkdirSync(hostPath(path), 0o755);
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') throw error;
      // A link to a directory will do where it is resolved within the root.
      if (this.#options.refuseLinks && !fs.lstatSync(hostPath(path)).isDirectory()) throw error;
      if (this.#isOwnWhiteout(path)) {
        this.#remove(path);
        fs.mkdirSync(hostPath(path), 0o755);
        this.#makeOpaque(path);
      } else if (!fs.statSync(hostPath(path)).isDirectory()) throw error;
    }
    this.#directories.add(path);
  }

  #isOwnWhiteout(path: string): boolean {
    return (
      this.#opaqueXattr !== undefined && isOverlayWhiteout(fs.lstatSync(hostPath(path), { bigint: true }))
    );
  }

  #whiteout(whiteout: Whiteout): void {
    const parent = parentOf(this.#path);
    if (whiteout.kind === 'meta') return;
    if (this.#whiteouts === 'apply') this.#applyWhiteout(whiteout, parent);
    else {
      this.#makeDirectory(parent);
      if (whiteout.kind === 'opaque') this.#makeOpaque(parent);
      else this.#overlayWhiteout(join(parent, whiteout.name));
    }
  }

  #overlayWhiteout(path: string): void {
    const target = hostPath(path);
    const existing = fs.lstatSync(target, { throwIfNoEntry: false });
    if (existing === undefined) makeNode(target, S_IFCHR, 0, 0);
    // A whiteout is about lower layers only, whatever this one makes of the same name.
    else if (existing.isDirectory()) this.#makeOpaque(path);
  }

  #makeOpaque(path: string): void {
    if (this.#opaqueXattr !== undefined) setXattr(hostPath(path), this.#opaqueXattr, YES);
  }

  #applyWhiteout(whiteout: Whiteout, parent: string): void {
    if (whiteout.kind === 'remove') this.#removeLower(join(parent, whiteout.name));
    else if (fs.lstatSync(hostPath(parent), { throwIfNoEntry: false })?.isDirectory() === true)
      this.#removeLowerWithin(parent);
  }

  #removeLower(path: string): void {
    if (!this.#made.has(path)) this.#remove(path);
    else if (fs.lstatSync(hostPath(path)).isDirectory()) this.#removeLowerWithin(path);
  }

  #removeLowerWithin(path: string): void {
    for (const name of fs.readdirSync(hostPath(path), { encoding: 'latin1' }))
      this.#removeLower(join(path, name));
  }

  #setMetadata(entry: TarEntry): void {
    const path = hostPath(this.#path);
    const isLink = entry.type === 'symlink';
    const { owner = entry } = this.#options;
    if (owner !== 'caller') fs.lchownSync(path, owner.uid, owner.gid);
    // After chown, which clears setuid and file capabilities. New files have their permissions already, but for
    // what a caller's umask takes away.
    const isMasked = owner === 'caller' || (entry.mode & SPECIAL_BITS) !== 0 || entry.type === 'directory';
    if (!isLink && isMasked) fs.chmodSync(path, entry.mode);
    for (const [name, value] of entry.xattrs) setEntryXattr(path, name, value);
    if (entry.type === 'directory') this.#directoryTimes.set(this.#path, entry.mtimeNs);
    else setTimes(this.#fd >= 0 ? this.#fd : path, entry.mtimeNs, entry.mtimeNs);
  }

  #guard(what: string, task: () => void): void {
    try {
      task();
    } catch (error) {
      if (error instanceof EngineError && !(error instanceof SyscallError)) throw error;
      const message = `failed to ${what} "${readable(this.#path)}": ${messageOf(error)}`;
      throw new EngineError('system', message, { cause: error });
    }
  }
}

/** overlayfs's own attributes are no business of an archive: they could redirect a directory to another one. */
function setEntryXattr(path: string | Buffer, name: string, value: Buffer): void {
  if (name.startsWith('trusted.overlay.') || name.startsWith('user.overlay.')) return;
  try {
    setXattr(path, name, value);
  } catch (error) {
    // The file system has none, or none of this kind on such a file: Docker goes on, too.
    if (!['ENOTSUP', 'EOPNOTSUPP', 'EPERM'].includes(errorCode(error) ?? '')) throw error;
  }
}

function isOverlayWhiteout(stat: fs.BigIntStats): boolean {
  const { major, minor } = decodeDevice(stat.rdev);
  return stat.isCharacterDevice() && major === 0 && minor === 0;
}

function join(parent: string, name: string): string {
  return parent === '/' ? `/${name}` : `${parent}/${name}`;
}
