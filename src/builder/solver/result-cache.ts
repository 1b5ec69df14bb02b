import type { Digest } from '../../base/digest.ts';
import type { BuiltLayer } from '../../graph/graph.ts';

/** What an operation has made, and when that was. */
export type CachedLayer = BuiltLayer & {
  /** ISO 8601. */
  createdAt: string;
};

/** What is wanted of an operation: a layer on top of another one, or of nothing. */
export type Wanted = { top: Digest | undefined; description: string };

/** Results of operations by their keys, as operations ask for them. */
export interface ResultCache {
  /** What the operation made before. It may have to be fetched when somebody needs its files (lazy-layers.ts). */
  find(key: Digest, wanted: Wanted): CachedLayer | undefined;
  /** The layer is in the lease of the cache already. */
  add(key: Digest, layer: CachedLayer, description: string): void;
  /** By which keys a layer would be found: those that were used last, and not without number. */
  keysOf(layer: Pick<CachedLayer, 'chainId'>): Digest[];
}
