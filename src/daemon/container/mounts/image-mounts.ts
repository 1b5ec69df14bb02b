import { openWithoutDevices, sealed } from '../../../archive/rooted/without-devices.ts';
import type { ContainerLayer } from '../../../graph/graph.ts';
import { closeSync } from 'node:fs';
import { SyscallError } from '../../../base/errors.ts';
import { MS_SLAVE } from '../../../kernel/abi/mount.ts';
import { clonePart } from '../../../kernel/clone-part.ts';
import type { MountRecord } from '../../model/container-record.ts';
import { notFound } from '../../model/errors.ts';
import type { Daemon } from '../daemon.ts';

type Graph = Pick<Daemon, 'graph'>;

/** The container's own layer on top of the image that it mounts somewhere: that keeps the image's files as long as it is there. */
const layerOf = (containerId: string, index: number) => `${containerId}-mount${index}`;

/**
 * Finds the images that a new container mounts, and keeps their files for it.
 * @throws EngineError not-found, in Docker's words
 */
export async function keepMountedImages(
  { graph }: Graph,
  containerId: string,
  mounts: readonly MountRecord[],
): Promise<void> {
  for (const [index, mount] of mounts.entries()) {
    if (mount.type !== 'image') continue;
    const { id } = await graph.resolve(mount.name);
    mount.source = id;
    await graph.createContainerLayer(layerOf(containerId, index), id);
  }
}

/** Detached mounts of the images, by their destinations. The caller closes them. @throws EngineError not-found */
export async function openImageMounts(
  { graph }: Graph,
  containerId: string,
  mounts: readonly MountRecord[],
): Promise<Map<string, number>> {
  const opened = new Map<string, number>();
  try {
    for (const [index, mount] of mounts.entries()) {
      if (mount.type !== 'image') continue;
      const tree = await openImageTree(await graph.openContainerLayer(layerOf(containerId, index)));
      opened.set(mount.destination, mount.subpath === '' ? tree : takePart(tree, mount));
    }
    return opened;
  } catch (error) {
    for (const fd of opened.values()) closeSync(fd);
    throw error;
  }
}

/** Closes the whole. */
function takePart(tree: number, { name, subpath }: MountRecord): number {
  try {
    return clonePart(tree, subpath, { recursive: false, propagation: MS_SLAVE });
  } catch (error) {
    // Not there, a link that leads nowhere, or no directory on the way.
    if (!(error instanceof SyscallError) || error.call !== 'openat2') throw error;
    throw notFound(`cannot access path ${subpath} of image ${name}: no such file or directory`);
  } finally {
    closeSync(tree);
  }
}

/** The image's files, all layers together, as a detached mount, whose devices cannot be opened. The caller closes it. */
export async function openImageTree({ rootfs }: ContainerLayer): Promise<number> {
  if (rootfs.type === 'mount') return sealed(await rootfs.open());
  if (rootfs.type === 'bind') return openWithoutDevices(rootfs.path);
  const { lowerdirs, target, options } = rootfs;
  return openWithoutDevices({
    // Two at least; the target is empty.
    lowerdirs: lowerdirs.length === 1 ? [...lowerdirs, target] : lowerdirs,
    options: options.filter(option => option === 'userxattr'),
  });
}
