import { closeSync, constants, fstatSync } from 'node:fs';
import { EngineError, SyscallError } from '../../base/errors.ts';
import { cstring, errnoName, syscall } from '../../kernel/libc.ffi.ts';
import { openEntry } from '../../kernel/open-beneath.ts';

/** So many directories on the way down stay open; a tree that is not made to do harm is no deeper. */
const HELD_LEVELS = 64;
const FLAGS = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
const O_CLOEXEC = 0o2000000;
/** What an entry that was a directory a moment ago may have become. */
const NOT_ENTERED = ['ENOENT', 'ENOTDIR', 'ELOOP', 'EXDEV'];

/** A directory above the current one: open, or what it is known by. */
type Level = { fd: number } | { fd: undefined; id: string };

/**
 * A place in a tree of directories. It goes down by names of entries, and up again, and knows directories by
 * descriptors, so that the tree may be deeper than a path can name (PATH_MAX), and that a process that changes it
 * meanwhile cannot lead it elsewhere: it follows no link, and leaves neither the tree nor its mount. Whatever the depth,
 * it has only some descriptors open.
 */
export class TreeCursor {
  readonly #above: Level[] = [];
  #fd: number;

  /** Begins at the directory `root`, a descriptor that stays the caller's. @throws SyscallError */
  constructor(root: number) {
    this.#fd = opened(openEntry(root, '.', FLAGS), '.');
  }

  /** The current directory, open for reading. */
  get fd(): number {
    return this.#fd;
  }

  /** 0 for the root. */
  get depth(): number {
    return this.#above.length;
  }

  /**
   * Goes to a directory in the current one. False when there is none of that name: it has gone, is a link, or something
   * is mounted on it.
   * @param name bytes as latin1
   * @throws SyscallError
   */
  enter(name: string): boolean {
    const child = openEntry(this.#fd, Buffer.from(name, 'latin1'), FLAGS);
    if (child < 0 && NOT_ENTERED.includes(errnoName(-child))) return false;
    opened(child, name);
    this.#above.push(this.depth < HELD_LEVELS ? { fd: this.#fd } : this.#closed());
    this.#fd = child;
    return true;
  }

  /**
   * Goes up to the directory that it came from. False when another process has moved the current one elsewhere: then it is
   * further up, where `depth` says.
   */
  leave(): boolean {
    const level = this.#above.pop();
    if (level === undefined) throw new TypeError('there is nothing above the root');
    const parent = level.fd ?? this.#parent(level.id);
    closeSync(this.#fd);
    this.#fd = parent ?? this.#nearestHeld();
    return parent !== undefined;
  }

  [Symbol.dispose](): void {
    for (const { fd } of this.#above) if (fd !== undefined) closeSync(fd);
    closeSync(this.#fd);
  }

  #closed(): Level {
    const id = idOf(this.#fd);
    closeSync(this.#fd);
    return { fd: undefined, id };
  }

  #parent(id: string): number | undefined {
    const parent = syscall('openat', '..', this.#fd, cstring('..'), FLAGS | O_CLOEXEC, 0);
    if (idOf(parent) === id) return parent;
    closeSync(parent);
    return undefined;
  }

  #nearestHeld(): number {
    for (;;) {
      const level = this.#above.pop();
      if (level?.fd !== undefined) return level.fd;
      if (level === undefined) throw new EngineError('system', 'the root of a tree is not held');
    }
  }
}

function idOf(fd: number): string {
  const { dev, ino } = fstatSync(fd, { bigint: true });
  return `${dev}:${ino}`;
}

function opened(result: number, name: string): number {
  if (result < 0) throw new SyscallError('openat2', -result, errnoName(-result), name);
  return result;
}
