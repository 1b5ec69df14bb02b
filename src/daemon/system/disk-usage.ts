import type { Daemon } from '../daemon.ts';
import { listImages } from '../images/list-images.ts';
import { listContainers } from '../inspect/list-containers.ts';
import { treeBytes, volumeUsers } from '../volumes/list-volumes.ts';

/** `docker system df`. */
export async function diskUsage(daemon: Daemon): Promise<Record<string, unknown>> {
  const filters = new Map<string, string[]>();
  const images = await listImages(daemon, { filters });
  const sharing = await sharedBytes(daemon);
  return {
    LayersSize: sharing.total,
    Images: images.map(image => ({ ...image, SharedSize: sharing.byImage.get(image.Id) ?? 0 })),
    Containers: await listContainers(daemon, { all: true, limit: 0, size: true, filters }),
    Volumes: await Promise.all(
      daemon.volumes.all().map(async volume => ({
        ...daemon.volumes.describe(volume),
        UsageData: {
          RefCount: volumeUsers(daemon, volume.name).length,
          Size: await treeBytes(daemon.volumes.path(volume.name)),
        },
      })),
    ),
    BuildCache: [],
  };
}

/**
 * Images with the same layers share them. How large a single layer is, the graph does not tell: an image whose
 * layers another one has in full is counted as shared.
 */
async function sharedBytes({ graph }: Daemon): Promise<{ total: number; byImage: Map<string, number> }> {
  const images = await graph.list();
  const byImage = new Map<string, number>();
  let total = 0;
  for (const image of images) {
    const top = image.chainIds.at(-1);
    const others = images.filter(
      other => other !== image && top !== undefined && other.chainIds.includes(top),
    );
    byImage.set(image.id, others.length > 0 ? image.sizeBytes : 0);
    const isCounted = others.some(other => other.chainIds.at(-1) !== top || other.id < image.id);
    if (!isCounted) total += image.sizeBytes;
  }
  return { total, byImage };
}
