import * as fs from 'node:fs';
import { EngineError, errorCode } from '../../base/errors.ts';
import { copyData } from '../../kernel/copy-data.ts';
import { decodeDevice, makeNode } from '../../kernel/make-node.ts';
import { setTimes } from '../../kernel/set-times.ts';
import { enterDirectory } from '../../kernel/thread-root.ts';
import { getXattr, listXattrs, setXattr } from '../../kernel/xattr.ts';
import { hostPath } from '../archive-path.ts';
import { TreeCursor } from './tree-cursor.ts';
import { type WalkedDirectory, walkTree } from './walk-tree.ts';

const { O_RDONLY, O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK } = fs.constants;
/** Until it has its owner. */
const PRIVATE_MODE = 0o700;

/**
 * Copies what is in the directory `from` into the directory `to`, with owners, modes, times, attributes, devices, hard
 * links and holes; `to` gets the attributes of `from`. Sockets are left out. What is in `to` already stays as it is, but
 * for directories, which merge.
 *
 * Others may change `to` meanwhile: walkTree and TreeCursor tell why that leads nowhere else. It must be the root of the
 * calling thread.
 * @param from a descriptor, open for reading, which stays the caller's, as that of `to` does
 * @throws EngineError conflict when others move directories in `to`
 */
export function copyTree(from: number, to: number): void {
  using target = new TreeCursor(to);
  const copy = new TreeCopy(target);
  walkTree(from, {
    entry: ({ name }, source) => copy.entry(name, source),
    entered: source => copy.enter(source),
    left: (name, source) => copy.leave(name, source),
  });
  copyAttributes(from, target.fd);
}

/** Owner, mode, times and extended attributes, from one open file or directory to another. @throws SyscallError */
export function copyAttributes(from: number, to: number): void {
  setAttributes(to, fs.fstatSync(from, { bigint: true }), xattrsOf(from));
}

type Xattrs = [name: string, value: Buffer][];

class TreeCopy {
  readonly #target: TreeCursor;
  /** For files with several links: the path of the first in the target, by inode. */
  readonly #links = new Map<bigint, string>();

  constructor(target: TreeCursor) {
    this.#target = target;
  }

  /** Copies a file, or makes a directory to be entered. */
  entry(name: string, source: WalkedDirectory): boolean {
    if (this.#target.depth !== source.way.length) throw moved();
    const stat = fs.lstatSync(hostPath(name), { bigint: true });
    if (stat.isSocket()) return false;
    if (!stat.isDirectory()) unlessThere(() => this.#copyFile(name, stat, source));
    else unlessThere(() => this.#inTarget(source, () => fs.mkdirSync(hostPath(name), PRIVATE_MODE)));
    return stat.isDirectory();
  }

  /** Whether there is a directory of that name, and not something else. */
  enter({ way }: WalkedDirectory): boolean {
    return this.#target.enter(way.at(-1) ?? '');
  }

  leave(name: string, { way }: WalkedDirectory): void {
    if (this.#target.depth === way.length) return;
    setAttributes(this.#target.fd, fs.lstatSync(hostPath(name), { bigint: true }), xattrsOf(name));
    if (!this.#target.leave() || this.#target.depth !== way.length) throw moved();
  }

  #copyFile(name: string, stat: fs.BigIntStats, source: WalkedDirectory): void {
    if (stat.nlink > 1n) {
      const first = this.#links.get(stat.ino);
      if (first !== undefined && this.#inTarget(source, () => link(first, name))) return;
      this.#links.set(stat.ino, `/${[...source.way, name].join('/')}`);
    }
    if (stat.isFile()) this.#copyContent(name, source);
    else this.#copyNode(name, stat, source);
  }

  #copyContent(name: string, source: WalkedDirectory): void {
    const from = fs.openSync(hostPath(name), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    try {
      const stat = fs.fstatSync(from);
      if (!stat.isFile()) return;
      const to = this.#inTarget(source, () =>
        fs.openSync(hostPath(name), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, PRIVATE_MODE),
      );
      try {
        copyData(from, to, stat.size);
        copyAttributes(from, to);
      } finally {
        fs.closeSync(to);
      }
    } finally {
      fs.closeSync(from);
    }
  }

  /** A link, FIFO or device. */
  #copyNode(name: string, stat: fs.BigIntStats, source: WalkedDirectory): void {
    const path = hostPath(name);
    const linkTarget = stat.isSymbolicLink() ? fs.readlinkSync(path, { encoding: 'buffer' }) : undefined;
    const xattrs = xattrsOf(name);
    this.#inTarget(source, () => {
      const { major, minor } = decodeDevice(stat.rdev);
      if (linkTarget === undefined) makeNode(path, Number(stat.mode), major, minor);
      else fs.symlinkSync(linkTarget, path);
      setAttributes(name, stat, xattrs);
    });
  }

  #inTarget<T>(source: WalkedDirectory, task: () => T): T {
    enterDirectory(this.#target.fd);
    try {
      return task();
    } catch (error) {
      // It is a directory that has been removed.
      throw errorCode(error) === 'ENOENT' ? moved() : error;
    } finally {
      enterDirectory(source.fd);
    }
  }
}

/** Whether it can be made: the first may have gone, or lie too deep to be named. */
function link(first: string, name: string): boolean {
  try {
    fs.linkSync(hostPath(first), hostPath(name));
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') throw error;
    return false;
  }
}

function unlessThere(task: () => void): void {
  try {
    task();
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  }
}

/** Sets the attributes of an open file, or of a new link or node in the working directory, which has its mode. */
function setAttributes(file: number | string, stat: fs.BigIntStats, xattrs: Xattrs): void {
  const [uid, gid] = [Number(stat.uid), Number(stat.gid)];
  const target = typeof file === 'number' ? file : hostPath(file);
  if (typeof target === 'number') {
    fs.fchownSync(target, uid, gid);
    // After the owner: changing that clears the set-uid bit.
    fs.fchmodSync(target, Number(stat.mode) & 0o7777);
  } else fs.lchownSync(target, uid, gid);
  for (const [name, value] of xattrs) setIfSupported(target, name, value);
  setTimes(target, stat.atimeNs, stat.mtimeNs);
}

function xattrsOf(file: number | string): Xattrs {
  const source = typeof file === 'number' ? file : hostPath(file);
  return listXattrs(source)
    .filter(name => !/^(?:trusted|user)\.overlay\./.test(name))
    .map(name => [name, getXattr(source, name) ?? Buffer.alloc(0)]);
}

function setIfSupported(file: number | string | Buffer, name: string, value: Buffer): void {
  try {
    setXattr(file, name, value);
  } catch (error) {
    if (!['ENOTSUP', 'EOPNOTSUPP'].includes(errorCode(error) ?? '')) throw error;
  }
}

const moved = () =>
  new EngineError('conflict', 'directories were moved or removed while they were copied into');
