import * as fs from 'node:fs';
import { EngineError, errorCode, messageOf, SyscallError } from '../../base/errors.ts';
import { changeMode } from '../../kernel/change-mode.ts';
import { cstring, errnoName, syscallResult } from '../../kernel/libc.ffi.ts';
import { decodeDevice, makeNode, S_IFBLK, S_IFCHR, S_IFIFO } from '../../kernel/make-node.ts';
import { O_PATH, openFrom } from '../../kernel/open-beneath.ts';
import { setTimes } from '../../kernel/set-times.ts';
import { enterDirectory, openRoot } from '../../kernel/thread-root.ts';
import { setXattr } from '../../kernel/xattr.ts';
import { absoluteEntryPath, baseOf, hostPath, parentOf, readable } from '../archive-path.ts';
import { removeTree } from './remove-tree.ts';
import type { TarEntry } from '../tar/tar-entry.ts';
import type { TarHandler } from '../tar/tar-reader.ts';
import { OPAQUE_XATTRS, type Whiteout, type WhiteoutMode, whiteoutOf } from './whiteout.ts';

const { O_RDONLY, O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW, O_DIRECTORY } = fs.constants;
const YES = Buffer.from('y');
const SPECIAL_BITS = 0o7000;
const AT_FDCWD = -100;
/** What a directory's path may lead to after that was replaced. */
const REPLACED = ['ENOENT', 'ENOTDIR', 'ELOOP'];
/** What the kernel says of archives that contradict themselves. */
const CONTRADICTIONS = [...REPLACED, 'EEXIST', 'EISDIR', 'ENAMETOOLONG', 'EXDEV'];
const [EPERM, ENOTDIR, EISDIR, ELOOP] = [1, 20, 21, 40];
/** As many as the kernel follows. */
const MAX_LINKS = 40;

export type UnpackOptions = {
  whiteouts: WhiteoutMode;
  /** What all files together may have, against decompression bombs. */
  maximumBytes?: number | undefined;
  /** What the directory is called in messages (latin1), if it is to stay as it is: '' for the root. */
  stays?: string;
  /** A directory does not take the place of something else, nor something else that of a directory. */
  keepKinds?: boolean;
  /** Whom all files belong to, in place of the archive's owners; 'caller': nothing is done about it. */
  owner?: { uid: number; gid: number } | 'caller';
  /** Directories on an entry's way are no links: for a thread that has no root of its own. */
  refuseLinks?: boolean;
};

/**
 * Writes the entries of a tar into a directory. The root of the calling thread (thread-root.ts) is what links in the
 * archive, or in the directory, cannot lead out of. What an entry is about is looked up once, and then known as a name in
 * the working directory, so that others may change the tree meanwhile. The umask must be 0. Later entries replace
 * earlier ones of the same path, but directories merge.
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
  readonly #root: number;
  /** The path of the working directory, as far as it is known. */
  #workingIn: string | undefined;
  /** Their times can only be set when nothing is written into them any more. */
  readonly #directoryTimes = new Map<string, bigint>();
  /** With `apply`: what this archive made, and the directories above, which its own whiteouts do not touch. */
  readonly #made = new Set<string>();
  #entry: TarEntry | undefined;
  #path = '';
  #fd = -1;

  /** @param root a descriptor of the directory, which stays the caller's */
  constructor(root: number, options: UnpackOptions) {
    this.#root = root;
    this.#options = options;
    this.#whiteouts = options.whiteouts;
    this.#maximumBytes = options.maximumBytes ?? Number.POSITIVE_INFINITY;
    this.#opaqueXattr =
      options.whiteouts === 'apply' || options.whiteouts === 'keep'
        ? undefined
        : OPAQUE_XATTRS[options.whiteouts];
  }

  entry(entry: TarEntry): void {
    this.entryCount++;
    this.#entry = undefined;
    this.#path = absoluteEntryPath(entry.path);
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
    for (const [path, mtimeNs] of this.#directoryTimes) this.#setDirectoryTimes(path, mtimeNs);
  }

  #setDirectoryTimes(path: string, mtimeNs: bigint): void {
    try {
      this.#workIn(path);
      setTimes('.', mtimeNs, mtimeNs);
    } catch (error) {
      if (!REPLACED.includes(errorCode(error) ?? '')) throw error;
    }
  }

  /** Closes what may still be open, after a failure. */
  close(): void {
    if (this.#fd >= 0) fs.closeSync(this.#fd);
    this.#fd = -1;
  }

  /** Makes the directory that a path is in the working directory. @returns the path's last name */
  #nameIn(path: string): string | Buffer {
    this.#workIn(parentOf(path));
    return hostPath(baseOf(path) || '.');
  }

  #workIn(directory: string): void {
    if (directory === this.#workingIn) return;
    const fd = this.#open(directory);
    try {
      enterDirectory(fd);
      this.#workingIn = directory;
    } finally {
      fs.closeSync(fd);
    }
  }

  /** A directory, O_PATH. @throws SyscallError */
  #open(directory: string): number {
    const { refuseLinks } = this.#options;
    const path = Buffer.from(directory.slice(1) || '.', 'latin1');
    const fd = openFrom(this.#root, path, { flags: O_DIRECTORY | O_PATH, refuseLinks });
    if (fd >= 0) return fd;
    throw fileError('open', -fd, directory);
  }

  #make(entry: TarEntry): void {
    const path = this.#path;
    if (path === '/') {
      if (entry.type !== 'directory')
        throw new EngineError('invalid-parameter', 'the archive replaces its root by something else');
      if (this.#options.stays === undefined) this.#entry = entry;
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
    this.#entry = entry;
  }

  #rememberMade(path: string): void {
    for (let made = path; !this.#made.has(made) && made !== '/'; made = parentOf(made)) this.#made.add(made);
  }

  #create(entry: TarEntry, path: string): void {
    const target = this.#nameIn(path);
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
        return this.#link(absoluteEntryPath(entry.linkPath), target);
      case 'character-device':
        return makeNode(target, S_IFCHR | permissions, entry.major, entry.minor);
      case 'block-device':
        return makeNode(target, S_IFBLK | permissions, entry.major, entry.minor);
      case 'fifo':
        return makeNode(target, S_IFIFO | permissions);
    }
  }

  #link(existing: string, name: string | Buffer): void {
    const directory = this.#open(parentOf(existing));
    try {
      const from = cstring(hostPath(baseOf(existing) || '.'));
      const result = syscallResult('linkat', directory, from, AT_FDCWD, cstring(name), 0);
      if (result === -EPERM && this.#stat(existing)?.isDirectory()) throw fileError('link', EISDIR, existing);
      if (result < 0) throw fileError('link', -result, existing);
    } finally {
      fs.closeSync(directory);
    }
  }

  /** Something of that name is there already: from this archive, or, with `apply`, from a lower layer. */
  #replace(entry: TarEntry, path: string): void {
    const existing = fs.lstatSync(this.#nameIn(path), { bigint: true });
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
    const name = JSON.stringify(readable(this.#path.slice(1)));
    const target = JSON.stringify(readable(this.#options.stays || '/'));
    throw new EngineError(
      'system',
      wasDirectory
        ? `cannot overwrite directory ${name} with non-directory ${target}`
        : `cannot overwrite non-directory ${name} with directory ${target}`,
    );
  }

  /** Takes as long as what is removed is large, whatever else the archive has: each entry may ask for it. */
  #remove(path: string): void {
    const existing = this.#stat(path);
    if (existing === undefined) return;
    try {
      if (existing.isDirectory()) this.#removeDirectory(path);
      else fs.unlinkSync(this.#nameIn(path));
    } catch (error) {
      // As Go has it: something may be busy, as it is mounted on.
      throw Object.assign(error as Error, { syscall: 'RemoveAll', path: path.slice(1) });
    }
    for (const known of [this.#directoryTimes, this.#made]) known.delete(path);
  }

  #removeDirectory(path: string): void {
    const parent = openRoot('.');
    this.#workingIn = undefined;
    try {
      removeTree(parent, baseOf(path));
    } finally {
      fs.closeSync(parent);
    }
  }

  /**
   * Makes the directories that the archive has no entries for, as root's, mode 0755; also those that links lead to which
   * are there already.
   */
  #makeDirectory(path: string): void {
    if (this.#isDirectory(path)) return;
    const pending = path.split('/').reverse();
    let at = '/';
    for (let links = 0; pending.length > 0; ) {
      const name = pending.pop() ?? '';
      if (name === '' || name === '.') continue;
      const next = join(at, name);
      const target = this.#isDirectory(next) ? undefined : this.#linkAt(next);
      if (target === undefined) {
        this.#makeOneDirectory(next);
        at = next;
      } else if (++links > MAX_LINKS) throw fileError('open', ELOOP, next);
      else {
        if (target.startsWith('/')) at = '/';
        pending.push(...target.split('/').reverse());
      }
    }
  }

  #makeOneDirectory(path: string): void {
    if (this.#isDirectory(path)) return;
    const existing = this.#stat(path);
    const hidesLower = this.#opaqueXattr !== undefined && existing && isOverlayWhiteout(existing);
    if (hidesLower) this.#remove(path);
    else if (existing !== undefined) throw fileError('open', ENOTDIR, path);
    fs.mkdirSync(this.#nameIn(path), 0o755);
    if (hidesLower) this.#makeOpaque(path);
  }

  /** Where a symbolic link leads, in latin1; undefined for what is none. */
  #linkAt(path: string): string | undefined {
    if (this.#stat(path)?.isSymbolicLink() !== true) return undefined;
    return fs.readlinkSync(this.#nameIn(path), { encoding: 'latin1' });
  }

  /** A link to a directory will do: it is resolved within the root. */
  #isDirectory(path: string): boolean {
    try {
      this.#workIn(path);
      return true;
    } catch (error) {
      if (path !== '/' && ['ENOENT', 'ENOTDIR'].includes(errorCode(error) ?? '')) return false;
      throw error;
    }
  }

  /** Undefined when there is none. */
  #stat(path: string): fs.BigIntStats | undefined {
    if (!this.#isDirectory(parentOf(path))) return undefined;
    return fs.lstatSync(this.#nameIn(path), { bigint: true, throwIfNoEntry: false });
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
    const target = this.#nameIn(path);
    const existing = fs.lstatSync(target, { throwIfNoEntry: false });
    if (existing === undefined) makeNode(target, S_IFCHR, 0, 0);
    // A whiteout is about lower layers only, whatever this one makes of the same name.
    else if (existing.isDirectory()) this.#makeOpaque(path);
  }

  #makeOpaque(path: string): void {
    if (this.#opaqueXattr !== undefined) setXattr(this.#nameIn(path), this.#opaqueXattr, YES);
  }

  #applyWhiteout(whiteout: Whiteout, parent: string): void {
    if (whiteout.kind === 'remove') this.#removeLower(join(parent, whiteout.name));
    else if (this.#stat(parent)?.isDirectory() === true) this.#removeLowerWithin(parent);
  }

  #removeLower(path: string): void {
    if (!this.#made.has(path)) this.#remove(path);
    else if (this.#stat(path)?.isDirectory() === true) this.#removeLowerWithin(path);
  }

  #removeLowerWithin(path: string): void {
    this.#workIn(path);
    for (const name of fs.readdirSync('.', { encoding: 'latin1' })) this.#removeLower(join(path, name));
  }

  #setMetadata(entry: TarEntry): void {
    if (entry.type === 'directory') this.#directoryTimes.set(this.#path, entry.mtimeNs);
    if (this.#fd >= 0) return this.#setAttributes(this.#fd, entry);
    const name = this.#nameIn(this.#path);
    if (entry.type === 'hardlink') return this.#setLinkAttributes(name, entry);
    // A caller may not be allowed to look into a directory.
    if (entry.type !== 'directory' || this.#options.owner === 'caller')
      return this.#setAttributes(name, entry);
    const directory = fs.openSync(name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    try {
      this.#setAttributes(directory, entry);
    } finally {
      fs.closeSync(directory);
    }
  }

  /** Sets the attributes of a file that got another name, but not those that are right already: chown(2) clears others. */
  #setLinkAttributes(name: string | Buffer, entry: TarEntry): void {
    const { owner = entry } = this.#options;
    const stat = fs.lstatSync(name);
    if (owner !== 'caller' && (stat.uid !== owner.uid || stat.gid !== owner.gid)) setOwner(name, owner);
    if (!stat.isSymbolicLink()) setMode(name, entry.mode);
    for (const [attribute, value] of entry.xattrs) setEntryXattr(name, attribute, value);
    setTimes(name, entry.mtimeNs, entry.mtimeNs);
  }

  #setAttributes(target: number | string | Buffer, entry: TarEntry): void {
    const { owner = entry } = this.#options;
    if (owner !== 'caller') setOwner(target, owner);
    // After chown, which clears setuid and file capabilities. New files have their permissions already, but for
    // what a caller's umask takes away.
    const isMasked = owner === 'caller' || (entry.mode & SPECIAL_BITS) !== 0 || entry.type === 'directory';
    if (entry.type !== 'symlink' && isMasked) setMode(target, entry.mode);
    for (const [name, value] of entry.xattrs) setEntryXattr(target, name, value);
    if (entry.type !== 'directory') setTimes(target, entry.mtimeNs, entry.mtimeNs);
  }

  /** Node's errors have the name in the working directory. */
  #named(error: unknown): unknown {
    const { syscall: call, path } = error as { syscall?: string; path?: string };
    if (path === undefined || call === undefined || call === 'RemoveAll') return error;
    return Object.assign(error as Error, {
      path: `${readable(this.#options.stays ?? '')}${readable(this.#path)}`,
    });
  }

  #guard(what: string, task: () => void): void {
    try {
      task();
    } catch (error) {
      if (error instanceof EngineError && !(error instanceof SyscallError)) throw error;
      const message = `failed to ${what} "${readable(this.#path)}": ${messageOf(error)}`;
      const kind = CONTRADICTIONS.includes(errorCode(error) ?? '') ? 'invalid-parameter' : 'system';
      throw new EngineError(kind, message, { cause: this.#named(error) });
    }
  }
}

/** With what Node's file errors have. */
function fileError(call: string, errno: number, path: string): SyscallError {
  const error = new SyscallError(call, errno, errnoName(errno), readable(path));
  return Object.assign(error, { syscall: call, path: readable(path) });
}

function setOwner(target: number | string | Buffer, { uid, gid }: { uid: number; gid: number }): void {
  if (typeof target === 'number') fs.fchownSync(target, uid, gid);
  else fs.lchownSync(target, uid, gid);
}

function setMode(target: number | string | Buffer, mode: number): void {
  if (typeof target === 'number') fs.fchmodSync(target, mode);
  else changeMode(target, mode);
}

/** overlayfs's own attributes are no business of an archive: they could redirect a directory to another one. */
function setEntryXattr(target: number | string | Buffer, name: string, value: Buffer): void {
  if (name.startsWith('trusted.overlay.') || name.startsWith('user.overlay.')) return;
  try {
    setXattr(target, name, value);
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
