import { isDigest, type Digest } from '../../base/digest.ts';
import { arrayOf, safeInteger, struct, text } from '../../base/go/decode.ts';
import { parseGoJson } from '../../base/go/json.ts';

/** The document of BuildKit's caches that says which layers operations have made (BuildKit's cache/remotecache/v1/spec). */
export const CACHE_CONFIG = 'application/vnd.buildkit.cacheconfig.v0';
/** Of a blob: the digest of what is in it, uncompressed. */
export const UNCOMPRESSED = 'containerd.io/uncompressed';

export type CacheConfig = { layers: CacheLayer[]; records: CacheRecord[] };

export type CacheLayer = {
  blob: string;
  /** Index of the layer below; -1 for none that is in the cache. */
  parent: number;
  annotations: { mediaType: string; diffID: string; size: number; createdAt: string };
};

/** `digest` is the key. */
export type CacheRecord = {
  digest: string;
  layers?: { layer: number; createdAt: string }[];
  /**
   * What BuildKit's format has no place for, and BuildKit does not read: a layer that is known, and is not in the cache
   * (mode=min). With it, what is copied from a stage is found again without that stage's files.
   */
  elsewhere?: { diffID: string; createdAt: string };
};

const annotations = struct<Partial<CacheLayer['annotations']>>('LayerAnnotations', {
  mediaType: text(),
  diffID: text(),
  size: safeInteger('int64'),
  createdAt: text(),
});
const layer = struct<{ blob?: string; parent?: number; annotations?: ReturnType<typeof annotations> }>(
  'CacheLayer',
  { blob: text(), parent: safeInteger('int'), annotations },
);
const result = struct<{ layer?: number; createdAt?: string }>('CacheResult', {
  layer: safeInteger('int'),
  createdAt: text(),
});
const known = struct<{ diffID?: string; createdAt?: string }>('KnownLayer', {
  diffID: text(),
  createdAt: text(),
});
const record = struct<{
  digest?: string;
  layers?: ReturnType<typeof result>[];
  elsewhere?: ReturnType<typeof known>;
}>('CacheRecord', {
  digest: text(),
  layers: arrayOf(result, '[]CacheResult'),
  elsewhere: known,
});
const recordList = arrayOf(record, '[]CacheRecord');
const config = struct<{ layers?: ReturnType<typeof layer>[]; records?: ReturnType<typeof recordList> }>(
  'CacheConfig',
  { layers: arrayOf(layer, '[]CacheLayer'), records: recordList },
);

/** A layer of a cache, as far as it says what is of use. */
export type ToldLayer = { blob: string; diffId: Digest | undefined };

export type DecodedCache = {
  layers: ToldLayer[];
  /** What has a layer, by its key and the layer's index. */
  records: { key: string; layer: number; createdAt: string }[];
  elsewhere: { key: string; diffId: Digest; createdAt: string }[];
};

/** @throws EngineError invalid-parameter for what is no such document */
export function decodeCacheConfig(raw: Buffer): DecodedCache {
  const { layers = [], records = [] } = config(parseGoJson(raw.toString()), 'CacheConfig');
  const told = layers.map(({ blob = '', annotations: { diffID = '' } = {} }) => ({
    blob,
    diffId: isDigest(diffID) ? diffID : undefined,
  }));
  return { layers: told, ...decodedRecords(records) };
}

/**
 * What is in an image's configuration: records alone, whose layers are the image's.
 * @throws EngineError invalid-parameter for what is no such list
 */
export function decodeInlineCache(raw: Buffer): Omit<DecodedCache, 'layers'> {
  return decodedRecords(recordList(parseGoJson(raw.toString()), 'inline cache'));
}

function decodedRecords(records: ReturnType<typeof recordList>): Omit<DecodedCache, 'layers'> {
  return {
    records: records.flatMap(({ digest = '', layers: results = [] }) =>
      results.map(each => ({ key: digest, layer: each.layer ?? 0, createdAt: each.createdAt ?? '' })),
    ),
    elsewhere: records.flatMap(({ digest = '', elsewhere: { diffID = '', createdAt = '' } = {} }) =>
      isDigest(diffID) ? [{ key: digest, diffId: diffID, createdAt }] : [],
    ),
  };
}
