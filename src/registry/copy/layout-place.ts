import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { digestOf, isDigest } from '../../base/digest.ts';
import { EngineError, errorCode } from '../../base/errors.ts';
import { decodeIndex } from '../../oci/decode-oci.ts';
import { type Descriptor, OCI_LAYOUT } from '../../oci/image-spec.ts';
import { type FetchedManifest, manifestOf, MAXIMUM_MANIFEST_BYTES } from '../client/manifest.ts';
import type { ImageDestination, ImageSource } from './image-place.ts';
import { encodeLayoutIndex, layoutEntry, namedImage } from './layout-index.ts';
import { verified } from './verified.ts';

const BLOBS_AT_ONCE = 3;

/** An image in an OCI image layout, a directory (image-spec image-layout.md). */
export function layoutSource(directory: string, name: string | undefined): ImageSource {
  const manifest = async (descriptor: Descriptor) =>
    storedManifest(await readFile(await smallBlob(directory, descriptor)), descriptor);
  return {
    name,
    repository: undefined,
    top: async () => manifest(namedImage(decodeIndex(await readIndex(directory)), name, directory)),
    manifest,
    read: (descriptor, start, end) =>
      start === end ? none() : createReadStream(blobPath(directory, descriptor), { start, end: end - 1 }),
  };
}

async function* none(): AsyncGenerator<Buffer> {}

async function readIndex(directory: string): Promise<Buffer> {
  try {
    return await readFile(join(directory, 'index.json'));
  } catch (cause) {
    if (errorCode(cause) !== 'ENOENT') throw cause;
    throw new EngineError('not-found', `${directory} is no OCI image layout: it has no index.json`, {
      cause,
    });
  }
}

/** @throws EngineError data-loss where the bytes are others than the descriptor says */
export function storedManifest(raw: Buffer, { digest, mediaType }: Descriptor): FetchedManifest {
  if (digestOf(raw) !== digest)
    throw new EngineError('data-loss', `manifest verification failed for digest ${digest}`);
  return manifestOf(raw, mediaType);
}

async function smallBlob(directory: string, descriptor: Descriptor): Promise<string> {
  const path = blobPath(directory, descriptor);
  const { size } = await stat(path);
  if (size > MAXIMUM_MANIFEST_BYTES)
    throw new EngineError('invalid-parameter', `a manifest of ${size} bytes is too large`);
  return path;
}

function blobPath(directory: string, { digest }: Descriptor): string {
  return join(directory, blobName(digest));
}

/** `blobs/sha256/HEX`, within a layout. @throws EngineError invalid-parameter for what is no digest */
export function blobName(digest: string): string {
  if (!isDigest(digest))
    throw new EngineError('invalid-parameter', `invalid checksum digest format: ${digest}`);
  return `blobs/${digest.replace(':', '/')}`;
}

/** Adds an image to a layout, in place of one that has the name; makes the layout where there is none. */
export async function layoutDestination(
  directory: string,
  name: string | undefined,
): Promise<ImageDestination> {
  await mkdir(join(directory, 'blobs/sha256'), { recursive: true });
  const putManifest = (manifest: FetchedManifest) =>
    writeWhole(join(directory, blobName(manifest.digest)), [manifest.raw]);
  return {
    width: BLOBS_AT_ONCE,
    hasBlob: async descriptor => (await sizeOf(blobPath(directory, descriptor))) === descriptor.size,
    putBlob: (descriptor, source) =>
      writeWhole(
        blobPath(directory, descriptor),
        verified(descriptor, source.read(descriptor, 0, descriptor.size)),
      ),
    putManifest,
    async finish(top, source) {
      await putManifest(top);
      const entry = layoutEntry(top, name ?? source.name);
      const others = (await otherImages(directory)).filter(other => !isReplaced(other, entry));
      await writeWhole(join(directory, 'oci-layout'), [Buffer.from(OCI_LAYOUT)]);
      await writeWhole(join(directory, 'index.json'), [Buffer.from(encodeLayoutIndex([...others, entry]))]);
    },
    close: async () => undefined,
  };
}

async function otherImages(directory: string): Promise<Descriptor[]> {
  try {
    return decodeIndex(await readIndex(directory));
  } catch (error) {
    if (error instanceof EngineError && error.kind === 'not-found') return [];
    throw error;
  }
}

/** The same image, or another one of that name. */
function isReplaced(other: Descriptor, { annotations, digest }: Descriptor): boolean {
  const names = JSON.stringify(annotations ?? {});
  return (
    JSON.stringify(other.annotations ?? {}) === names &&
    (annotations !== undefined || other.digest === digest)
  );
}

async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch {
    return undefined;
  }
}

/** Under a name of its own until it is whole. */
async function writeWhole(path: string, bytes: AsyncIterable<Buffer> | Iterable<Buffer>): Promise<void> {
  const unfinished = `${path}.${randomBytes(6).toString('hex')}`;
  const file = await open(unfinished, 'wx');
  try {
    for await (const chunk of bytes) await file.writeFile(chunk);
    await file.sync();
    await rename(unfinished, path);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  } finally {
    await file.close();
  }
}
