import type { UsagePart } from '../../api/backend.ts';
import type { Digest } from '../../base/digest.ts';
import type { GraphUsage } from '../../graph/operations/disk-usage.ts';
import type { Daemon } from '../container/daemon.ts';
import { listImages } from '../image/list-images.ts';
import { listContainers } from '../container/inspect/list-containers.ts';
import { volumeBytes, volumeUses } from '../volume/list-volumes.ts';

/**
 * `docker system df`, of the parts asked for. Sizes of images are what they take on the disk, unpacked layers and
 * content together: an image's own (`Size` less `SharedSize`) is what its removal frees, and `LayersSize` what du
 * says of all. (`docker images` tells the sizes of the unpacked files, as Docker does.)
 */
export async function diskUsage(
  daemon: Daemon,
  parts: ReadonlySet<UsagePart>,
): Promise<Record<string, unknown>> {
  const filters = new Map<string, string[]>();
  const [Containers, images, Volumes] = await Promise.all([
    parts.has('container') ? listContainers(daemon, { all: true, limit: 0, size: true, filters }) : null,
    parts.has('image') ? imagesOf(daemon) : { LayersSize: 0, Images: null },
    parts.has('volume') ? volumesOf(daemon) : null,
  ]);
  return {
    ...images,
    Containers,
    Volumes,
    BuildCache: parts.has('build-cache') ? [] : null,
  };
}

async function imagesOf(daemon: Daemon): Promise<object> {
  const usage = await daemon.graph.diskUsage();
  const images = await listImages(daemon, { filters: new Map() });
  const Images = images.map(image => {
    const { bytes, sharedBytes } = usage.images.get(image.Id as Digest) ?? { bytes: 0, sharedBytes: 0 };
    return { ...image, Size: bytes, SharedSize: sharedBytes };
  });
  return {
    LayersSize: usage.totalBytes,
    Images,
    // Slipway's own.
    ...(usage.discarded.count === 0 ? {} : { DiscardedBlobs: discardedOf(usage) }),
  };
}

async function volumesOf(daemon: Daemon): Promise<object[]> {
  const uses = volumeUses(daemon);
  return Promise.all(
    daemon.volumes.all().map(async volume => ({
      ...daemon.volumes.describe(volume),
      UsageData: {
        RefCount: uses(volume.name),
        Size: await volumeBytes(daemon, volume.name),
      },
    })),
  );
}

function discardedOf({ discarded }: GraphUsage): object {
  const { count, blobBytes, recipeBytes } = discarded;
  return { Count: count, Size: recipeBytes, SavedSize: blobBytes - recipeBytes };
}
