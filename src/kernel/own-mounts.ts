import { closeSync, constants, openSync, readFileSync, statSync } from 'node:fs';
import { EngineError } from '../base/errors.ts';
import { MOUNT_ATTR_NODEV, MOUNT_ATTR_RDONLY, MS_PRIVATE, MS_REC } from './abi/mount.ts';
import { CLONE_NEWNS } from './abi/sched.ts';
import { cstring, syscall, syscallResult } from './libc.ffi.ts';
import { enterRoot } from './thread-root.ts';

const AT_FDCWD = -100;
const AT_EMPTY_PATH = 0x1000;
const AT_RECURSIVE = 0x8000;
const MOVE_MOUNT_F_EMPTY_PATH = 0x4;
const MOVE_MOUNT_T_EMPTY_PATH = 0x40;
const OPEN_TREE_CLONE = 1;
const OPEN_TREE_CLOEXEC = 0o2000000;
const MNT_DETACH = 2;
const UMOUNT_NOFOLLOW = 8;
const MAXIMUM_STACKED = 64;

/**
 * Runs `task` on the calling thread in a mount namespace of its own, which goes away with all that was mounted
 * in it. `home` is the thread's root (separateThreadRoot), to which it returns whatever happens.
 * @throws SyscallError
 */
export async function inOwnMounts<T>(home: number, task: () => Promise<T> | T): Promise<T> {
  const before = openSync('/proc/thread-self/ns/mnt', 'r');
  try {
    syscall('unshare', 'CLONE_NEWNS', CLONE_NEWNS);
    try {
      syscall('mount', '/, private', null, cstring('/'), null, MS_REC | MS_PRIVATE, null);
      return await task();
    } finally {
      goBack(before, home);
    }
  } finally {
    closeSync(before);
  }
}

/**
 * A detached copy of what a process has mounted: its root, and with `recursive` all below it. The files are the
 * same. It lives as long as the descriptor, which the caller closes; the process may end meanwhile.
 * @param cgroup a part of the process's cgroup's path, by which it is known: pids are used again
 * @throws EngineError conflict when there is no such process any more
 */
export function cloneMountsOf(
  home: number,
  process: { pid: number; cgroup: string; recursive: boolean },
): number {
  const namespace = openNamespace(process.pid, process.cgroup);
  const before = openSync('/proc/thread-self/ns/mnt', 'r');
  try {
    syscall('setns', 'CLONE_NEWNS', namespace, CLONE_NEWNS);
    try {
      // setns has made the namespace's root that of the thread.
      return openTree('/', process.recursive);
    } finally {
      goBack(before, home);
    }
  } finally {
    closeSync(before);
    closeSync(namespace);
  }
}

export type CloneOptions = {
  /** With what is mounted below. */
  recursive: boolean;
  readonly?: boolean;
  /** MS_SLAVE …; as the original's when undefined. */
  propagation?: number;
};

/**
 * A detached mount of a directory or file of the host, by its path or by a descriptor. The caller closes it.
 * @throws SyscallError
 */
export function cloneMount(
  source: string | number,
  { recursive, readonly = false, propagation = 0 }: CloneOptions,
): number {
  const tree = openTree(source, recursive);
  try {
    if (readonly || propagation !== 0)
      changeMounts(tree, { attributes: readonly ? MOUNT_ATTR_RDONLY : 0, propagation, recursive });
    return tree;
  } catch (error) {
    closeSync(tree);
    throw error;
  }
}

/** Devices cannot be opened through the mount, nor through mounts below it. @throws SyscallError */
export function withoutDevices(tree: number): void {
  changeMounts(tree, { attributes: MOUNT_ATTR_NODEV, propagation: 0, recursive: true });
}

/** What is mounted below it stays as it is. @throws SyscallError */
export function makeReadonly(tree: number): void {
  changeMounts(tree, { attributes: MOUNT_ATTR_RDONLY, propagation: 0, recursive: false });
}

/** Mounts a detached tree on the root of the calling thread. @throws SyscallError */
export function attachRoot(tree: number): void {
  attachAt(tree, '/');
}

/** Mounts a detached tree on a path. @throws SyscallError */
export function attachAt(tree: number, path: string): void {
  syscall('move_mount', path, tree, cstring(''), AT_FDCWD, cstring(path), MOVE_MOUNT_F_EMPTY_PATH);
}

/** Mounts a detached tree on what a descriptor is of. @throws SyscallError */
export function attachMount(tree: number, place: number): void {
  const flags = MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH;
  syscall('move_mount', `fd ${place}`, tree, cstring(''), place, cstring(''), flags);
}

/** Takes away all mounts on a path, with those below them, so that what they hide is seen. */
export function uncover(path: string): void {
  for (let count = 0; count < MAXIMUM_STACKED; count++)
    if (syscallResult('umount2', cstring(path), MNT_DETACH | UMOUNT_NOFOLLOW) < 0) return;
}

function openTree(source: string | number, recursive: boolean): number {
  const flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (recursive ? AT_RECURSIVE : 0);
  return typeof source === 'string'
    ? syscall('open_tree', source, AT_FDCWD, cstring(source), flags)
    : syscall('open_tree', `fd ${source}`, source, cstring(''), flags | AT_EMPTY_PATH);
}

type Change = { attributes: number; propagation: number; recursive: boolean };

function changeMounts(tree: number, { attributes, propagation, recursive }: Change): void {
  // struct mount_attr: attr_set, attr_clr, propagation, userns_fd
  const change = Buffer.alloc(32);
  change.writeBigUInt64LE(BigInt(attributes), 0);
  change.writeBigUInt64LE(BigInt(propagation), 16);
  const flags = AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0);
  syscall('mount_setattr', `fd ${tree}`, tree, cstring(''), flags, change, change.length);
}

function openNamespace(pid: number, cgroup: string): number {
  const gone = () => new EngineError('conflict', `process ${pid} has ended`);
  let namespace: number;
  try {
    namespace = openSync(`/proc/${pid}/ns/mnt`, constants.O_RDONLY);
  } catch {
    throw gone();
  }
  try {
    // After the descriptor was opened: what is true now was true then.
    const isOther = statSync(`/proc/${pid}/ns/mnt`).ino !== statSync('/proc/self/ns/mnt').ino;
    if (isOther && readFileSync(`/proc/${pid}/cgroup`, 'utf8').includes(cgroup)) return namespace;
  } catch {
    // Gone between the two.
  }
  closeSync(namespace);
  throw gone();
}

function goBack(namespace: number, home: number): void {
  // A thread that stays elsewhere would work on other files than it is told to.
  if (syscallResult('setns', namespace, CLONE_NEWNS) < 0) process.abort();
  enterRoot(home);
}
