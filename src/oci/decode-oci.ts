import { arrayOf, type Decoder, safeInteger, stringMap, strings, struct, text } from '../base/go/decode.ts';
import { JsonError, parseGoJson } from '../base/go/json.ts';
import type { Descriptor, Index, Manifest } from './image-spec.ts';
import type { Platform } from './platform.ts';

const platform = struct<Platform>('v1.Platform', {
  architecture: text(),
  os: text(),
  variant: text(),
  'os.version': text(),
});

const descriptorFields = struct<Partial<Descriptor>>('v1.Descriptor', {
  mediaType: text(),
  digest: text(),
  size: safeInteger('int64'),
  urls: strings,
  annotations: stringMap,
  platform,
});

const descriptor: Decoder<Descriptor> = (value, path) => {
  const { mediaType = '', digest = '', size = 0, ...rest } = descriptorFields(value, path);
  return { mediaType, digest, size, ...rest };
};

const descriptors = arrayOf(descriptor, '[]v1.Descriptor');

/** A manifest and an index in one: some documents are told apart by what they have only. */
export type OciDocument = Partial<Omit<Manifest & Index, 'schemaVersion'>>;

const document = struct<OciDocument>('v1.Manifest', {
  mediaType: text(),
  config: descriptor,
  layers: descriptors,
  manifests: descriptors,
  annotations: stringMap,
});

/** @throws EngineError invalid-parameter for what is neither manifest nor index */
export function decodeOciDocument(raw: Buffer): OciDocument {
  return document(parseGoJson(raw.toString()), 'Manifest');
}

/** What a document says that it is; undefined where it says nothing of use. */
export function mediaTypeOf(raw: Buffer): string | undefined {
  try {
    return struct<{ mediaType?: string }>('v1.Manifest', { mediaType: text() })(
      parseGoJson(raw.toString()),
      '',
    ).mediaType;
  } catch (error) {
    if (error instanceof JsonError) return undefined;
    throw error;
  }
}

export type DecodedManifest = Pick<Manifest, 'config' | 'layers'>;

/** @throws EngineError invalid-parameter */
export function decodeManifest(raw: Buffer): DecodedManifest {
  // Go's programs write `null` for no layers.
  const { config, layers = [] } = decodeOciDocument(raw);
  if (config === undefined) throw new JsonError('invalid image manifest');
  return { config, layers };
}

/** The manifests of an index. @throws EngineError invalid-parameter */
export function decodeIndex(raw: Buffer): Descriptor[] {
  return indexDocument(parseGoJson(raw.toString()), 'Index');
}

export const indexDocument: Decoder<Descriptor[]> = (value, path) => {
  const { manifests } = document(value, path);
  if (manifests === undefined) throw new JsonError('invalid OCI index');
  return manifests;
};
