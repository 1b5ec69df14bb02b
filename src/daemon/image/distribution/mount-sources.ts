import type { Image } from '../../../graph/graph.ts';
import { decodeManifest } from '../../../oci/decode-oci.ts';
import { parseReference, type Reference } from '../../../oci/reference.ts';
import type { DistributionDaemon } from './distribution.ts';

/** Each is another question to the registry. */
const MAXIMUM_SOURCES = 3;
const MAXIMUM_IMAGES = 64;

/**
 * Other repositories of the registry that may have the layers of an image: those that images which share layers with
 * it came from, or went to.
 * @returns paths of repositories, of a layer by its digest
 */
export async function mountSources(
  { graph }: DistributionDaemon,
  { domain, path }: Reference,
  image: Image,
): Promise<(digest: string) => readonly string[]> {
  const sources = new Map<string, string[]>();
  const [base] = image.chainIds;
  if (base === undefined) return () => [];
  const relatives = (await graph.list())
    .filter(({ chainIds }) => chainIds[0] === base)
    .slice(0, MAXIMUM_IMAGES);
  for (const { manifest, repoDigests } of relatives) {
    const paths = repoDigests
      .map(parseReference)
      .filter(other => other.domain === domain && other.path !== path)
      .map(other => other.path);
    if (paths.length === 0) continue;
    for (const { digest } of decodeManifest(graph.content.read(manifest)).layers) {
      const known = sources.getOrInsert(digest, []);
      for (const other of paths)
        if (!known.includes(other) && known.length < MAXIMUM_SOURCES) known.push(other);
    }
  }
  return digest => sources.get(digest) ?? [];
}
