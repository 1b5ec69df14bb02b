import { openWithoutDevices, sealed } from '../../../archive/rooted/without-devices.ts';
import type { ContainerLayer } from '../../../graph/graph.ts';

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
