import { EngineError } from '../../base/errors.ts';

export type LayerCompression = 'none' | 'gzip' | 'zstd';

/** How an image is written: the attributes of BuildKit's exporters (docs.docker.com/build/exporters). */
export type ImageOptions = {
  /** `name:tag`. */
  names: readonly string[];
  compression: LayerCompression;
  /** Undefined for the compressor's own. */
  level: number | undefined;
  /** Layers that are compressed in another way are compressed anew. */
  force: boolean;
  /** Of manifests: OCI's, or Docker's. zstd is OCI's only. */
  ociTypes: boolean;
  annotations: Annotations;
  /** ISO 8601: no file of the layers that were built is later. */
  rewriteTimes: string | undefined;
};

export type Annotations = {
  /** Of the manifests of platforms (`*` for all). */
  manifests: readonly { platform: string; key: string; value: string }[];
  index: Readonly<Record<string, string>>;
  /** Of the entries that an index has for platforms. */
  descriptors: readonly { platform: string; key: string; value: string }[];
};

type Attributes = Readonly<Record<string, string>>;

const COMPRESSIONS: Record<string, LayerCompression> = { uncompressed: 'none', gzip: 'gzip', zstd: 'zstd' };
const MAXIMUM_LEVELS: Record<LayerCompression, number> = { none: 0, gzip: 9, zstd: 22 };

/** @throws EngineError invalid-parameter */
export function imageOptions(
  attributes: Attributes,
  { type, epoch }: { type: string; epoch: string | undefined },
): ImageOptions {
  const compression = compressionOf(attributes.compression);
  const ociTypes = flagOf(attributes, 'oci-mediatypes', type !== 'docker' || compression === 'zstd');
  if (!ociTypes && compression === 'zstd')
    throw new EngineError(
      'invalid-parameter',
      'zstd layers have OCI media types: oci-mediatypes=false cannot be had with them',
    );
  return {
    names: (attributes.name ?? '').split(',').filter(Boolean),
    compression,
    level: levelOf(attributes['compression-level'], compression),
    force: flagOf(attributes, 'force-compression', false),
    ociTypes,
    annotations: annotationsOf(attributes),
    rewriteTimes: flagOf(attributes, 'rewrite-timestamp', false) ? epoch : undefined,
  };
}

function compressionOf(text = 'gzip'): LayerCompression {
  const compression = Object.hasOwn(COMPRESSIONS, text) ? COMPRESSIONS[text] : undefined;
  if (compression !== undefined) return compression;
  if (text === 'estargz')
    throw new EngineError('invalid-parameter', 'compression=estargz is not supported: gzip and zstd are');
  throw new EngineError('invalid-parameter', `unsupported layer compression type: ${text}`);
}

function levelOf(text: string | undefined, compression: LayerCompression): number | undefined {
  if (text === undefined || text === '') return undefined;
  const level = Number(text);
  if (/^\d+$/.test(text) && level <= MAXIMUM_LEVELS[compression]) return level;
  throw new EngineError('invalid-parameter', `invalid compression-level ${text} for ${compression}`);
}

/** As Go's strconv.ParseBool; what is there without a value is true. @throws EngineError invalid-parameter */
export function flagOf(attributes: Attributes, name: string, otherwise: boolean): boolean {
  const text = attributes[name];
  if (text === undefined) return otherwise;
  if (['', '1', 't', 'T', 'TRUE', 'true', 'True'].includes(text)) return true;
  if (['0', 'f', 'F', 'FALSE', 'false', 'False'].includes(text)) return false;
  throw new EngineError('invalid-parameter', `non-bool value specified for ${name}: ${text}`);
}

const ANNOTATION =
  /^annotation(?:-(?<kind>manifest|index|manifest-descriptor|index-descriptor))?(?:\[(?<platform>[^\]]*)\])?\.(?<key>.+)$/;

function annotationsOf(attributes: Attributes): Annotations {
  const manifests: Annotations['manifests'][number][] = [];
  const descriptors: Annotations['descriptors'][number][] = [];
  const index: Record<string, string> = {};
  for (const [attribute, value] of Object.entries(attributes)) {
    const { kind = 'manifest', platform = '*', key = '' } = ANNOTATION.exec(attribute)?.groups ?? {};
    if (key === '') continue;
    if (kind === 'index') index[key] = value;
    else if (kind === 'manifest') manifests.push({ platform, key, value });
    else if (kind === 'manifest-descriptor') descriptors.push({ platform, key, value });
  }
  return { manifests, index, descriptors };
}
