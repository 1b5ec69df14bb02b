import { closeSync } from 'node:fs';
import type { Digest } from '../../../base/digest.ts';
import { EngineError } from '../../../base/errors.ts';
import { unreferencedBlobs } from '../collect-garbage.ts';
import { type CheckContext, imagesWithBlob, inParallel, report } from './check-context.ts';
import type { FindingKind } from './check-report.ts';
import { restoreBlob } from './restore-blob.ts';

/**
 * Hashes every blob, rebuilds every discarded one, and looks for those that are missing.
 * @returns how much there was
 */
export async function checkContent(context: CheckContext): Promise<{ blobs: number; blobBytes: number }> {
  const { content } = context.parts;
  const digests = content.digests();
  const sizes = new Map(digests.map(digest => [digest, sizeOf(context, digest)]));
  const total = sizes.values().reduce((sum, size) => sum + size, 0);
  const bad: { digest: Digest; kind: FindingKind; detail: string }[] = [];
  const done = new Map<Digest, number>();
  await inParallel(digests, async digest => {
    const problem = await problemOf(context, digest, bytes => {
      done.set(digest, bytes);
      const current = done.values().reduce((sum, each) => sum + each, 0);
      context.options.progress?.({ what: 'content', current, total });
    });
    done.set(digest, sizes.get(digest) ?? 0);
    if (problem !== undefined) bad.push({ digest, ...problem });
  });
  await reportOrphans(context);
  for (const { digest, kind, detail } of bad) await reportBlob(context, digest, kind, detail);
  await reportMissing(context);
  return { blobs: digests.length, blobBytes: total };
}

function sizeOf({ parts }: CheckContext, digest: Digest): number {
  try {
    return parts.content.sizeOf(digest);
  } catch {
    return 0;
  }
}

async function problemOf(
  { parts: { content, threads } }: CheckContext,
  digest: Digest,
  progress: (bytes: number) => void,
): Promise<{ kind: FindingKind; detail: string } | undefined> {
  try {
    if (content.isDiscarded(digest)) {
      (await content.rebuild(digest)).discard();
      return undefined;
    }
    const fd = await content.open(digest);
    try {
      const found = await threads.run({ kind: 'hash', fd }, progress);
      if (found.digest === digest) return undefined;
      return { kind: 'damaged-content', detail: `it hashes to ${found.digest}` };
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    // What is set aside, or has gone meanwhile, is told of with what is missing.
    if (error instanceof EngineError && error.kind === 'not-found') return undefined;
    const kind = content.isDiscarded(digest) ? 'unrebuildable-content' : 'damaged-content';
    return { kind, detail: (error as Error).message };
  }
}

/** They are not needed, damaged or not. */
async function reportOrphans(context: CheckContext): Promise<void> {
  const { parts } = context;
  for (const digest of unreferencedBlobs(parts, parts.content.digests()))
    await report(context, { kind: 'orphaned-content', subject: digest }, () => {
      // Something may have come to refer to it.
      if (unreferencedBlobs(parts, [digest]).length > 0) parts.content.remove(digest);
      return true;
    });
}

async function reportBlob(
  context: CheckContext,
  digest: Digest,
  kind: FindingKind,
  detail: string,
): Promise<void> {
  const { parts } = context;
  if (unreferencedBlobs(parts, [digest]).length > 0) return;
  const images = imagesWithBlob(context, digest);
  await report(context, { kind, subject: digest, detail, images }, () => restoreBlob(parts, digest));
}

async function reportMissing(context: CheckContext): Promise<void> {
  const { parts, findings } = context;
  const told = new Set(findings.map(({ subject }) => subject));
  const missing = parts.images.blobs().filter(digest => !parts.content.has(digest));
  for (const digest of missing.filter(each => !told.has(each))) {
    const images = imagesWithBlob(context, digest);
    await report(context, { kind: 'missing-content', subject: digest, images }, () =>
      restoreBlob(parts, digest),
    );
  }
}
