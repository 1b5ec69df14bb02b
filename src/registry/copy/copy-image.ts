import { isDigest } from '../../base/digest.ts';
import { EngineError } from '../../base/errors.ts';
import { Semaphore } from '../../base/semaphore.ts';
import { type Descriptor, isIndex } from '../../oci/image-spec.ts';
import type { Platform } from '../../oci/platform.ts';
import type { FetchedManifest } from '../client/manifest.ts';
import { platformManifest } from '../client/platform-manifest.ts';
import type { ImageDestination, ImageSource } from './image-place.ts';

/** Indexes within indexes, as registries have them at most. */
const MAXIMUM_DEPTH = 4;
const MAXIMUM_MANIFESTS = 1000;
/** Layers that their owner alone may give away (image-spec layer.md, "Non-Distributable Layers"). */
const NON_DISTRIBUTABLE =
  /^application\/vnd\.(?:docker\.image\.rootfs\.foreign|oci\.image\.layer\.nondistributable)\./;

export type CopyEvent = { kind: 'copied' | 'exists' | 'manifest'; digest: string; size: number };

export type CopyOptions = {
  /** Only the image for it; an index is copied whole without it. */
  platform: Platform | undefined;
  signal: AbortSignal;
  onEvent: (event: CopyEvent) => void;
};

/**
 * Copies an image from one place to another, with no engine in between, and closes the destination: every manifest and blob below what was named, or the
 * image for one platform. What is there already is not sent. Digests stay as they are.
 * @returns the descriptor of what was copied
 * @throws EngineError: the first failure; the destination then has no image of that name that it had not before
 */
export async function copyImage(
  source: ImageSource,
  destination: ImageDestination,
  options: CopyOptions,
): Promise<Descriptor> {
  try {
    return await copyWhole(source, destination, options);
  } finally {
    await destination.close();
  }
}

async function copyWhole(
  source: ImageSource,
  destination: ImageDestination,
  { platform, signal, onEvent }: CopyOptions,
): Promise<Descriptor> {
  const named = await source.top();
  const top = platform === undefined ? named : await platformManifest(source, { top: named, platform });
  const manifests = await manifestsBelow(source, top);
  await copyBlobs(source, destination, { blobs: blobsOf(manifests), signal, onEvent });
  // Children first, as a registry refuses a manifest that names what is not there.
  for (const manifest of manifests.slice(0, -1)) {
    signal.throwIfAborted();
    await destination.putManifest(manifest);
    onEvent(manifestEvent(manifest));
  }
  await destination.finish(top, source);
  onEvent(manifestEvent(top));
  return { mediaType: top.mediaType, digest: top.digest, size: top.raw.length };
}

function manifestEvent({ digest, raw }: FetchedManifest): CopyEvent {
  return { kind: 'manifest', digest, size: raw.length };
}

/** All of them once, each after those that it names. */
async function manifestsBelow(source: ImageSource, top: FetchedManifest): Promise<FetchedManifest[]> {
  const seen = new Set<string>();
  const ordered: FetchedManifest[] = [];
  const visit = async (manifest: FetchedManifest, depth: number): Promise<void> => {
    if (depth > MAXIMUM_DEPTH || seen.size >= MAXIMUM_MANIFESTS)
      throw new EngineError('invalid-parameter', `invalid index ${top.digest}: too many manifests within it`);
    seen.add(manifest.digest);
    for (const child of manifest.document.manifests ?? [])
      if (!seen.has(child.digest))
        await visit(await source.manifest(child), isIndex(child) ? depth + 1 : depth);
    ordered.push(manifest);
  };
  await visit(top, 1);
  return ordered;
}

/** Each once, in the order in which they are named. */
function blobsOf(manifests: readonly FetchedManifest[]): Descriptor[] {
  const blobs = new Map<string, Descriptor>();
  for (const { document } of manifests)
    for (const blob of [...(document.layers ?? []), ...(document.config ? [document.config] : [])]) {
      if (NON_DISTRIBUTABLE.test(blob.mediaType)) continue;
      if (!isDigest(blob.digest) || blob.size < 0)
        throw new EngineError(
          'invalid-parameter',
          `invalid blob in manifest: ${blob.digest} of ${blob.size} bytes`,
        );
      if (!blobs.has(blob.digest)) blobs.set(blob.digest, blob);
    }
  return [...blobs.values()];
}

type BlobsCopy = Omit<CopyOptions, 'platform'> & { blobs: readonly Descriptor[] };

/** The first failure ends the others, and is the reason that is told. */
async function copyBlobs(
  source: ImageSource,
  destination: ImageDestination,
  { blobs, signal, onEvent }: BlobsCopy,
): Promise<void> {
  const places = new Semaphore(destination.width);
  const group = new AbortController();
  const either = AbortSignal.any([signal, group.signal]);
  const copyOne = async (blob: Descriptor): Promise<void> => {
    const { digest, size } = blob;
    try {
      const isThere = await destination.hasBlob(blob);
      if (!isThere) await destination.putBlob(blob, source);
      onEvent({ kind: isThere ? 'exists' : 'copied', digest, size });
    } catch (error) {
      group.abort(error);
      throw error;
    }
  };
  await Promise.allSettled(blobs.map(blob => places.run(either, () => copyOne(blob))));
  signal.throwIfAborted();
  group.signal.throwIfAborted();
}
