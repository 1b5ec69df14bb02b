import { EngineError, messageOf } from '../../../base/errors.ts';
import {
  arrayOf,
  type Decoder,
  safeInteger,
  stringMap,
  strings,
  struct,
  text,
} from '../../../base/go/decode.ts';
import { parseGoJson } from '../../../base/go/json.ts';
import { DOCKER_MANIFEST, DOCKER_MANIFEST_LIST, OCI_INDEX, OCI_MANIFEST } from '../../../oci/image-spec.ts';
import { DistributionError } from '../distribution-error.ts';
import { type ContentDigest, isContentDigest } from './content-digest.ts';

/** What registries accept at most (distribution-spec, "Pushing Manifests"). */
export const MAXIMUM_MANIFEST_BYTES = 4 * 1024 * 1024;

/** Media types of ORAS and OCI 1.0: manifests with `blobs` in place of layers. */
const ARTIFACT_TYPES = [
  'application/vnd.oci.artifact.manifest.v1+json',
  'application/vnd.cncf.oras.artifact.manifest.v1+json',
];
const INDEX_TYPES = [OCI_INDEX, DOCKER_MANIFEST_LIST];
const KNOWN_TYPES = [OCI_MANIFEST, DOCKER_MANIFEST, ...INDEX_TYPES, ...ARTIFACT_TYPES];

/** What one manifest may name: each of them is looked up. */
const MAXIMUM_NAMED = 5000;

/** Something that a manifest names. */
export type Named = { digest: ContentDigest; sizeBytes: number };

/** A manifest or an index as far as a registry reads it. */
export type ManifestDocument = {
  mediaType: string;
  /** Its own, or its configuration's media type; '' for none. */
  artifactType: string;
  subject: ContentDigest | undefined;
  annotations: Record<string, string> | undefined;
  /** Configuration and layers that must be here. */
  blobs: Named[];
  /** Layers that are fetched from elsewhere, and may be here. */
  foreign: Named[];
  manifests: Named[];
};

type WrittenDescriptor = { mediaType?: string; digest?: string; size?: number; urls?: string[] };
type Written = {
  mediaType?: string;
  artifactType?: string;
  config?: WrittenDescriptor;
  layers?: WrittenDescriptor[];
  blobs?: WrittenDescriptor[];
  manifests?: WrittenDescriptor[];
  subject?: WrittenDescriptor;
  annotations?: Record<string, string>;
};

const descriptor: Decoder<WrittenDescriptor> = struct<WrittenDescriptor>('v1.Descriptor', {
  mediaType: text(),
  digest: text(),
  size: safeInteger('int64'),
  urls: strings,
});
const descriptors = arrayOf(descriptor, '[]v1.Descriptor');

const written = struct<Written>('v1.Manifest', {
  mediaType: text(),
  artifactType: text(),
  config: descriptor,
  layers: descriptors,
  blobs: descriptors,
  manifests: descriptors,
  subject: descriptor,
  annotations: stringMap,
});

/**
 * Reads a manifest that a client brings.
 * @param contentType as the request has it; '' where it has none
 * @throws DistributionError MANIFEST_INVALID
 */
export function readManifestDocument(raw: Buffer, contentType: string): ManifestDocument {
  const document = decode(raw);
  const mediaType = typeOf(document, contentType.replace(/;.*$/s, '').trim().toLowerCase());
  const { config, layers = [], blobs = [], manifests = [], subject, annotations, artifactType } = document;
  const isIndex = INDEX_TYPES.includes(mediaType);
  checkShape(document, { isIndex, isArtifact: ARTIFACT_TYPES.includes(mediaType) });
  const content = [...layers, ...blobs];
  if (content.length + manifests.length > MAXIMUM_NAMED)
    throw invalid(`it names more than ${MAXIMUM_NAMED} others`);
  return {
    mediaType,
    artifactType: artifactType || (isIndex ? '' : (config?.mediaType ?? '')),
    subject: subject === undefined ? undefined : named(subject, 'subject').digest,
    annotations,
    blobs: [...(config === undefined ? [] : [config]), ...content.filter(layer => !isForeign(layer))].map(
      layer => named(layer, 'descriptor'),
    ),
    foreign: content.filter(isForeign).map(layer => named(layer, 'layer')),
    manifests: manifests.map(manifest => named(manifest, 'manifest')),
  };
}

function decode(raw: Buffer): Written {
  try {
    return written(parseGoJson(raw.toString()), 'Manifest');
  } catch (error) {
    if (error instanceof EngineError) throw invalid(messageOf(error));
    throw error;
  }
}

function typeOf({ mediaType, manifests }: Written, contentType: string): string {
  const type = contentType || mediaType || (manifests === undefined ? OCI_MANIFEST : OCI_INDEX);
  if (!KNOWN_TYPES.includes(type))
    throw invalid(`unsupported media type ${JSON.stringify(type.slice(0, 200))}`);
  if (mediaType !== undefined && mediaType !== '' && mediaType !== type)
    throw invalid(`its media type is ${JSON.stringify(mediaType.slice(0, 200))}, the request says ${type}`);
  return type;
}

function checkShape(
  { manifests, config, layers, blobs }: Written,
  { isIndex, isArtifact }: { isIndex: boolean; isArtifact: boolean },
): void {
  const hasContent = config !== undefined || layers !== undefined || blobs !== undefined;
  if (manifests !== undefined && hasContent) throw invalid('it has both manifests and layers');
  if (isIndex && manifests === undefined) throw invalid('it has no manifests');
  if (!isIndex && manifests !== undefined) throw invalid('it has manifests, and is said to be no index');
  if (!isIndex && !isArtifact && config === undefined) throw invalid('it has no config');
}

/** Layers that others must not hand out, and those that their descriptors say are to be had elsewhere. */
function isForeign({ mediaType = '', urls = [] }: WrittenDescriptor): boolean {
  return urls.length > 0 || /\.nondistributable\.|\.foreign\./.test(mediaType);
}

function named({ digest = '', size = 0 }: WrittenDescriptor, what: string): Named {
  if (!isContentDigest(digest))
    throw invalid(`a ${what} has the invalid digest ${JSON.stringify(digest.slice(0, 200))}`);
  if (size < 0) throw invalid(`${what} ${digest} has a negative size`);
  return { digest, sizeBytes: size };
}

function invalid(reason: string): DistributionError {
  return new DistributionError('MANIFEST_INVALID', `manifest invalid: ${reason}`, { detail: reason });
}
