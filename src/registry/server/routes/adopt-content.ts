import { randomBytes } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import { EngineError } from '../../../base/errors.ts';
import type { RebuiltBlob } from '../layout/rebuilt-blobs.ts';
import type { RegistryParts } from '../registry-parts.ts';
import type { ContentDigest } from '../storage/content-digest.ts';
import { type ManifestDocument, readManifestDocument } from '../storage/manifest-document.ts';
import type { RegistryStore } from '../storage/registry-store.ts';

type Parts = Pick<RegistryParts, 'store' | 'images' | 'shared'>;

/** Of indexes within indexes. */
const MAXIMUM_DEPTH = 4;

/**
 * Makes what a manifest names, and only the engine's image of that name has, the registry's own: a client that was told
 * that it is there does not send it. What cannot be had stays missing.
 */
export async function adoptNamed(
  parts: Parts,
  repository: string,
  { document, depth = 0 }: { document: ManifestDocument; depth?: number },
): Promise<void> {
  const { store, images } = parts;
  if (images === undefined || depth > MAXIMUM_DEPTH) return;
  for (const { digest } of document.blobs)
    if (store.records.linkedBlob(repository, digest) === undefined)
      await adoptBlob(parts, { from: repository, repository, digest });
  for (const { digest } of document.manifests) {
    if (store.records.manifest(repository, digest) !== undefined) continue;
    const found = await images.manifest(repository, { digest });
    if (found === undefined) continue;
    const child = readManifestDocument(found.raw, found.mediaType);
    await adoptNamed(parts, repository, { document: child, depth: depth + 1 });
    await store.putManifest({ repository, digest, raw: found.raw, document: child, tag: undefined });
  }
}

/** @param from one of the engine's repositories. @returns whether it was there */
export async function adoptBlob(
  { store, images, shared }: Parts,
  { from, repository, digest }: { from: string; repository: string; digest: ContentDigest },
): Promise<boolean> {
  const found = await images?.blob(from, digest);
  if (found === undefined) return false;
  using _held = store.leases.hold(digest);
  const taken = 'read' in found ? await rebuild(store, found) : await shared?.take(digest);
  if (taken === undefined) return false;
  await store.adoptBlob(taken.path, { repository, digest, sizeBytes: taken.sizeBytes });
  return true;
}

/** A file of a blob that the engine has discarded; undefined where it cannot be made again. */
async function rebuild(
  { files }: RegistryStore,
  { sizeBytes, read }: RebuiltBlob,
): Promise<{ path: string; sizeBytes: number } | undefined> {
  const path = files.uploadPath(`adopted-${randomBytes(16).toString('hex')}`);
  try {
    await using file = await open(path, 'wx', 0o600);
    for await (const chunk of read(0, sizeBytes)) await file.appendFile(chunk);
    await file.datasync();
    return { path, sizeBytes };
  } catch (error) {
    await rm(path, { force: true });
    if (error instanceof EngineError && error.kind === 'unavailable') return undefined;
    throw error;
  }
}
