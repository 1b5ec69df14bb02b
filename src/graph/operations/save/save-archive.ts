import { closeSync } from 'node:fs';
import { Readable } from 'node:stream';
import { readDescriptor } from '../../../archive/read-descriptor.ts';
import { tarEntry } from '../../../archive/tar/tar-entry.ts';
import { encodeTarEntry, TAR_END, tarPadding } from '../../../archive/tar/tar-writer.ts';
import { type Digest, hexOf } from '../../../base/digest.ts';
import { EngineError } from '../../../base/errors.ts';
import { TimeSlice } from '../../../base/time-slice.ts';
import { removeUnreferenced } from '../collect-garbage.ts';
import type { ContentStore } from '../../content/content-store.ts';
import { type DecodedManifest, decodeManifest } from '../../../oci/decode-oci.ts';
import type { Image } from '../../images/image.ts';
import { resolveImage } from '../../images/resolve-image.ts';
import { platformVariant } from '../../images/platform-variant.ts';
import type { GraphParts } from '../graph-parts.ts';
import {
  type Descriptor,
  IMAGE_NAME_ANNOTATION,
  OCI_INDEX,
  OCI_LAYOUT,
  REF_NAME_ANNOTATION,
} from '../../../oci/image-spec.ts';
import { formatPlatform, type Platform } from '../../../oci/platform.ts';
import { canonicalString, familiarName, familiarString, type Reference } from '../../../oci/reference.ts';
import { type ImageToSave, imagesToSave } from './images-to-save.ts';

export type SaveOptions = {
  /** What images hold for others is left out. */
  platform?: Platform | undefined;
  /** Called with each image that the archive will hold. */
  saving?: (image: Image) => void;
};

/**
 * `docker save` as Docker 25 and later have it: a tar of an OCI image layout, with manifest.json and
 * repositories for older readers. The bytes depend on the images and their names only. Manifests and
 * compressed layers are those that came with the image, and so is the index of several platforms. Content stays in place while the stream is read.
 * @throws EngineError not-found
 */
export async function saveArchive(
  parts: GraphParts,
  names: readonly string[],
  options: SaveOptions = {},
): Promise<Readable> {
  const held = new Set<Digest>();
  const letGo = () => {
    for (const blob of held) parts.leases.release(blob);
    // An image may have been removed meanwhile.
    removeUnreferenced(parts, { blobs: [...held], chainIds: [] });
  };
  try {
    const images = await selectImages(parts, { names, platform: options.platform, held });
    for (const { image } of images) options.saving?.(image);
    const stream = Readable.from(archiveOf(parts, images, [...held].sort()), { objectMode: false });
    return stream.once('close', letGo);
  } catch (error) {
    letGo();
    throw error;
  }
}

type Selection = {
  names: readonly string[];
  platform: Platform | undefined;
  /** Gets all content, which stays in place from then on. */
  held: Set<Digest>;
};

async function selectImages(
  parts: GraphParts,
  { names, platform, held }: Selection,
): Promise<SelectedImage[]> {
  const slice = new TimeSlice();
  const images: SelectedImage[] = [];
  for (const item of await imagesToSave(parts.images, names)) {
    // It may have been removed meanwhile.
    resolveImage(parts.images, item.image.id);
    const selected = selectContent(parts, item, platform);
    for (const blob of selected.blobs) {
      if (!held.has(blob)) parts.leases.hold(blob);
      held.add(blob);
    }
    images.push(selected);
    if (slice.isOver) await slice.pause();
  }
  return images;
}

/** What of an image goes into the archive: its entry in the index, and all content. */
type SelectedImage = ImageToSave & { descriptor: Descriptor; blobs: Digest[] };

function selectContent(
  { images, content }: GraphParts,
  { image, references }: ImageToSave,
  platform: Platform | undefined,
): SelectedImage {
  if (platform === undefined)
    return { image, references, descriptor: images.descriptorOf(image), blobs: images.blobsOf(image.id) };
  const variant = variantToSave({ images, content }, image, platform);
  const { config, layers } = manifestOf(content, variant);
  const blobs = [variant.manifest, ...[config, ...layers].map(({ digest }) => digest as Digest)];
  return { image: variant, references, descriptor: images.manifestDescriptorOf(variant), blobs };
}

function variantToSave(
  parts: Pick<GraphParts, 'images' | 'content'>,
  image: Image,
  platform: Platform,
): Image {
  try {
    return platformVariant(parts, image, { text: image.id, platform });
  } catch (cause) {
    const message = `no suitable export target found for platform ${formatPlatform(platform)}`;
    throw new EngineError('not-found', message, { cause });
  }
}

async function* archiveOf(
  { content }: GraphParts,
  images: SelectedImage[],
  blobs: Digest[],
): AsyncGenerator<Buffer> {
  yield directory('blobs/');
  yield directory('blobs/sha256/');
  for (const blob of blobs) yield* blobFile(content, blob);
  const slice = new TimeSlice();
  const manifests = new Map<Digest, DecodedManifest>();
  for (const { image } of images) {
    manifests.set(image.id, manifestOf(content, image));
    if (slice.isOver) await slice.pause();
  }
  const manifest = (image: Image) => manifests.get(image.id) as DecodedManifest;
  const isSaved = ({ parent }: Image) => parent !== undefined && manifests.has(parent);
  yield* file('index.json', JSON.stringify(indexOf(images)));
  yield* file(
    'manifest.json',
    `${JSON.stringify(images.map(item => dockerManifest(item, manifest(item.image), isSaved(item.image))))}\n`,
  );
  yield* file('oci-layout', OCI_LAYOUT);
  const repositories = repositoriesOf(images, manifest);
  if (repositories !== undefined) yield* file('repositories', `${JSON.stringify(repositories)}\n`);
  yield TAR_END;
}

function directory(path: string): Buffer {
  return encodeTarEntry(tarEntry({ path, type: 'directory' }));
}

function* file(path: string, text: string): Generator<Buffer> {
  const data = Buffer.from(text);
  yield encodeTarEntry(tarEntry({ path, size: data.length }));
  yield data;
  yield tarPadding(data.length);
}

async function* blobFile(content: ContentStore, digest: Digest): AsyncGenerator<Buffer> {
  const size = content.sizeOf(digest);
  yield encodeTarEntry(tarEntry({ path: `blobs/sha256/${hexOf(digest)}`, size }));
  const fd = await content.open(digest);
  try {
    yield* readDescriptor(fd);
  } finally {
    closeSync(fd);
  }
  yield tarPadding(size);
}

function manifestOf(content: ContentStore, image: Image): DecodedManifest {
  return decodeManifest(content.read(image.manifest));
}

function indexOf(images: SelectedImage[]): object {
  const manifests = images.flatMap(({ descriptor, references }) => {
    if (references.length === 0) return [descriptor];
    return references.map(reference => ({ ...descriptor, annotations: annotationsOf(reference) }));
  });
  return { schemaVersion: 2, mediaType: OCI_INDEX, manifests };
}

function annotationsOf(reference: Reference): Record<string, string> {
  return { [IMAGE_NAME_ANNOTATION]: canonicalString(reference), [REF_NAME_ANNOTATION]: reference.tag ?? '' };
}

function dockerManifest(
  { image, references }: ImageToSave,
  { layers }: DecodedManifest,
  withParent: boolean,
): object {
  const pathOf = (digest: string) => `blobs/sha256/${hexOf(digest as Digest)}`;
  const diffIds = image.config.rootfs.diff_ids;
  const sources = layers
    .map(({ mediaType, size, digest }, index) => [diffIds[index] ?? '', { mediaType, size, digest }] as const)
    // In the order of Go's maps.
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    Config: pathOf(image.id),
    RepoTags: references.length === 0 ? null : references.map(familiarString),
    Layers: layers.map(({ digest }) => pathOf(digest)),
    ...(withParent ? { Parent: image.parent } : {}),
    LayerSources: Object.fromEntries(sources),
  };
}

/** For Docker before 1.10: the topmost layer of each tag. */
function repositoriesOf(
  images: ImageToSave[],
  manifest: (image: Image) => DecodedManifest,
): object | undefined {
  const repositories = new Map<string, Map<string, string>>();
  for (const { image, references } of images) {
    const top = manifest(image).layers.at(-1);
    for (const reference of references) {
      const tags = repositories.getOrInsertComputed(familiarName(reference), () => new Map());
      tags.set(reference.tag ?? '', top === undefined ? '' : hexOf(top.digest as Digest));
    }
  }
  if (repositories.size === 0) return undefined;
  return Object.fromEntries(repositories.entries().map(([name, tags]) => [name, Object.fromEntries(tags)]));
}
