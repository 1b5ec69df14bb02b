import { openLayer } from '../open-layer.ts';
import { closeSync } from 'node:fs';
import type { FileSystemView, ViewMount } from '../../../archive/rooted/file-system-view.ts';
import type { ContainerLayer } from '../../../graph/graph.ts';
import type { Container } from '../../model/container.ts';
import type { Daemon } from '../daemon.ts';
import { hostFilePath } from '../../model/daemon-options.ts';
import { conflict, notFound } from '../../model/errors.ts';
import { mountSourceOf } from '../mounts/open-mount-sources.ts';
import { networkOwner } from '../networking/joined-containers.ts';

/** File systems of the kernel: Docker does not copy from or to them. */
const KERNEL_PLACES = ['/dev', '/proc', '/sys'];

/**
 * Calls `use` with the files of a container as they are: what a running one sees itself, its tmpfs included, or the
 * root of one that does not run with its volumes in it. `use` may give the view to one job, and must be done with it
 * when it settles: until then a container that does not run is neither started nor removed. The signal says that it is
 * to be removed by force, and that `use` has to come to its end, whatever it waits for.
 * @throws EngineError not-found when it was removed meanwhile, conflict when it is about to be
 */
export async function withContainerView<T>(
  daemon: Daemon,
  container: Container,
  use: (view: FileSystemView, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const copy = new AbortController();
  const { signal } = copy;
  if (container.state.pid > 0) return use(runningView(daemon, container), signal);
  return daemon.locks.run(container.id, async () => {
    if (container.isRemoved) throw notFound(`No such container: ${container.id}`);
    if (container.isMarkedForRemoval) throw conflict('container is marked for removal');
    container.copies.add(copy);
    try {
      if (container.state.pid > 0) return await use(runningView(daemon, container), signal);
      return await useStopped(daemon, container, view => use(view, signal));
    } finally {
      container.copies.delete(copy);
    }
  });
}

async function useStopped<T>(
  daemon: Daemon,
  container: Container,
  use: (view: FileSystemView) => Promise<T>,
): Promise<T> {
  await container.cleanedUp;
  const layer = await openLayer(daemon, container);
  const { root, close } = await openRoot(layer);
  try {
    const readonlyRoot = container.record.hostConfig.ReadonlyRootfs;
    return await use({ root, uncovered: [], mounts: stoppedMounts(daemon, container), readonlyRoot });
  } finally {
    close();
  }
}

/** The root of a container alone, without what is mounted in it. */
export function withoutMounts(view: FileSystemView): FileSystemView {
  const root = view.root.kind === 'process' ? { ...view.root, recursive: false } : view.root;
  return { root, uncovered: [], mounts: [], readonlyRoot: view.readonlyRoot };
}

function runningView(daemon: Daemon, { id, record, state }: Container): FileSystemView {
  const own = new Set([
    ...record.mounts.map(({ destination }) => destination),
    ...Object.keys(record.hostConfig.Tmpfs),
  ]);
  const uncovered = KERNEL_PLACES.filter(place => !own.has(place));
  const isUncovered = ({ destination }: ViewMount) =>
    uncovered.some(place => destination.startsWith(`${place}/`));
  return {
    root: { kind: 'process', pid: state.pid, cgroup: id, recursive: true },
    uncovered,
    // The user's own below them went with them.
    mounts: viewMounts(daemon, record.mounts).filter(isUncovered),
    // It is as the container has it.
    readonlyRoot: false,
  };
}

function stoppedMounts(daemon: Daemon, container: Container): ViewMount[] {
  const { record, state } = container;
  const owner = networkOwner(daemon, container);
  const files = (['hostname', 'hosts', 'resolv.conf'] as const).map(name => ({
    source: { path: hostFilePath(daemon.options, owner.id, name), below: [] },
    destination: `/etc/${name}`,
    readonly: false,
  }));
  const own = viewMounts(daemon, record.mounts);
  const isFree = ({ destination }: ViewMount) => !own.some(mount => mount.destination === destination);
  return [...own, ...(state.hasHostFiles ? files.filter(isFree) : [])];
}

type OpenRoot = { root: FileSystemView['root']; close: () => void };

async function openRoot({ rootfs }: ContainerLayer): Promise<OpenRoot> {
  const close = () => undefined;
  if (rootfs.type === 'bind') return { root: { kind: 'directory', path: rootfs.path }, close };
  if (rootfs.type === 'mount') {
    const fd = await rootfs.open();
    return { root: { kind: 'mount', fd }, close: () => closeSync(fd) };
  }
  const { lowerdirs, upperdir, workdir, options } = rootfs;
  return { root: { kind: 'overlay', overlay: { lowerdirs, upperdir, workdir, options } }, close };
}

/** Shallow ones first. What is in a tmpfs, in another image or on a network is there only while the container runs. */
function viewMounts({ volumes }: Daemon, mounts: Container['record']['mounts']): ViewMount[] {
  const depth = (path: string) => path.split('/').length;
  return mounts
    .filter(({ type, device }) => type === 'bind' || (type === 'volume' && device?.isDirectory !== false))
    .map(mount => ({
      source: mountSourceOf(volumes, mount),
      destination: mount.destination,
      readonly: !mount.writable || mount.device?.options.includes('ro') === true,
    }))
    .sort((a, b) => depth(a.destination) - depth(b.destination));
}
