import { closeSync, existsSync, readdirSync, statSync } from 'node:fs';
import type { ContainerLayer } from '../../graph/graph.ts';
import { openDetachedOverlay } from '../../kernel/detached-overlay.ts';
import type { MountRecord } from '../containers/container-record.ts';
import { copyTree } from './copy-tree.ts';
import { resolveInRoot } from '../../archive/resolve-in-root.ts';

/** Fills empty volumes with what the image has at their destination, as Docker does when it creates a container. */
export async function populateVolumes(mounts: readonly MountRecord[], layer: ContainerLayer): Promise<void> {
  for (const { type, copyUp, source, destination, device } of mounts) {
    // Its start will tell.
    if (device !== undefined && !existsSync(source)) continue;
    if (type !== 'volume' || !copyUp || readdirSync(source).length > 0) continue;
    await withImageTree(layer, async root => {
      const directory = resolveInRoot(root, destination);
      if (existsSync(directory) && statSync(directory).isDirectory()) await copyTree(directory, source);
    });
  }
}

/** Calls back with a path at which the image's files are seen, all layers together. */
async function withImageTree(
  { rootfs }: ContainerLayer,
  task: (root: string) => Promise<void>,
): Promise<void> {
  if (rootfs.type === 'bind') return task(rootfs.path);
  const [only, second] = rootfs.lowerdirs;
  if (only === undefined) return;
  if (second === undefined) return task(only);
  const mount =
    rootfs.type === 'mount' ? await rootfs.open() : openDetachedOverlay({ lowerdirs: rootfs.lowerdirs });
  try {
    await task(`/proc/self/fd/${mount}`);
  } finally {
    closeSync(mount);
  }
}
