import { existsSync } from 'node:fs';
import type { Digest } from '../../../base/digest.ts';
import { EngineError } from '../../../base/errors.ts';
import { unusedLayers } from '../collect-garbage.ts';
import type { LayerRecord } from '../../layers/layer-store.ts';
import { storedLayerBlob } from '../../layers/layer-blob.ts';
import { unpackAgain } from '../recover/recover-graph.ts';
import { type CheckContext, imagesWithLayer, report } from './check-context.ts';

/**
 * Compares the records of unpacked layers with their directories, and, with the option `layers`, these with what is
 * unpacked from their blobs. @returns how many there are
 */
export async function checkLayers(context: CheckContext): Promise<number> {
  const { layers } = context.parts;
  await reportUnknown(context);
  await reportUnused(context);
  await reportMissing(context);
  await reportNotUnpacked(context);
  const records = layers.records();
  if (context.options.layers) await compareAll(context, records);
  return records.length;
}

/** Directories without a record. */
async function reportUnknown(context: CheckContext): Promise<void> {
  const { layers, driver } = context.parts;
  for (const chainId of driver.layers().filter(each => !layers.has(each)))
    await report(
      context,
      { kind: 'orphaned-layer', subject: chainId, detail: 'no record of it' },
      async () => {
        // It may have been recorded meanwhile.
        if (!layers.has(chainId)) await driver.removeLayer(chainId);
        return true;
      },
    );
}

async function reportUnused(context: CheckContext): Promise<void> {
  const { parts } = context;
  for (const { chainId } of unusedLayers(parts))
    await report(context, { kind: 'orphaned-layer', subject: chainId }, () => {
      if (unusedLayers(parts).some(layer => layer.chainId === chainId)) parts.layers.remove(chainId);
      return true;
    });
}

/** Records without a directory. */
async function reportMissing(context: CheckContext): Promise<void> {
  const { layers, driver } = context.parts;
  const present = new Set(driver.layers().filter(chainId => existsSync(driver.layerDirectory(chainId))));
  const missing = layers.records().filter(({ chainId }) => !present.has(chainId));
  for (const layer of lowerFirst(context, missing)) {
    const { chainId: subject } = layer;
    const images = imagesWithLayer(context, subject);
    await report(context, { kind: 'missing-layer', subject, images }, () => replaceLayer(context, layer));
  }
}

/** Layers that an image needs, and that no record is of. */
async function reportNotUnpacked(context: CheckContext): Promise<void> {
  const { images, layers } = context.parts;
  for (const image of images.list()) {
    const missing = image.chainIds.find(chainId => !layers.has(chainId));
    if (missing === undefined) continue;
    const names = imagesWithLayer(context, missing);
    await report(context, { kind: 'missing-layer', subject: missing, images: names }, async () => {
      await unpackAgain(context.parts, image);
      return true;
    });
  }
}

async function compareAll(context: CheckContext, records: readonly LayerRecord[]): Promise<void> {
  const told = new Set(context.findings.map(({ subject }) => subject));
  const { layers } = context.parts;
  let current = 0;
  for (const layer of lowerFirst(context, records)) {
    context.options.progress?.({ what: 'layers', current: current++, total: records.length });
    // It may have gone meanwhile.
    if (told.has(layer.chainId) || !layers.has(layer.chainId) || isOnDamaged(context, layer)) continue;
    const differences = await compare(context, layer);
    if (differences.length === 0) continue;
    const images = imagesWithLayer(context, layer.chainId);
    const detail = differences.join('; ');
    await report(context, { kind: 'damaged-layer', subject: layer.chainId, detail, images }, () =>
      replaceLayer(context, layer),
    );
  }
}

function lowerFirst({ parts: { layers } }: CheckContext, records: readonly LayerRecord[]): LayerRecord[] {
  const depth = ({ chainId }: LayerRecord) => layers.chain(chainId).length;
  return [...records].sort((a, b) => depth(a) - depth(b));
}

/** Where a layer begins with the files of the one below, it says nothing as long as that one is damaged. */
function isOnDamaged(
  { parts: { driver, layers }, findings }: CheckContext,
  { chainId }: LayerRecord,
): boolean {
  if (driver.independentLayers) return false;
  const below = new Set<string>(layers.chain(chainId).slice(1));
  return findings.some(({ subject, repaired }) => !repaired && below.has(subject));
}

async function compare(context: CheckContext, layer: LayerRecord): Promise<string[]> {
  const { threads, driver } = context.parts;
  try {
    return await withUnpacked(context, layer, ({ directory }) =>
      threads.run({ kind: 'compare', actual: driver.layerDirectory(layer.chainId), expected: directory }),
    );
  } catch (error) {
    // Without its blob there is nothing to compare with, and that has been told.
    if (error instanceof EngineError && ['not-found', 'data-loss', 'invalid-parameter'].includes(error.kind))
      return [];
    throw error;
  }
}

/** @throws EngineError conflict when a running container has it below it */
async function replaceLayer(context: CheckContext, layer: LayerRecord): Promise<boolean> {
  const { driver, layers } = context.parts;
  const user = runningUser(context, layer.chainId);
  if (user !== undefined)
    throw new EngineError('conflict', `the running container ${user} uses it: stop that, and check again`);
  return withUnpacked(context, layer, async staged => {
    const removed = driver.removeLayer(layer.chainId);
    layers.markUnsynced(layer.chainId);
    staged.commit(layer.chainId);
    await removed;
    return true;
  });
}

function runningUser({ parts, containers, options }: CheckContext, chainId: Digest): string | undefined {
  return containers
    .records()
    .find(
      container =>
        container.chainId !== null &&
        options.isRunning?.(container.containerId) === true &&
        parts.layers.has(container.chainId) &&
        parts.layers.chain(container.chainId).includes(chainId),
    )?.containerId;
}

type Staged = Awaited<ReturnType<CheckContext['parts']['driver']['stageLayer']>>;

/** Unpacks a layer once more, for `use` to look at, or to commit. */
async function withUnpacked<T>(
  { parts: { content, driver, threads } }: CheckContext,
  { blob, parent, diffId }: LayerRecord,
  use: (staged: Staged) => Promise<T>,
): Promise<T> {
  const source = await storedLayerBlob(content, blob);
  const { fd, compression } = source;
  try {
    const staged = await driver.stageLayer(parent);
    try {
      const { whiteouts } = driver;
      const job = { kind: 'unpack', root: staged.directory, archiveFd: fd, compression, whiteouts } as const;
      const unpacked = await threads.run(job);
      if (unpacked.diffId !== diffId)
        throw new EngineError('data-loss', `its blob unpacks to ${unpacked.diffId}`);
      return await use(staged);
    } finally {
      await staged.discard();
    }
  } finally {
    source.close();
  }
}
