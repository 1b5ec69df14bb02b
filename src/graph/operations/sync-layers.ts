import { closeSync, openSync } from 'node:fs';
import { syscallAsync } from '../../kernel/libc.ffi.ts';
import type { GraphParts } from './graph-parts.ts';
import { discardBlobs } from './discard-blobs.ts';

const running = new WeakMap<GraphParts, Promise<void>>();

/**
 * Starts writing unpacked layers to disk, in the background. Until that is done they count as suspect after a
 * power failure, and are unpacked again: their blobs were synced before. Where it is the policy, blobs are discarded
 * then.
 */
export function syncLayers(parts: GraphParts): void {
  const before = running.get(parts) ?? Promise.resolve();
  running.set(
    parts,
    before
      .then(() => sync(parts))
      .then(() => (parts.discardsBlobs ? discardBlobs(parts) : undefined))
      .catch(() => undefined),
  );
}

/** Settles when nothing is being synced. */
export async function whenSynced(parts: GraphParts): Promise<void> {
  await running.get(parts);
}

async function sync({ root, layers }: GraphParts): Promise<void> {
  const { current } = layers.unsynced();
  if (current.length === 0) return;
  const fd = openSync(root, 'r');
  try {
    await syscallAsync('syncfs', root, fd);
  } finally {
    closeSync(fd);
  }
  layers.markSynced(current);
}
