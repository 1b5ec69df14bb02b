import type { Digest } from '../../base/digest.ts';
import { EngineError } from '../../base/errors.ts';
import type { ContentStore } from '../content/content-store.ts';
import { readImageConfig } from '../../oci/decode-image-config.ts';
import { decodeIndex, decodeManifest } from '../../oci/decode-oci.ts';
import type { Image } from './image.ts';
import { chainIdsOf } from '../../oci/chain-id.ts';
import type { Descriptor } from '../../oci/image-spec.ts';
import { doesFor, formatPlatform, isForPlatform, type Platform } from '../../oci/platform.ts';
import type { ImageStore } from './image-store.ts';

/**
 * The image itself where it is for that platform, else the one for it in the index that the image came with. That
 * one's layers need not be unpacked; its size is that of its content.
 * @param text the name that was asked for, for the message
 * @throws EngineError not-found, in Docker's words
 */
export function platformVariant(
  { images, content }: { images: ImageStore; content: ContentStore },
  image: Image,
  { text, platform }: { text: string; platform: Platform },
): Image {
  if (isForPlatform(image.config, platform)) return image;
  const index = images.indexOf(image.id);
  const manifests = index === undefined ? [] : manifestsIn(content, index);
  const found = manifests.find(({ platform: own }) => own !== undefined && isForPlatform(own, platform));
  if (found !== undefined) return variantOf(content, image, found.digest as Digest);
  if (doesFor(image.config, platform)) return image;
  throw otherPlatform(image, { text, platform });
}

/** The error for an image that was found by `text` but is for another platform than was asked for. */
export function otherPlatform(
  { config }: Pick<Image, 'config'>,
  { text, platform }: { text: string; platform: Platform },
): EngineError {
  return new EngineError(
    'not-found',
    `image with reference ${text} was found but its platform (${formatPlatform(config)}) does not match the specified platform (${formatPlatform(platform)})`,
  );
}

/** Each index within another counts once, however often it is named. */
function manifestsIn(content: ContentStore, digest: Digest, seen = new Set<Digest>()): Descriptor[] {
  if (seen.has(digest)) return [];
  seen.add(digest);
  return decodeIndex(content.read(digest)).flatMap(manifest =>
    /index|manifest\.list/.test(manifest.mediaType)
      ? manifestsIn(content, manifest.digest as Digest, seen)
      : manifest,
  );
}

function variantOf(content: ContentStore, image: Image, manifest: Digest): Image {
  const { config: descriptor, layers } = decodeManifest(content.read(manifest));
  const id = descriptor.digest as Digest;
  const rawConfig = content.read(id);
  const config = readImageConfig(rawConfig);
  const { parent: _ofTheOtherPlatform, ...named } = image;
  return {
    ...named,
    id,
    manifest,
    config,
    rawConfig,
    chainIds: chainIdsOf(config.rootfs.diff_ids),
    sizeBytes: layers.reduce((sum, { size }) => sum + size, 0),
  };
}
