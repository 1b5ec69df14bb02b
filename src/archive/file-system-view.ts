import { closeSync, fstatSync, mkdirSync, openSync, constants, statSync } from 'node:fs';
import { posix } from 'node:path';
import { errorCode } from '../base/errors.ts';
import { openDetachedOverlay, type OverlayOptions } from '../kernel/detached-overlay.ts';
import { openBeneath } from '../kernel/open-beneath.ts';
import { attachMount, cloneMount, cloneMountsOf, inOwnMounts, uncover } from '../kernel/own-mounts.ts';
import { enterRoot, openRoot } from '../kernel/thread-root.ts';

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
};

export type ViewMount = {
  /** A host path; what does not exist is not mounted. */
  source: string;
  /** Below `source`, and never outside of it. */
  subpath: string;
  /** A path in the view, made when it is missing; links are resolved within the view. */
  destination: string;
  readonly: boolean;
};

/**
 * Runs `task` on the calling thread with the view's root as its own, in a mount namespace of its own: nothing is
 * mounted that anybody else sees, and nothing is left. `home` is the thread's root (separateThreadRoot).
 * @throws SyscallError; EngineError conflict when the view is of a process that has ended
 */
export async function withView<T>(
  home: number,
  view: FileSystemView,
  task: () => Promise<T> | T,
): Promise<T> {
  const root = openViewRoot(home, view.root);
  try {
    return await inOwnMounts(home, () => {
      const sources = view.mounts.map(openSource);
      try {
        attachMount(root, '/');
        enterRoot(root);
        for (const place of view.uncovered) uncover(place);
        view.mounts.forEach(({ destination }, index) => attachSource(sources[index], destination));
      } finally {
        for (const source of sources) if (source !== undefined) closeSync(source);
      }
      return task();
    });
  } finally {
    if (view.root.kind !== 'mount') closeSync(root);
  }
}

function openViewRoot(home: number, root: FileSystemView['root']): number {
  switch (root.kind) {
    case 'directory':
      return cloneMount(root.path, { recursive: false, readonly: false });
    case 'overlay':
      return openDetachedOverlay(root.overlay);
    case 'mount':
      return root.fd;
    case 'process':
      return cloneMountsOf(home, root);
  }
}

function openSource({ source, subpath, readonly }: ViewMount): number | undefined {
  try {
    if (subpath === '') return cloneMount(source, { recursive: true, readonly });
    const volume = openRoot(source);
    try {
      const fd = openBeneath(volume, subpath, constants.O_RDONLY | constants.O_NONBLOCK);
      if (fd < 0) return undefined;
      try {
        return cloneMount(`/proc/thread-self/fd/${fd}`, { recursive: true, readonly });
      } finally {
        closeSync(fd);
      }
    } finally {
      closeSync(volume);
    }
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return undefined;
    throw error;
  }
}

function attachSource(source: number | undefined, destination: string): void {
  if (source === undefined) return;
  if (statSync(destination, { throwIfNoEntry: false }) === undefined)
    makePlace(destination, fstatSync(source).isDirectory());
  attachMount(source, destination);
}

function makePlace(path: string, isDirectory: boolean): void {
  mkdirSync(isDirectory ? path : posix.dirname(path), { recursive: true, mode: 0o755 });
  if (!isDirectory) closeSync(openSync(path, 'a', 0o755));
}
