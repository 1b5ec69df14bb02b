import type { Digest } from '../../base/digest.ts';
import type { BuildLayers } from '../../graph/graph.ts';
import { chainIdOf } from '../../oci/chain-id.ts';
import type { CachedLayer, ResultCache, Wanted } from './result-cache.ts';

/** A layer that a cache elsewhere tells of. */
export type PromisedLayer = {
  diffId: Digest;
  /** ISO 8601. */
  createdAt: string;
  /** All keys by which the cache knows the layer on top of the same ones. */
  keys: readonly Digest[];
  /** Gives the layer's archive, compressed in any way; undefined where the cache knows of the layer, and has not got it. */
  read: ((signal: AbortSignal) => AsyncIterable<Buffer>) | undefined;
};

/** A cache that a build was told to use: what operations have made elsewhere, by their keys. */
export type ImportedCache = ReadonlyMap<string, readonly PromisedLayer[]>;

/** A promised layer that something is built on: as it is asked for when its files are needed. */
export type Promised = Wanted & { layer: CachedLayer; keys: Set<Digest>; sources: PromisedLayer[] };

/**
 * The results that one build may use: the builder's own, and those that other caches promise. A promise that was not
 * kept is not made again: the build begins anew without it.
 */
export class BuildCache implements ResultCache {
  readonly #own: ResultCache;
  readonly #builds: Pick<BuildLayers, 'has'>;
  readonly #imported: readonly ImportedCache[];
  /** By chain ID: what this build relies on, and nobody has fetched yet. */
  readonly #promised = new Map<Digest, Promised>();
  readonly #broken = new Set<Digest>();

  constructor(own: ResultCache, builds: Pick<BuildLayers, 'has'>, imported: readonly ImportedCache[]) {
    this.#own = own;
    this.#builds = builds;
    this.#imported = imported;
  }

  find(key: Digest, wanted: Wanted): CachedLayer | undefined {
    return this.#own.find(key, wanted) ?? this.#promisedBy(key, wanted);
  }

  #promisedBy(key: Digest, { top, description }: Wanted): CachedLayer | undefined {
    const all = this.#imported.flatMap(cache => cache.get(key) ?? []);
    const sound = all.filter(({ diffId }) => !this.#broken.has(chainIdOf(top, diffId)));
    const best = sound.find(({ read }) => read !== undefined) ?? sound[0];
    if (best === undefined) return undefined;
    const { diffId, createdAt } = best;
    const chainId = chainIdOf(top, diffId);
    const known = this.#promised.get(chainId);
    if (known !== undefined) {
      known.keys.add(key);
      return known.layer;
    }
    const layer = { chainId, diffId, sizeBytes: 0, createdAt };
    const sources = sound.filter(each => each.diffId === diffId);
    this.#promised.set(chainId, { top, description, layer, keys: new Set([key, ...best.keys]), sources });
    return layer;
  }

  add(key: Digest, layer: CachedLayer, description: string): void {
    const promised = this.#promised.get(layer.chainId);
    if (promised === undefined) this.#own.add(key, layer, description);
    else promised.keys.add(key);
  }

  keysOf(layer: Pick<CachedLayer, 'chainId'>): Digest[] {
    const promised = this.#promised.get(layer.chainId)?.keys ?? [];
    return [...new Set([...promised, ...this.#own.keysOf(layer)])];
  }

  /** What has to be fetched before a layer's files are there, bottom first. */
  missingBelow(top: Digest | undefined): Promised[] {
    const missing: Promised[] = [];
    for (let at = top; at !== undefined; ) {
      const promised = this.#promised.get(at);
      if (promised === undefined) break;
      if (!this.#builds.has(promised.layer)) missing.unshift(promised);
      at = promised.top;
    }
    return missing;
  }

  /** The layer is here now, and in the lease of the cache. */
  keep({ layer, keys, description }: Promised, made: CachedLayer): void {
    this.#promised.delete(layer.chainId);
    for (const key of keys) this.#own.add(key, made, description);
  }

  /** Nobody has the layer. */
  breakPromise({ layer: { chainId } }: Promised): void {
    this.#promised.delete(chainId);
    this.#broken.add(chainId);
  }

  /** How many promises were not kept. */
  get brokenCount(): number {
    return this.#broken.size;
  }
}
