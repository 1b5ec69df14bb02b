import { closeSync, openSync } from 'node:fs';
import { syscallAsync } from '../../kernel/libc.ffi.ts';
import type { GraphParts } from './graph-parts.ts';
import { discardBlobs } from './discard-blobs.ts';

/** Layers of a build come one after the other. */
const SOON_MS = 3000;

type Syncing = {
  /** Settles when everything that was begun has been synced. */
  running: Promise<void>;
  /** Whether another one waits for its turn: it will see to all that there is by then. */
  isQueued: boolean;
  timer: NodeJS.Timeout | undefined;
};
const syncing = new WeakMap<GraphParts, Syncing>();

/**
 * Starts writing unpacked layers to disk, in the background. Until that is done they count as suspect after a
 * power failure, and are unpacked again: their blobs were synced before. Where it is the policy, blobs are discarded
 * then.
 */
export function syncLayers(parts: GraphParts): void {
  const state = stateOf(parts);
  clearTimeout(state.timer);
  state.timer = undefined;
  if (state.isQueued) return;
  state.isQueued = true;
  state.running = state.running
    .then(() => {
      state.isQueued = false;
      return sync(parts);
    })
    .then(() => (parts.discardsBlobs ? discardBlobs(parts) : undefined))
    .catch(() => undefined);
}

/** Does so a while later, once for all that come meanwhile. */
export function syncLayersSoon(parts: GraphParts): void {
  const state = stateOf(parts);
  state.timer ??= setTimeout(() => {
    if (parts.closing.aborted) return;
    syncLayers(parts);
  }, SOON_MS).unref();
}

/** Settles when nothing is being synced. */
export async function whenSynced(parts: GraphParts): Promise<void> {
  const state = stateOf(parts);
  if (state.timer !== undefined && !parts.closing.aborted) syncLayers(parts);
  clearTimeout(state.timer);
  await state.running;
}

function stateOf(parts: GraphParts): Syncing {
  const known = syncing.get(parts) ?? { running: Promise.resolve(), isQueued: false, timer: undefined };
  syncing.set(parts, known);
  return known;
}

async function sync({ root, layers, content }: GraphParts): Promise<void> {
  const { current } = layers.unsynced();
  const blobs = content.unsynced;
  if (current.length === 0 && blobs.length === 0) return;
  const fd = openSync(root, 'r');
  try {
    await syscallAsync('syncfs', root, fd);
  } finally {
    closeSync(fd);
  }
  layers.markSynced(current);
  content.markSynced(blobs);
}
