import { encodeJson } from '../../../base/exact-json.ts';
import type { Readable } from 'node:stream';
import { decompressed } from '../../../archive/compression.ts';
import type { Digest } from '../../../base/digest.ts';
import type { GraphParts } from '../graph-parts.ts';
import type { ContainerDefaults, ImageConfig } from '../../../oci/image-config.ts';
import { IngestedLayer } from '../../layers/ingested-layer.ts';
import { storeImage } from '../store-image.ts';
import { newName, type Reference } from '../../../oci/reference.ts';
import { parsePlatform } from '../../../oci/parse-platform.ts';
import { hostPlatform, type Platform } from '../../../oci/platform.ts';
import { applyChanges } from './apply-changes.ts';
import { EngineError } from '../../../base/errors.ts';

export type ImportOptions = {
  /** `name:tag`, '' for none. */
  reference: string;
  message: string;
  /** Dockerfile instructions, as `--change` has them. */
  changes: string[];
  platform?: string;
};

/**
 * `docker import`: a root file system's tar, compressed or not, becomes an image of one layer.
 * @returns its id
 * @throws EngineError invalid-parameter for bad options or a bad archive
 */
export async function importArchive(
  parts: GraphParts,
  archive: Readable,
  options: ImportOptions,
): Promise<Digest> {
  const { message } = options;
  return importLayer(parts, archive, {
    reference: options.reference === '' ? undefined : newName(options.reference),
    config: await applyChanges({}, options.changes),
    message,
    created: new Date().toISOString(),
    platform: options.platform,
  });
}

export type LayerImport = {
  reference: Reference | undefined;
  config: ContainerDefaults;
  message: string;
  created: string;
  createdBy?: string;
  platform?: string | undefined;
};

/** An image of one layer, as everything is known of it. The same arguments give the same image. */
export async function importLayer(
  parts: GraphParts,
  archive: AsyncIterable<Buffer>,
  options: LayerImport,
): Promise<Digest> {
  const { message, created, createdBy, config } = options;
  const platform = importPlatform(options.platform);
  // Kept uncompressed, as Docker does: it can be unpacked and saved without anything being computed.
  const layer = new IngestedLayer(parts, undefined);
  try {
    for await (const chunk of decompressed(archive)) await layer.ingest.append(chunk);
    const image: ImageConfig = {
      ...platform,
      created,
      ...(message === '' ? {} : { comment: message }),
      config,
      rootfs: { type: 'layers', diff_ids: [layer.ingest.digest] },
      history: [
        {
          created,
          ...(createdBy === undefined ? {} : { created_by: createdBy }),
          ...(message === '' ? {} : { comment: message }),
        },
      ],
    };
    return await storeImage(parts, {
      config: image,
      rawConfig: Buffer.from(encodeJson(image)),
      layers: [layer.blob()],
      references: options.reference === undefined ? [] : [options.reference],
    });
  } finally {
    await layer.discard();
  }
}

function importPlatform(text: string | undefined): Platform {
  const platform = text === undefined ? hostPlatform() : parsePlatform(text);
  if (platform.os !== 'linux')
    throw new EngineError('invalid-parameter', 'operating system is not supported');
  return platform;
}
