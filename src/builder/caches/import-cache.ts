import { digestOf, isDigest } from '../../base/digest.ts';
import { EngineError } from '../../base/errors.ts';
import { strings, struct, text } from '../../base/go/decode.ts';
import { parseGoJson } from '../../base/go/json.ts';
import { parseRfc3339 } from '../../base/go/time.ts';
import { decodeOciDocument, type OciDocument } from '../../oci/decode-oci.ts';
import { type Descriptor, isAttestation, isIndex } from '../../oci/image-spec.ts';
import type { StoredContent } from '../builder-parts.ts';
import type { ImportedCache, PromisedLayer } from '../solver/build-cache.ts';
import { INLINE_CACHE } from '../stage-state.ts';
import {
  CACHE_CONFIG,
  type DecodedCache,
  decodeCacheConfig,
  decodeInlineCache,
  type ToldLayer,
  UNCOMPRESSED,
} from './cache-config.ts';

const MAX_CONFIG_BYTES = 8 * 1024 * 1024;
const rootfs = struct<{ diff_ids?: string[] }>('RootFS', { diff_ids: strings });
const imageConfig = struct<{ [INLINE_CACHE]?: string; rootfs?: ReturnType<typeof rootfs> }>('Image', {
  [INLINE_CACHE]: text(),
  rootfs,
});
/** Images of one index that are looked into. */
const MAX_IMAGES = 16;

/**
 * What a cache has: one that was exported as such, or what is in the configurations of images (`type=inline`); nothing
 * where there is neither.
 * @throws EngineError invalid-parameter, data-loss; what the storage throws
 */
export async function importCache(storage: StoredContent, signal: AbortSignal): Promise<ImportedCache> {
  const document = decodeOciDocument(await storage.top());
  const { config, layers = [], manifests = [] } = document;
  const blobs = [...layers, ...manifests];
  const found = config?.mediaType === CACHE_CONFIG ? config : blobs.find(isCacheConfig);
  if (found !== undefined) {
    const told = decodeCacheConfig(await readAll(storage, found, signal));
    return promises(storage, told, { layers: told.layers, blobs });
  }
  const images = document.manifests === undefined ? [document] : await imagesOf(storage, document);
  const caches = await Promise.all(images.map(image => inlineCache(storage, image, signal)));
  return merged(caches);
}

function isCacheConfig({ mediaType }: Descriptor): boolean {
  return mediaType === CACHE_CONFIG;
}

async function imagesOf(storage: StoredContent, { manifests = [] }: OciDocument): Promise<OciDocument[]> {
  const images = manifests.filter(each => !isIndex(each) && !isAttestation(each)).slice(0, MAX_IMAGES);
  return Promise.all(images.map(async each => decodeOciDocument(await storage.manifest(each))));
}

async function inlineCache(
  storage: StoredContent,
  { config, layers = [] }: OciDocument,
  signal: AbortSignal,
): Promise<ImportedCache> {
  if (config === undefined) return new Map();
  const raw = await readAll(storage, config, signal);
  const { [INLINE_CACHE]: inline, rootfs } = imageConfig(parseGoJson(raw.toString()), 'Image');
  if (inline === undefined || inline === '') return new Map();
  const told = decodeInlineCache(Buffer.from(inline, 'base64'));
  const diffIds = rootfs?.diff_ids?.map(each => (isDigest(each) ? each : undefined)) ?? [];
  const own = layers.map(({ digest }, index): ToldLayer => ({ blob: digest, diffId: diffIds[index] }));
  return promises(storage, told, { layers: own, blobs: layers });
}

type Told = { layers: readonly ToldLayer[]; blobs: readonly Descriptor[] };

function promises(
  storage: StoredContent,
  { records, elsewhere }: Omit<DecodedCache, 'layers'>,
  { layers, blobs }: Told,
): ImportedCache {
  const byDigest = new Map(blobs.map(blob => [blob.digest, blob]));
  const all = new Map<string, PromisedLayer[]>();
  const add = (key: string, promise: PromisedLayer): void => {
    const known = all.get(key);
    if (known === undefined) all.set(key, [promise]);
    else known.push(promise);
  };
  for (const [index, same] of Map.groupBy(records, ({ layer }) => layer)) {
    const told = layers[index];
    const blob = byDigest.get(told?.blob ?? '');
    const diffId = told?.diffId ?? blob?.annotations?.[UNCOMPRESSED];
    if (blob === undefined || diffId === undefined || !isDigest(diffId)) continue;
    const keys = same.map(({ key }) => key).filter(isDigest);
    const read = (signal: AbortSignal) => storage.read(blob, signal);
    for (const { key, createdAt } of same) add(key, { diffId, createdAt: timeOf(createdAt), keys, read });
  }
  for (const { key, diffId, createdAt } of elsewhere)
    add(key, { diffId, createdAt: timeOf(createdAt), keys: [], read: undefined });
  return all;
}

/** It becomes part of images: what is no moment there, no engine can read. */
function timeOf(text: string): string {
  return parseRfc3339(text) === undefined ? new Date(0).toISOString() : text;
}

function merged(caches: readonly ImportedCache[]): ImportedCache {
  const all = new Map<string, PromisedLayer[]>();
  for (const cache of caches)
    for (const [key, promised] of cache) all.set(key, [...(all.get(key) ?? []), ...promised]);
  return all;
}

async function readAll(storage: StoredContent, descriptor: Descriptor, signal: AbortSignal): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of storage.read(descriptor, signal)) {
    length += chunk.length;
    if (length > MAX_CONFIG_BYTES)
      throw new EngineError(
        'invalid-parameter',
        `${descriptor.digest} is too large for a cache's configuration`,
      );
    chunks.push(chunk);
  }
  const raw = Buffer.concat(chunks);
  if (digestOf(raw) === descriptor.digest) return raw;
  throw new EngineError('data-loss', `${descriptor.digest} is damaged`);
}
