import { type Digest, digestOf } from '../base/digest.ts';

/** The chain IDs of an image's layers, bottom first (OCI image-spec config.md, "Layer ChainID"). */
export function chainIdsOf(diffIds: readonly string[]): Digest[] {
  const chainIds: Digest[] = [];
  for (const diffId of diffIds) {
    const parent = chainIds.at(-1);
    chainIds.push(parent === undefined ? (diffId as Digest) : digestOf(`${parent} ${diffId}`));
  }
  return chainIds;
}
