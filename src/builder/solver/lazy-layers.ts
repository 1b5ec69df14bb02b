import { createHash } from 'node:crypto';
import { write } from 'node:fs';
import { promisify } from 'node:util';
import { decompressed } from '../../archive/compression.ts';
import { type Growth, GrowthWriter } from '../../archive/growth.ts';
import type { Tree } from '../../archive/rooted/pack-stream.ts';
import type { Digest } from '../../base/digest.ts';
import { EngineError, messageOf } from '../../base/errors.ts';
import type { BuildLayers } from '../../graph/graph.ts';
import type { BuildCache, Promised, PromisedLayer } from './build-cache.ts';
import { CACHE_LEASE } from './cache-store.ts';

const writeData = promisify(write);

/** Layers of one build: what a cache elsewhere has promised is fetched when something needs its files. */
export class LazyLayers implements BuildLayers {
  readonly #builds: BuildLayers;
  readonly #cache: BuildCache;
  readonly #signal: AbortSignal;
  readonly #fetching = new Map<Digest, Promise<void>>();

  constructor(builds: BuildLayers, cache: BuildCache, signal: AbortSignal) {
    this.#builds = builds;
    this.#cache = cache;
    this.#signal = signal;
  }

  /** Settles when a layer's files are there. @throws EngineError not-found where the caches do not have what they told of */
  async fetch(top: Digest | undefined): Promise<void> {
    for (const promised of this.#cache.missingBelow(top)) {
      const { chainId } = promised.layer;
      const fetching = this.#fetching.get(chainId) ?? this.#fetch(promised);
      this.#fetching.set(chainId, fetching);
      await fetching.finally(() => this.#fetching.delete(chainId));
    }
  }

  async #fetch(promised: Promised): Promise<void> {
    const reasons: string[] = [];
    for (const source of promised.sources) {
      try {
        await this.#fetchFrom(source, promised);
        return;
      } catch (error) {
        this.#signal.throwIfAborted();
        reasons.push(messageOf(error));
      }
    }
    this.#cache.breakPromise(promised);
    const { diffId } = promised.layer;
    throw new EngineError('not-found', `no cache has the layer ${diffId}: ${reasons.join('; ')}`);
  }

  async #fetchFrom({ read, diffId, createdAt }: PromisedLayer, promised: Promised): Promise<void> {
    if (read === undefined) throw new EngineError('not-found', 'its cache was exported without it');
    const made = await this.#builds.add(promised.top, {
      lease: CACHE_LEASE,
      pack: async output => {
        const packed = await written(decompressed(read(this.#signal)), output);
        if (packed.digest === diffId) return packed;
        throw new EngineError('data-loss', `the cache's layer is ${packed.digest}, expected ${diffId}`);
      },
    });
    this.#cache.keep(promised, { ...made, createdAt });
  }

  async create(top: Digest | undefined): ReturnType<BuildLayers['create']> {
    await this.fetch(top);
    return this.#builds.create(top);
  }

  async add(
    top: Digest | undefined,
    options: Parameters<BuildLayers['add']>[1],
  ): ReturnType<BuildLayers['add']> {
    await this.fetch(top);
    return this.#builds.add(top, options);
  }

  async withTree<T>(top: Digest | undefined, use: (tree: Tree) => Promise<T>): Promise<T> {
    await this.fetch(top);
    return this.#builds.withTree(top, use);
  }

  remove: BuildLayers['remove'] = id => this.#builds.remove(id);
  whenRemoved: BuildLayers['whenRemoved'] = () => this.#builds.whenRemoved();
  removeAll: BuildLayers['removeAll'] = () => this.#builds.removeAll();
  commit: BuildLayers['commit'] = (id, options) => this.#builds.commit(id, options);
  writableTree: BuildLayers['writableTree'] = id => this.#builds.writableTree(id);
  has: BuildLayers['has'] = layer => this.#builds.has(layer);
  usage: BuildLayers['usage'] = () => this.#builds.usage();
  hold: BuildLayers['hold'] = image => this.#builds.hold(image);
  store: BuildLayers['store'] = image => this.#builds.store(image);
}

async function written(
  chunks: AsyncIterable<Buffer>,
  { fd, growth }: { fd: number; growth: Growth },
): Promise<{ digest: Digest; sizeBytes: number }> {
  const hash = createHash('sha256');
  const writer = new GrowthWriter(growth);
  let sizeBytes = 0;
  for await (const chunk of chunks) {
    hash.update(chunk);
    for (let done = 0; done < chunk.length; )
      done += (await writeData(fd, chunk, done, chunk.length - done, sizeBytes + done)).bytesWritten;
    sizeBytes += chunk.length;
    writer.grow(chunk.length);
  }
  return { digest: `sha256:${hash.digest('hex')}`, sizeBytes };
}
