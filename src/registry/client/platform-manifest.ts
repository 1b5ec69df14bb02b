import { type Descriptor, isAttestation, isIndex } from '../../oci/image-spec.ts';
import { formatPlatform, isForPlatform, type Platform } from '../../oci/platform.ts';
import type { FetchedManifest } from './manifest.ts';
import { RegistryError } from './registry-error.ts';

/** How deep indexes may lie within indexes. */
const MAXIMUM_DEPTH = 4;
const MAXIMUM_INDEXES = 16;

/**
 * The manifest of the image for a platform: a manifest itself, whatever it is for, or the first that fits in an index or
 * in those within it. Attestations are no images.
 * @throws RegistryError not-found when there is none, in Docker's words
 */
export async function platformManifest(
  source: { manifest(descriptor: Descriptor): Promise<FetchedManifest> },
  { top, platform }: { top: FetchedManifest; platform: Platform },
): Promise<FetchedManifest> {
  const seen = new Set<string>([top.digest]);
  const search = async (manifest: FetchedManifest, depth: number): Promise<FetchedManifest | undefined> => {
    if (!isIndex(manifest)) return manifest;
    const { manifests = [] } = manifest.document;
    const fits = (descriptor: Descriptor) =>
      !isIndex(descriptor) &&
      !isAttestation(descriptor) &&
      (descriptor.platform === undefined || isForPlatform(descriptor.platform, platform));
    const exact = manifests.find(fits);
    if (exact !== undefined) return source.manifest(exact);
    for (const inner of manifests.filter(isIndex)) {
      if (seen.has(inner.digest)) continue;
      seen.add(inner.digest);
      if (depth >= MAXIMUM_DEPTH || seen.size > MAXIMUM_INDEXES)
        throw new RegistryError('invalid-parameter', 'invalid manifest list: too many indexes within it');
      const found = await search(await source.manifest(inner), depth + 1);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  const found = await search(top, 1);
  if (found !== undefined) return found;
  const wanted = formatPlatform(platform);
  throw new RegistryError('not-found', `no matching manifest for ${wanted} in the manifest list entries`);
}
