/**
 * The only module that imports the FFI library. Everything else calls the kernel through {@link syscall}.
 *
 * Pointers cross the border as Buffers (valid for the length of the call), as null, or as addresses in
 * integers; strings as NUL-terminated Buffers ({@link cstring}).
 */
import { existsSync, openSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import type Koffi from 'koffi';
import { SyscallError } from '../base/errors.ts';
import { SYSCALLS, type SyscallName } from './abi/syscalls.ts';

export type SyscallArgument = number | bigint | Uint8Array | null;

/** Under this symbol a program that has no place of its own finds the path of the FFI library. */
export const LIBRARY_KEY = 'slipway.ffi-library';
/** The library's native part, where it is found: that is all that is used here. */
const library =
  (globalThis as { [key: symbol]: string | undefined })[Symbol.for(LIBRARY_KEY)] ?? findLibrary();
const koffi = loadKoffi();
const libc = koffi.load('libc.so.6');
const P = 'void *';
const rawSyscall = libc.func('syscall', 'long', ['long', P, P, P, P, P, P]);
const ERRNO_NAMES = new Map(Object.entries(constants.errno).map(([name, number]) => [number, name]));

/**
 * What the package wraps around the native part takes 10 ms to load, and resolving its name as modules are resolved a
 * few more.
 */
function loadKoffi(): typeof Koffi {
  if (library === undefined) return createRequire(import.meta.url)('koffi') as typeof Koffi;
  const module = { exports: {} };
  process.dlopen(module, library);
  return module.exports as typeof Koffi;
}

/** Beside the package, or beside what it is a dependency of. */
function findLibrary(): string | undefined {
  const name = `@koromix/koffi-linux-${process.arch}/linux_${process.arch}/koffi.node`;
  for (let directory = import.meta.dirname; ; directory = dirname(directory)) {
    const modules = join(directory, 'node_modules');
    if (existsSync(join(modules, name))) return join(modules, name);
    const wrapper = join(modules, 'koffi');
    if (existsSync(wrapper)) {
      const path = join(realpathSync(wrapper), '..', name);
      if (existsSync(path)) return path;
    }
    if (directory === '/') return undefined;
  }
}

let held: string | undefined;

/** A path of the FFI library for other threads of this process, which stays when the package is removed. */
export function libraryPath(): string | undefined {
  held ??= library && `/proc/self/fd/${openSync(library, 'r')}`;
  return held;
}

/** malloc_trim(3), on a thread of libuv's pool: gives the kernel what has been freed. */
export function trimHeap(): Promise<void> {
  mallocTrim ??= libc.func('int malloc_trim(size_t)');
  return new Promise((resolve, reject) => {
    mallocTrim?.async(0, (error: Error | null) => (error ? reject(error) : resolve()));
  });
}

let mallocTrim: ReturnType<typeof libc.func> | undefined;

/** 'ENOENT' for 2. */
export function errnoName(errno: number): string {
  // Node maps EAGAIN and EWOULDBLOCK, EOPNOTSUPP and ENOTSUP to the same number; either name will do.
  return ERRNO_NAMES.get(errno) ?? `errno ${errno}`;
}

/** A NUL-terminated copy of `text` for the kernel. */
export function cstring(text: string | Uint8Array): Buffer {
  return typeof text === 'string' ? Buffer.from(`${text}\0`) : Buffer.concat([text, Buffer.of(0)]);
}

/** The address of a buffer, to be stored in a structure that another buffer holds. Keep the buffer alive. */
export function addressOf(buffer: Uint8Array): bigint {
  return koffi.address(buffer);
}

/** Calls the kernel on the calling thread. Returns the result, or the negated errno. */
export function syscallResult(name: SyscallName, ...args: SyscallArgument[]): number {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = args;
  const result = Number(rawSyscall(SYSCALLS[name], a, b, c, d, e, f));
  return result === -1 ? -koffi.errno() : result;
}

/**
 * As {@link syscallResult}, but an error is thrown.
 * @throws SyscallError; `detail` is put between its parentheses.
 */
export function syscall(name: SyscallName, detail: string, ...args: SyscallArgument[]): number {
  const result = syscallResult(name, ...args);
  if (result < 0) throw new SyscallError(name, -result, errnoName(-result), detail);
  return result;
}

/** The arguments of calls that the pool's threads have not made yet: their memory must not be collected. */
const pending = new Set<SyscallArgument[]>();

/**
 * Calls the kernel on a thread of libuv's pool, for calls that may block. Nothing that changes the calling thread (setns, unshare, credentials) may go this way.
 * @throws SyscallError
 */
export async function syscallAsync(
  name: SyscallName,
  detail: string,
  ...args: SyscallArgument[]
): Promise<number> {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = args;
  pending.add(args);
  const result = await new Promise<number>((resolve, reject) => {
    rawSyscall.async(SYSCALLS[name], a, b, c, d, e, f, (error: Error | null, value: number | bigint) => {
      pending.delete(args);
      if (error) reject(error);
      else resolve(Number(value) === -1 ? -koffi.errno() : Number(value));
    });
  });
  if (result < 0) throw new SyscallError(name, -result, errnoName(-result), detail);
  return result;
}

const fileActions = {
  init: libc.func('int posix_spawn_file_actions_init(void *actions)'),
  dup2: libc.func('int posix_spawn_file_actions_adddup2(void *actions, int fd, int newFd)'),
  closeFrom: libc.func('int posix_spawn_file_actions_addclosefrom_np(void *actions, int fd)'),
  destroy: libc.func('int posix_spawn_file_actions_destroy(void *actions)'),
};
const attributes = {
  init: libc.func('int posix_spawnattr_init(void *attr)'),
  setFlags: libc.func('int posix_spawnattr_setflags(void *attr, short flags)'),
  setMask: libc.func('int posix_spawnattr_setsigmask(void *attr, void *set)'),
  setDefault: libc.func('int posix_spawnattr_setsigdefault(void *attr, void *set)'),
  destroy: libc.func('int posix_spawnattr_destroy(void *attr)'),
};
const posixSpawn = libc.func(
  'int posix_spawn(void *pid, void *path, void *actions, void *attr, void *argv, void *envp)',
);

/** glibc's sizes are 80 and 336 bytes; room to spare. */
const OPAQUE_BYTES = 512;
const POSIX_SPAWN_SETSIGDEF = 0x04;
const POSIX_SPAWN_SETSIGMASK = 0x08;
const POSIX_SPAWN_SETSID = 0x80;
/** sigset_t */
const NO_SIGNALS = Buffer.alloc(128);
const ALL_SIGNALS = Buffer.alloc(128, 0xff);

export type SpawnOptions = {
  path: string;
  argv: readonly string[];
  /** `NAME=value` entries: the whole environment of the child. */
  env: readonly string[];
  /** Descriptor i of the child is a copy of `fds[i]`; it has no others. */
  fds: readonly number[];
};

/**
 * posix_spawn(3): a child in a session of its own, with an empty signal mask and default dispositions.
 * Does not fork (CLONE_VM|CLONE_VFORK), so its cost does not grow with the heap. The caller reaps the child.
 * @returns the pid
 * @throws SyscallError
 */
export function spawn(options: SpawnOptions): number {
  using call = new SpawnCall(options);
  return call.result(posixSpawn(...call.args));
}

/** As {@link spawn}, on a thread of libuv's pool: the calling thread stands still until the child executes. */
export async function spawnAsync(options: SpawnOptions): Promise<number> {
  using call = new SpawnCall(options);
  const spawning = new Promise<number>((resolve, reject) => {
    posixSpawn.async(...call.args, (error: Error | null, result: number) =>
      error ? reject(error) : resolve(result),
    );
  });
  spawns.add(spawning);
  try {
    return call.result(await spawning);
  } finally {
    spawns.delete(spawning);
  }
}

/** Those on threads of the pool. */
const spawns = new Set<Promise<number>>();

/**
 * Settles when what this process has closed by now is closed for good: until it executes, a child has copies of all
 * descriptors, O_CLOEXEC or not.
 */
export async function copiesClosed(): Promise<void> {
  await Promise.allSettled(spawns);
}

/** The arguments of one posix_spawn(3), alive until disposed of. */
class SpawnCall {
  readonly args: [Buffer, Buffer, Buffer, Buffer, Buffer, Buffer];
  readonly #path: string;
  readonly #vectors: { strings: Buffer[] }[];

  constructor({ path, argv, env, fds }: SpawnOptions) {
    const actions = Buffer.alloc(OPAQUE_BYTES);
    const attr = Buffer.alloc(OPAQUE_BYTES);
    const [args, environment] = [pointerVector(argv), pointerVector(env)];
    fileActions.init(actions);
    attributes.init(attr);
    // Two passes through numbers above every source, so that no dup2 overwrites a source still needed.
    const base = Math.max(...fds, fds.length) + 1;
    fds.forEach((fd, index) => fileActions.dup2(actions, fd, base + index));
    fds.forEach((_, index) => fileActions.dup2(actions, base + index, index));
    fileActions.closeFrom(actions, fds.length);
    attributes.setFlags(attr, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSID);
    attributes.setMask(attr, NO_SIGNALS);
    attributes.setDefault(attr, ALL_SIGNALS);
    this.args = [Buffer.alloc(4), cstring(path), actions, attr, args.buffer, environment.buffer];
    this.#path = path;
    this.#vectors = [args, environment];
  }

  /** The pid, or the error that posix_spawn returned. */
  result(code: number): number {
    if (code !== 0) throw new SyscallError('posix_spawn', code, errnoName(code), this.#path);
    return this.args[0].readInt32LE();
  }

  [Symbol.dispose](): void {
    const [, , actions, attr] = this.args;
    fileActions.destroy(actions);
    attributes.destroy(attr);
    this.#vectors.length = 0;
  }
}

/** A NULL-terminated `char *[]`. `strings` keeps the pointed-to memory alive as long as the vector. */
function pointerVector(entries: readonly string[]): { buffer: Buffer; strings: Buffer[] } {
  const strings = entries.map(cstring);
  const buffer = Buffer.alloc(8 * (strings.length + 1));
  strings.forEach((string, index) => buffer.writeBigUInt64LE(addressOf(string), 8 * index));
  return { buffer, strings };
}
