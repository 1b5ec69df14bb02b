import { closeSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { readDescriptor } from '../../../archive/read-descriptor.ts';
import { type Digest, digestOf } from '../../../base/digest.ts';
import type { Graph, Image } from '../../../graph/graph.ts';
import type { Descriptor, Manifest } from '../../../oci/image-spec.ts';
import type { Repository } from '../../../registry/client/repository.ts';
import type { DistributionDaemon } from './distribution.ts';
import { keepMeanwhile } from './keep-meanwhile.ts';
import type { Pushable } from './pushable.ts';

/** Media types of layers that are not compressed, and what they are called when they are. */
const GZIPPED = new Map([
  ['application/vnd.oci.image.layer.v1.tar', 'application/vnd.oci.image.layer.v1.tar+gzip'],
  ['application/vnd.docker.image.rootfs.diff.tar', 'application/vnd.docker.image.rootfs.diff.tar.gzip'],
]);
const CHUNK_BYTES = 256 * 1024;

export type Compressed = Disposable & { pushable: Pushable };

/**
 * Compresses the layers of an image that was made here, which are kept as they are. What came from a registry goes
 * back as it came, so that it has the same digest. What has been made for this goes when it is disposed of.
 */
export async function compressLayers(
  daemon: DistributionDaemon,
  repository: Repository,
  { image, whole }: { image: Image; whole: Pushable },
): Promise<Compressed> {
  const isMadeHere = !image.repoDigests.some(name => name.endsWith(`@${whole.top.descriptor.digest}`));
  const plain = whole.layers.filter(({ descriptor }) => GZIPPED.has(descriptor.mediaType));
  const unchanged = { pushable: whole, [Symbol.dispose]: () => undefined };
  if (whole.below.length > 0 || !isMadeHere || plain.length === 0) return unchanged;
  const stack = new DisposableStack();
  try {
    const made = new Map<string, Descriptor>();
    for (const { descriptor } of plain) {
      const known = daemon.store.compressedLayer(descriptor.digest);
      const isThere = known !== undefined && (await repository.hasBlob(known));
      made.set(descriptor.digest, isThere ? known : await compress(daemon, descriptor, stack));
    }
    return { pushable: withLayers(whole, made), [Symbol.dispose]: () => stack.dispose() };
  } catch (error) {
    stack.dispose();
    throw error;
  }
}

async function compress(
  { graph, store }: DistributionDaemon,
  descriptor: Descriptor,
  stack: DisposableStack,
): Promise<Descriptor> {
  const ingest = graph.content.ingest();
  try {
    await gzipInto(graph, descriptor.digest as Digest, chunk => ingest.write(chunk));
    stack.use(keepMeanwhile(graph, 'push', { content: [ingest.digest] }));
    await ingest.commit();
    const mediaType = GZIPPED.get(descriptor.mediaType) ?? descriptor.mediaType;
    const made = { ...descriptor, mediaType, digest: ingest.digest, size: ingest.sizeBytes };
    store.saveCompressedLayer(descriptor.digest, made);
    return made;
  } finally {
    ingest.discard();
  }
}

async function gzipInto({ content }: Graph, digest: Digest, write: (chunk: Buffer) => void): Promise<void> {
  const fd = await content.open(digest);
  try {
    await pipeline(readDescriptor(fd), createGzip({ chunkSize: CHUNK_BYTES }), async chunks => {
      for await (const chunk of chunks) write(chunk as Buffer);
    });
  } finally {
    closeSync(fd);
  }
}

/** The same manifest with other blobs for some layers. */
function withLayers(whole: Pushable, made: ReadonlyMap<string, Descriptor>): Pushable {
  const replace = (layer: Descriptor) => made.get(layer.digest) ?? layer;
  const manifest = JSON.parse(whole.top.raw.toString()) as Manifest;
  const raw = Buffer.from(JSON.stringify({ ...manifest, layers: manifest.layers.map(replace) }));
  const descriptor = { ...whole.top.descriptor, digest: digestOf(raw), size: raw.length };
  const layers = whole.layers.map(({ descriptor, shownId }) => ({
    descriptor: replace(descriptor),
    shownId,
  }));
  return { ...whole, top: { descriptor, raw }, layers };
}
