import { statfs } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { EngineError, messageOf } from '../../base/errors.ts';
import type { Image } from '../../graph/graph.ts';
import type { DaemonCore } from '../model/core.ts';
import { removeAndTell } from './images.ts';
import { imageUsers } from './list-images.ts';

/** How often the file system is looked at, when nothing happens to images. */
const INTERVAL_MS = 60_000;
/** Events after which there may be more. */
const ADDING_ACTIONS = ['load', 'import', 'pull', 'commit'];

/**
 * The limits `--image-gc-high` and `--image-gc-low`: looks at the data root's file system now and then, and after
 * every change of images. Without limits it does nothing.
 */
export function collectImages(daemon: DaemonCore): void {
  if (daemon.options.imageGcHigh === 0) return;
  const { background, closing, events } = daemon;
  let last = Promise.resolve();
  const run = () => {
    last = last.then(() => collectOnce(daemon)).catch(error => logFailure(daemon, error));
    background.run('removing unused images', last);
    return last;
  };
  const afterChanges = async () => {
    for await (const event of events.subscribe({ filters: new Map([['type', ['image']]]), signal: closing }))
      if (ADDING_ACTIONS.includes(event.Action)) await run();
  };
  const regularly = async () => {
    while (!closing.aborted) {
      await run();
      await sleep(INTERVAL_MS, undefined, { signal: closing, ref: false }).catch(() => undefined);
    }
  };
  void afterChanges();
  void regularly();
}

function logFailure({ log }: DaemonCore, error: unknown): void {
  log.error({ error: messageOf(error) }, 'removing unused images');
}

/** Removes images that no container uses, longest unused first, until less is used than the lower limit. */
async function collectOnce(daemon: DaemonCore): Promise<void> {
  const { imageGcHigh, imageGcLow, dataRoot } = daemon.options;
  const { usedBytes, totalBytes } = await diskOf(dataRoot);
  if (usedBytes * 100 < imageGcHigh * totalBytes) return;
  let excess = usedBytes - (imageGcLow * totalBytes) / 100;
  await daemon.graph.diskUsage();
  const uses = daemon.graph.lastUses();
  const lastUse = ({ id }: Image) => uses.get(id)?.getTime() ?? 0;
  const images = await daemon.graph.list();
  for (const image of images.sort((a, b) => lastUse(a) - lastUse(b))) {
    if (excess <= 0 || daemon.closing.aborted) return;
    if (isKept(daemon, image)) continue;
    excess -= await removeUnused(daemon, image);
  }
}

/** As df(1) has it: what is kept for root counts as neither used nor free. */
async function diskOf(path: string): Promise<{ usedBytes: number; totalBytes: number }> {
  const { bsize, blocks, bfree, bavail } = await statfs(path);
  return { usedBytes: (blocks - bfree) * bsize, totalBytes: (blocks - bfree + bavail) * bsize };
}

function isKept(daemon: DaemonCore, { id, manifest, chainIds }: Image): boolean {
  const { leases } = daemon.graph;
  const [content, layers] = [leases.leased('content'), leases.leased('layer')];
  const isLeased = content.has(id) || content.has(manifest) || chainIds.some(chainId => layers.has(chainId));
  return isLeased || imageUsers(daemon, id).length > 0;
}

/** @returns how many bytes that frees */
async function removeUnused(daemon: DaemonCore, image: Image): Promise<number> {
  const { id } = image;
  let freed = 0;
  try {
    await removeAndTell(daemon, image, id, {
      force: true,
      noPrune: false,
      // Not even a stopped container's image is to go, whatever has changed since we looked.
      usersOf: imageId => imageUsers(daemon, imageId).map(user => ({ ...user, running: true })),
      onFreed: bytes => {
        freed += bytes;
      },
    });
    daemon.log.info({ image: id, bytes: freed }, 'removed an unused image: the file system is nearly full');
  } catch (error) {
    // One that others were made from, or that has gone meanwhile.
    if (!(error instanceof EngineError) || !['conflict', 'not-found'].includes(error.kind)) throw error;
  }
  return freed;
}
