import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from 'node:fs';
import { OPAQUE_XATTRS } from '../../archive/trees/whiteout.ts';
import { EngineError, errorCode, SyscallError } from '../../base/errors.ts';
import { errnoName } from '../../kernel/libc.ffi.ts';
import { O_PATH, openEntry } from '../../kernel/open-beneath.ts';
import { readLinkAt } from '../../kernel/read-link.ts';
import { openRoot } from '../../kernel/thread-root.ts';
import { getXattr } from '../../kernel/xattr.ts';

const MAXIMUM_LINKS = 40;
/** As Docker's, for what it reads of containers. */
const MAXIMUM_BYTES = 10 * 1024 * 1024;

/** An image may have long ways through hundreds of layers. */
const MAXIMUM_LOOKUPS = 4000;
/** A name that is too long is no file's either. */
const NOT_THERE = ['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG', 'EXDEV'];

export type FoundFile = {
  /** Undefined when there is no such file. */
  content: Buffer | undefined;
  /** What the way led through, in order: a directory before what is in it. */
  steps: Step[];
};

/** An entry of the merged file system, whether there is one or not: its path, without links, from the root on. */
export type Step = { path: readonly string[]; isDirectory: boolean };

/** A directory of the merged file system: descriptors of those that make it up, topmost first. */
type MergedDirectory = readonly number[];

/**
 * Reads a regular file of the file system that overlayfs would make of `layers` (topmost first), without
 * mounting it. Links are followed within that file system, never out of it, also while a container changes its
 * layer: every name is looked up once, from an open directory.
 * @throws EngineError invalid-parameter, in Docker's words, for a file over 10 MiB
 */
export function lookUpFile(
  layers: readonly string[],
  path: string,
  opaqueXattr = OPAQUE_XATTRS.overlay,
): FoundFile {
  using lookup = new Lookup(opaqueXattr);
  const steps: Step[] = [];
  const content = lookup.read(layers, path, steps);
  return { content, steps };
}

/** Whether the way is the same, and the file that it led to, where `layer` lies above the layers. */
export function isSameBelow(
  layer: string,
  steps: readonly Step[],
  opaqueXattr = OPAQUE_XATTRS.overlay,
): boolean {
  using lookup = new Lookup(opaqueXattr);
  return lookup.leaves(layer, steps);
}

/** Keeps what it opens until it is disposed of. */
class Lookup {
  #lookups = 0;
  readonly #opened: number[] = [];
  readonly #opaqueXattr: string;

  constructor(opaqueXattr: string) {
    this.#opaqueXattr = opaqueXattr;
  }

  read(layers: readonly string[], path: string, steps: Step[]): Buffer | undefined {
    const root: MergedDirectory = layers.map(layer => this.#keep(openRoot(layer)));
    const pending = path.split('/');
    const way = [root];
    const names: string[] = [];
    for (let links = 0; ; ) {
      const name = pending.shift();
      if (name === undefined) return undefined;
      if (name === '' || name === '.') continue;
      if (name === '..') {
        if (way.length > 1) way.pop();
        names.pop();
        continue;
      }
      const found = this.#lookUp(way.at(-1) ?? root, name);
      const isDirectory = found !== undefined && 'directory' in found;
      steps.push({ path: [...names, name], isDirectory });
      if (found === undefined) return undefined;
      if ('directory' in found) {
        way.push(found.directory);
        names.push(name);
      } else if (found.stat.isSymbolicLink()) {
        if (++links > MAXIMUM_LINKS) return undefined;
        const target = readLinkAt(found.fd, '')?.toString() ?? '';
        pending.unshift(...target.split('/'));
        if (target.startsWith('/')) way.length = 1;
        if (target.startsWith('/')) names.length = 0;
      } else {
        const isLast = pending.every(rest => rest === '');
        return isLast && found.stat.isFile() ? readBounded(found.fd, found.stat.size, path) : undefined;
      }
    }
  }

  leaves(layer: string, steps: readonly Step[]): boolean {
    const directories = new Map([['', this.#keep(openRoot(layer))]]);
    for (const { path, isDirectory } of steps) {
      const parent = directories.get(path.slice(0, -1).join('/'));
      const fd = parent === undefined ? undefined : this.#open(parent, path.at(-1) ?? '');
      if (fd === undefined) continue;
      if (!isDirectory || !fstatSync(fd).isDirectory() || this.#isOpaque(fd)) return false;
      directories.set(path.join('/'), fd);
    }
    return true;
  }

  /** One component, as overlayfs looks it up (Documentation/filesystems/overlayfs.rst). */
  #lookUp(directory: MergedDirectory, name: string): Found | undefined {
    const merged: number[] = [];
    for (const [index, layer] of directory.entries()) {
      const fd = this.#open(layer, name);
      if (fd === undefined) continue;
      const stat = fstatSync(fd);
      if (!stat.isDirectory()) {
        const isWhiteout = stat.isCharacterDevice() && stat.rdev === 0;
        if (merged.length > 0 || isWhiteout) break;
        return { fd, stat };
      }
      merged.push(fd);
      const isLast = index === directory.length - 1;
      if (!isLast && this.#isOpaque(fd)) break;
    }
    return merged.length === 0 ? undefined : { directory: merged };
  }

  /** A link of procfs leads to the directory itself, which O_PATH does not let one ask (open(2)). */
  #isOpaque(place: number): boolean {
    return getXattr(`/proc/self/fd/${place}/.`, this.#opaqueXattr)?.toString() === 'y';
  }

  #open(directory: number, name: string): number | undefined {
    if (++this.#lookups > MAXIMUM_LOOKUPS)
      throw new EngineError('invalid-parameter', 'a file of the container lies behind too many directories');
    const fd = openIn(directory, name, O_PATH | constants.O_NOFOLLOW);
    return fd === undefined ? undefined : this.#keep(fd);
  }

  #keep(fd: number): number {
    this.#opened.push(fd);
    return fd;
  }

  [Symbol.dispose](): void {
    for (const fd of this.#opened) closeSync(fd);
  }
}

type Found = { directory: MergedDirectory } | { fd: number; stat: Stats };

/** Undefined when there is none of that name. */
function openIn(directory: number, name: string, flags: number): number | undefined {
  const fd = openEntry(directory, name, flags);
  if (fd >= 0) return fd;
  const code = errnoName(-fd);
  if (NOT_THERE.includes(code)) return undefined;
  throw new SyscallError('openat2', -fd, code, name);
}

/**
 * A regular file, once it was looked at: what is opened by the descriptor is still that. Undefined while the container
 * has a lease on it, which is not waited for (fcntl(2), F_SETLEASE).
 */
function readBounded(place: number, size: number, path: string): Buffer | undefined {
  if (size > MAXIMUM_BYTES)
    throw new EngineError('invalid-parameter', `read ${path}: file exceeds ${MAXIMUM_BYTES} bytes`);
  const fd = reopen(place);
  if (fd === undefined) return undefined;
  try {
    const content = Buffer.alloc(size);
    // It may get shorter or longer meanwhile.
    return content.subarray(0, readSync(fd, content, 0, size, 0));
  } finally {
    closeSync(fd);
  }
}

function reopen(place: number): number | undefined {
  try {
    return openSync(`/proc/self/fd/${place}`, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (errorCode(error) === 'EAGAIN') return undefined;
    throw error;
  }
}
