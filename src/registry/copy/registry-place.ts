import { PassThrough } from 'node:stream';
import { once } from 'node:events';
import type { Digest } from '../../base/digest.ts';
import { EngineError } from '../../base/errors.ts';
import type { Descriptor } from '../../oci/image-spec.ts';
import { canonicalString, type Reference } from '../../oci/reference.ts';
import { downloadBlob } from '../client/download-blob.ts';
import type { FetchedManifest } from '../client/manifest.ts';
import type { Repository } from '../client/repository.ts';
import { uploadBlob } from '../client/upload-blob.ts';
import type { ImageDestination, ImageSource } from './image-place.ts';
import { verified } from './verified.ts';

const BLOBS_AT_ONCE = 3;

/** An image in a registry; `reference` has a tag or a digest. */
export function registrySource(repository: Repository, reference: Reference): ImageSource {
  const { domain, path, digest } = reference;
  // The digest wins.
  const named: Reference = digest === undefined ? reference : { domain, path, digest };
  return {
    name: canonicalString(reference),
    repository: { domain, path },
    top: () => repository.manifest(named),
    manifest: descriptor => repository.childManifest(descriptor),
    read: (descriptor, start, end) => readBlob(repository, descriptor, { start, end }),
  };
}

/** Goes on by itself where a connection breaks; a reader that is slow slows the registry down. */
async function* readBlob(
  repository: Repository,
  descriptor: Descriptor,
  { start, end }: { start: number; end: number },
): AsyncGenerator<Buffer> {
  const ending = new AbortController();
  const session = repository.session.fork(AbortSignal.any([repository.session.signal, ending.signal]));
  const bytes = new PassThrough();
  const sink = {
    receivedBytes: start,
    async write(chunk: Uint8Array): Promise<void> {
      this.receivedBytes += chunk.length;
      if (!bytes.write(chunk)) await once(bytes, 'drain', { signal: session.signal });
    },
  };
  const download = downloadBlob(repository.within(session), descriptor, sink).then(
    () => void bytes.end(),
    error => void bytes.destroy(error as Error),
  );
  try {
    let position = start;
    for await (const chunk of bytes as AsyncIterable<Buffer>) {
      const wanted = chunk.subarray(0, end - position);
      position += wanted.length;
      yield wanted;
      if (position === end) return;
    }
  } finally {
    ending.abort();
    await download;
    await session.close();
  }
}

/** Stores under the reference's tag; under its digest where it has none. */
export function registryDestination(repository: Repository, reference: Reference): ImageDestination {
  const { domain } = reference;
  const put = ({ raw, mediaType, digest }: FetchedManifest, name: string = digest) =>
    repository.putManifest(name, raw, mediaType);
  return {
    width: BLOBS_AT_ONCE,
    hasBlob: descriptor => repository.hasBlob(descriptor),
    async putBlob(descriptor, source) {
      const isSameRegistry = source.repository?.domain === domain;
      await upload(repository, {
        descriptor,
        source,
        mountFrom: isSameRegistry && source.repository ? [source.repository.path] : [],
      });
    },
    putManifest: manifest => put(manifest),
    finish: top => put(top, checkedName(reference, top.digest)),
    close: async () => undefined,
  };
}

type BlobUpload = { descriptor: Descriptor; source: ImageSource; mountFrom: readonly string[] };

/** A failure of the source is told as it is, and no try is repeated for it: the source has repeated its own. */
async function upload(repository: Repository, { descriptor, source, mountFrom }: BlobUpload): Promise<void> {
  const { digest, size } = descriptor;
  const failures: unknown[] = [];
  const read = async function* (start: number, end: number): AsyncGenerator<Buffer> {
    try {
      const bytes = source.read(descriptor, start, end);
      yield* start === 0 && end === size ? verified(descriptor, bytes) : bytes;
    } catch (error) {
      failures.push(error);
      throw error;
    }
  };
  const onRetry = async () => {
    if (failures.length > 0) throw failures[0];
  };
  try {
    const blob = { digest, size, read };
    await uploadBlob(repository, { source: blob, mountFrom, onProgress: () => undefined, onRetry });
  } catch (error) {
    throw failures[0] ?? error;
  }
}

function checkedName({ tag, digest }: Reference, actual: Digest): string | undefined {
  if (digest !== undefined && digest !== actual)
    throw new EngineError('invalid-parameter', `the image has the digest ${actual}, not ${digest}`);
  return tag;
}
