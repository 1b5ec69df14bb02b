import { chmodSync, closeSync, constants, mkdirSync, openSync, rmdirSync, statSync } from 'node:fs';
import { posix } from 'node:path';
import { EngineError } from '../../base/errors.ts';
import { MS_REC, MS_SLAVE } from '../../kernel/abi/mount.ts';
import { CLONE_NEWNS } from '../../kernel/abi/sched.ts';
import { cstring, syscall } from '../../kernel/libc.ffi.ts';
import { makeInRoot } from '../../kernel/make-in-root.ts';
import { makeNode } from '../../kernel/make-node.ts';
import { O_PATH } from '../../kernel/open-beneath.ts';
import { isBindMount } from '../../libcontainer/mount-options.ts';
import type { Mount } from '../../oci/runtime-spec.ts';

const MS_BIND = 0x1000;
const S_IFCHR = 0o020000;
const MNT_DETACH = 2;

/**
 * criu wants the root to be a mount, and every place of a mount to be there. The root is one in a mount namespace that
 * this process, and criu, have to themselves from here on, so that nothing of it is left; places that are missing are
 * made, as they are for a container that is created.
 * @throws EngineError, SyscallError
 */
export function prepareRoot(rootfs: string, mounts: readonly Mount[]): void {
  syscall('unshare', 'CLONE_NEWNS', CLONE_NEWNS);
  syscall('mount', '/', null, cstring('/'), null, MS_SLAVE | MS_REC, null);
  bind(rootfs, rootfs);
  makePlaces(rootfs, mounts);
  syscall('umount2', rootfs, cstring(rootfs), MNT_DETACH);
  bind(rootfs, rootfs);
}

/**
 * A null device for what is masked, which is no other container's and not the host's. It lies in a file system that this
 * process and criu alone see, as prepareRoot() has left them. `close` takes it away when criu has what it needs.
 * @param directory of the container's own state
 */
export function makeNodes(directory: string): { null: string; close(): void } {
  const place = posix.join(directory, 'nodes');
  mkdirSync(place, { mode: 0o700 });
  syscall('mount', place, cstring('tmpfs'), cstring(place), cstring('tmpfs'), 0, cstring('mode=700'));
  const path = posix.join(place, 'null');
  makeNode(path, S_IFCHR | 0o666, 1, 3);
  chmodSync(path, 0o666);
  const close = () => {
    syscall('umount2', place, cstring(place), MNT_DETACH);
    rmdirSync(place);
  };
  return { null: path, close };
}

/** Those in other mounts than binds are in what criu restores. Binds are mounted for those in them. */
function makePlaces(rootfs: string, mounts: readonly Mount[]): void {
  const restored = mounts.filter(mount => !isBindMount(mount)).map(({ destination }) => destination);
  for (const mount of mounts) {
    const { destination, source = '' } = mount;
    if (restored.some(place => destination.startsWith(`${place}/`))) continue;
    const root = openSync(rootfs, O_PATH | constants.O_DIRECTORY);
    try {
      const isFile = isBindMount(mount) && !statSync(source).isDirectory();
      const place = opened(makeInRoot(root, destination, isFile ? 'file' : 'directory'), destination);
      if (isBindMount(mount)) bind(source, `/proc/self/fd/${place}`);
      closeSync(place);
    } finally {
      closeSync(root);
    }
  }
}

function opened(result: number, path: string): number {
  if (result < 0)
    throw new EngineError('system', `create criu restore mountpoint for ${path}: errno ${-result}`);
  return result;
}

function bind(source: string, target: string): void {
  syscall('mount', target, cstring(source), cstring(target), null, MS_BIND | MS_REC, null);
}
