import { type Digest, digestOf } from '../base/digest.ts';

/** The chain IDs of an image's layers, bottom first (OCI image-spec config.md, "Layer ChainID"). */
export function chainIdsOf(diffIds: readonly string[]): Digest[] {
  const chainIds: Digest[] = [];
  for (const diffId of diffIds) chainIds.push(chainIdOf(chainIds.at(-1), diffId as Digest));
  return chainIds;
}

/** That of one layer on top of others. */
export function chainIdOf(parent: Digest | undefined, diffId: Digest): Digest {
  return parent === undefined ? diffId : digestOf(`${parent} ${diffId}`);
}
