import { type Digest, digestOf } from '../../base/digest.ts';
import { decodeManifest } from '../../oci/decode-oci.ts';
import {
  type Descriptor,
  DOCKER_CONFIG,
  DOCKER_MANIFEST,
  DOCKER_MANIFEST_LIST,
  type Index,
  type Manifest,
  OCI_CONFIG,
  OCI_INDEX,
  OCI_MANIFEST,
} from '../../oci/image-spec.ts';
import { formatPlatform } from '../../oci/platform.ts';
import type { ImageBlob, ImageDocument, PushedImage } from '../../oci/pushed-image.ts';
import type { Build } from '../build.ts';
import { temporaryDirectory } from '../build.ts';
import { imageConfigOf, type StageState } from '../stage-state.ts';
import type { Annotations, ImageOptions } from './export-options.ts';
import { type Attestation, attestationManifest } from './attestation-manifest.ts';
import { documentBlob, layerBlob } from './layer-blobs.ts';

type Holder = Pick<Build, 'parts' | 'undo' | 'signal'>;

/** What was built for one platform. */
export type AssembledPlatform = {
  state: StageState;
  layers: readonly ImageBlob[];
  config: ImageBlob;
  manifest: ImageDocument;
};

export type AssembledImage = PushedImage & {
  platforms: readonly AssembledPlatform[];
  /** The index, where there are several platforms, else the manifest. */
  top: ImageDocument;
};

/** What was built, as an image in its final form: compressed, with its manifests. */
export async function assembleImage(
  holder: Holder,
  states: readonly StageState[],
  options: ImageOptions,
  /** Of each state. */
  attestations: readonly (readonly Attestation[])[] = [],
): Promise<AssembledImage> {
  const directory = temporaryDirectory(holder);
  const platforms: AssembledPlatform[] = [];
  for (const state of states) platforms.push(await assemblePlatform(holder, { state, options, directory }));
  const manifests = platforms.map(({ manifest }) => manifest);
  const [first] = manifests;
  if (first === undefined) throw new TypeError('there is nothing to assemble');
  const { parts, signal } = holder;
  const attested = platforms.flatMap(({ manifest: { descriptor: subject }, state: { platform } }, index) => {
    const own = attestations[index] ?? [];
    if (own.length === 0) return [];
    const { names } = options;
    return [
      attestationManifest({ subject, platform, names, attestations: own }, (descriptor, raw) =>
        documentBlob({ parts, directory, signal }, descriptor, raw),
      ),
    ];
  });
  const isIndex =
    platforms.length > 1 || attested.length > 0 || Object.keys(options.annotations.index).length > 0;
  const entries = attested.map(({ entry }) => entry);
  const top = isIndex ? indexOf(platforms, entries, options) : first;
  const blobs = [
    ...platforms.flatMap(({ layers, config }) => [...layers, config]),
    ...attested.flatMap(each => each.blobs),
  ];
  const unique = new Map(blobs.map(blob => [blob.descriptor.digest, blob]));
  // What refers to something comes after it.
  const documents = isIndex ? [...manifests, ...attested.map(({ manifest }) => manifest), top] : [first];
  return { platforms, top, blobs: [...unique.values()], documents };
}

async function assemblePlatform(
  holder: Holder,
  { state, options, directory }: { state: StageState; options: ImageOptions; directory: string },
): Promise<AssembledPlatform> {
  const { parts, signal } = holder;
  const below =
    state.base === undefined ? [] : decodeManifest(parts.content.read(state.base.manifest)).layers;
  const digests = [
    ...below.map(({ digest }) => digest as Digest),
    ...state.layers.map(({ diffId }) => diffId),
  ];
  const layers: ImageBlob[] = [];
  for (const digest of digests) layers.push(await layerBlob({ parts, directory, signal }, digest, options));
  const rawConfig = Buffer.from(JSON.stringify(imageConfigOf(state)));
  const config: Descriptor = {
    mediaType: options.ociTypes ? OCI_CONFIG : DOCKER_CONFIG,
    digest: digestOf(rawConfig),
    size: rawConfig.length,
  };
  const annotations = annotationsFor(state, options.annotations.manifests);
  const manifest: Manifest = {
    schemaVersion: 2,
    mediaType: options.ociTypes ? OCI_MANIFEST : DOCKER_MANIFEST,
    config,
    layers: layers.map(({ descriptor }) => descriptor),
    ...(annotations === undefined ? {} : { annotations }),
  };
  return {
    state,
    layers,
    config: documentBlob({ parts, directory, signal }, config, rawConfig),
    manifest: documentOf(manifest, manifest.mediaType as string),
  };
}

function indexOf(
  platforms: readonly AssembledPlatform[],
  attestations: readonly Descriptor[],
  options: ImageOptions,
): ImageDocument {
  const mediaType = options.ociTypes ? OCI_INDEX : DOCKER_MANIFEST_LIST;
  const { index: annotations, descriptors } = options.annotations;
  const index: Index = {
    schemaVersion: 2,
    mediaType,
    manifests: [
      ...platforms.map(({ manifest: { descriptor }, state }) => {
        const own = annotationsFor(state, descriptors);
        return {
          ...descriptor,
          ...(own === undefined ? {} : { annotations: own }),
          platform: state.platform,
        };
      }),
      ...attestations,
    ],
    ...(Object.keys(annotations).length === 0 ? {} : { annotations: { ...annotations } }),
  };
  return documentOf(index, mediaType);
}

/** Those that are for a platform. */
export function annotationsFor(
  { platform }: StageState,
  annotations: Annotations['manifests'],
): Record<string, string> | undefined {
  const own = annotations.filter(each => each.platform === '*' || each.platform === formatPlatform(platform));
  if (own.length === 0) return undefined;
  return Object.fromEntries(own.map(({ key, value }) => [key, value]));
}

function documentOf(content: Manifest | Index, mediaType: string): ImageDocument {
  const raw = Buffer.from(JSON.stringify(content));
  return { descriptor: { mediaType, digest: digestOf(raw), size: raw.length }, raw };
}
