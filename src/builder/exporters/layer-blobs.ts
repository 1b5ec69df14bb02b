import { createHash, randomUUID } from 'node:crypto';
import { closeSync, constants, createWriteStream, openSync, readSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough, type Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants as zlib, createGzip, createZstdCompress } from 'node:zlib';
import {
  type Compression,
  createDecompressor,
  DETECTION_BYTES,
  detectCompression,
} from '../../archive/compression.ts';
import { readDescriptor } from '../../archive/read-descriptor.ts';
import type { Digest } from '../../base/digest.ts';
import type { Descriptor } from '../../oci/image-spec.ts';
import type { ImageBlob } from '../../oci/pushed-image.ts';
import type { BuilderParts } from '../builder-parts.ts';
import type { ImageOptions, LayerCompression } from './export-options.ts';

const CHUNK_BYTES = 256 * 1024;
const GZIP_TYPE = { oci: '+gzip', docker: '.gzip' };

type Holder = { parts: BuilderParts; directory: string; signal: AbortSignal };
type Wanted = Pick<ImageOptions, 'compression' | 'level' | 'force' | 'ociTypes'>;

/**
 * A layer of the store in the form that is wanted. One that is compressed already stays as it is, unless it has to be of
 * one kind. What is made for that lies in `directory`.
 */
export async function layerBlob(holder: Holder, digest: Digest, wanted: Wanted): Promise<ImageBlob> {
  const { content } = holder.parts;
  const fd = await content.open(digest);
  try {
    const has = compressionOf(fd);
    const isFit = has === wanted.compression || (has !== 'none' && !wanted.force);
    if (!isFit) return await compressed(holder, { fd, has }, wanted);
    const descriptor = { mediaType: mediaTypeOf(has, wanted), digest, size: content.sizeOf(digest) };
    return { descriptor, open: () => content.open(digest) };
  } finally {
    closeSync(fd);
  }
}

function compressionOf(fd: number): Compression {
  const start = Buffer.alloc(DETECTION_BYTES);
  return detectCompression(start.subarray(0, readSync(fd, start, 0, DETECTION_BYTES, 0)));
}

async function compressed(
  { directory, signal }: Holder,
  { fd, has }: { fd: number; has: Compression },
  wanted: Wanted,
): Promise<ImageBlob> {
  const path = join(directory, randomUUID());
  const hash = createHash('sha256');
  await pipeline(
    readDescriptor(fd),
    createDecompressor(has),
    compressor(wanted),
    async function* (chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        hash.update(chunk);
        yield chunk;
      }
    },
    createWriteStream(path, { mode: 0o600, flags: 'wx' }),
    { signal },
  );
  const descriptor: Descriptor = {
    mediaType: mediaTypeOf(wanted.compression, wanted),
    digest: `sha256:${hash.digest('hex')}`,
    size: statSync(path).size,
  };
  return { descriptor, open: async () => openSync(path, constants.O_RDONLY) };
}

function compressor({ compression, level }: Wanted): Duplex {
  if (compression === 'none') return new PassThrough();
  if (compression === 'gzip')
    return createGzip({ chunkSize: CHUNK_BYTES, ...(level === undefined ? {} : { level }) });
  return createZstdCompress({
    chunkSize: CHUNK_BYTES,
    ...(level === undefined ? {} : { params: { [zlib.ZSTD_c_compressionLevel]: level } }),
  });
}

function mediaTypeOf(compression: Compression | LayerCompression, { ociTypes }: Wanted): string {
  const base = ociTypes
    ? 'application/vnd.oci.image.layer.v1.tar'
    : 'application/vnd.docker.image.rootfs.diff.tar';
  if (compression === 'none') return base;
  if (compression === 'gzip') return base + (ociTypes ? GZIP_TYPE.oci : GZIP_TYPE.docker);
  // Docker's types have no other.
  return `application/vnd.oci.image.layer.v1.tar+${compression}`;
}

/** A document that is in memory, as a blob. */
export function documentBlob(holder: Holder, descriptor: Descriptor, raw: Buffer): ImageBlob {
  const path = join(holder.directory, randomUUID());
  return {
    descriptor,
    async open() {
      const file = await open(path, 'w+', 0o600);
      await file.writeFile(raw);
      await file.close();
      return openSync(path, constants.O_RDONLY);
    },
  };
}
