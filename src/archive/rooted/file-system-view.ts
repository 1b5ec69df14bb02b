import { closeSync, fstatSync } from 'node:fs';
import { errorCode, SyscallError } from '../../base/errors.ts';
import { openDetachedOverlay, type OverlayOptions } from '../../kernel/detached-overlay.ts';
import { errnoName } from '../../kernel/libc.ffi.ts';
import { makeInRoot } from '../../kernel/make-in-root.ts';
import { type MountSource, openMountSource } from '../../kernel/mount-source.ts';
import {
  attachMount,
  attachRoot,
  cloneMount,
  cloneMountsOf,
  inOwnMounts,
  makeReadonly,
  uncover,
  withoutDevices,
} from '../../kernel/own-mounts.ts';
import { enterRoot } from '../../kernel/thread-root.ts';

/** A source that has gone, or leads out of what it lies in: a start would tell. */
const NOT_THERE = ['ENOENT', 'ENOTDIR', 'EXDEV', 'ELOOP'];

/** A container's files, as a thread is to see them. */
export type FileSystemView = {
  root:
    | { kind: 'directory'; path: string }
    | { kind: 'overlay'; overlay: OverlayOptions }
    /** A detached mount that the caller has open. */
    | { kind: 'mount'; fd: number }
    /** What a process sees: its root, and with `recursive` what is mounted below it. */
    | { kind: 'process'; pid: number; cgroup: string; recursive: boolean };
  /** Places whose mounts are taken away. */
  uncovered: string[];
  /** What is mounted in it, in this order. */
  mounts: ViewMount[];
  /** Whether nothing may be written but into mounts. */
  readonlyRoot: boolean;
};

export type ViewMount = {
  /** What does not exist is not mounted. */
  source: MountSource;
  /** A path in the view, made when it is missing; links are resolved within the view. */
  destination: string;
  readonly: boolean;
};

/**
 * Runs `task` on the calling thread with the view's root as its own, of which it gets a descriptor, in a mount namespace
 * of its own: nothing is mounted that anybody else sees, and nothing is left. Devices in it cannot be opened. `home` is
 * the thread's root.
 * @throws SyscallError; EngineError conflict when the view is of a process that has ended
 */
export async function withView<T>(
  home: number,
  view: FileSystemView,
  task: (root: number) => Promise<T> | T,
): Promise<T> {
  const root = openViewRoot(home, view.root);
  try {
    return await inOwnMounts(home, () => {
      mountView(root, view);
      return task(root);
    });
  } finally {
    if (view.root.kind !== 'mount') closeSync(root);
  }
}

/** Sources are the host's: they are opened before it is out of sight. */
function mountView(root: number, { uncovered, mounts, readonlyRoot }: FileSystemView): void {
  const opened: { tree: number; destination: string }[] = [];
  try {
    for (const { source, destination, readonly } of mounts) {
      const tree = openSource(source, readonly);
      if (tree !== undefined) opened.push({ tree, destination });
    }
    attachRoot(root);
    enterRoot(root);
    for (const place of uncovered) uncover(place);
    for (const { tree, destination } of opened) attachTree(root, tree, destination);
    withoutDevices(root);
    if (readonlyRoot) makeReadonly(root);
  } finally {
    for (const { tree } of opened) closeSync(tree);
  }
}

function openViewRoot(home: number, root: FileSystemView['root']): number {
  switch (root.kind) {
    case 'directory':
      return cloneMount(root.path, { recursive: false });
    case 'overlay':
      return openDetachedOverlay(root.overlay);
    case 'mount':
      return root.fd;
    case 'process':
      return cloneMountsOf(home, root);
  }
}

function openSource(source: MountSource, readonly: boolean): number | undefined {
  try {
    const fd = openMountSource(source);
    try {
      return cloneMount(fd, { recursive: true, readonly });
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (NOT_THERE.includes(errorCode(error) ?? '')) return undefined;
    throw error;
  }
}

function attachTree(root: number, tree: number, destination: string): void {
  const place = makeInRoot(root, destination, fstatSync(tree).isDirectory() ? 'directory' : 'file');
  if (place < 0) throw new SyscallError('openat2', -place, errnoName(-place), destination);
  try {
    attachMount(tree, place);
  } finally {
    closeSync(place);
  }
}
