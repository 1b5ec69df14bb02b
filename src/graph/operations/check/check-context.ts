import { availableParallelism } from 'node:os';
import type { Digest } from '../../../base/digest.ts';
import { shortId } from '../../../base/ids.ts';
import type { GraphParts } from '../graph-parts.ts';
import type { ContainerLayers } from '../containers/container-layers.ts';
import { familiarString } from '../../../oci/reference.ts';
import type { CheckOptions, Finding, FindingKind } from './check-report.ts';

/** One check at work: what the functions of this directory share. */
export type CheckContext = {
  parts: GraphParts;
  containers: ContainerLayers;
  options: CheckOptions;
  findings: Finding[];
};

type NewFinding = { kind: FindingKind; subject: string; detail?: string; images?: string[] };

/** Notes what is wrong, and, where that is wanted, has it repaired. `repair` tells whether it could. */
export async function report(
  { findings, options }: CheckContext,
  finding: NewFinding,
  repair: () => Promise<boolean> | boolean,
): Promise<void> {
  const noted: Finding = { detail: '', images: [], ...finding, repaired: false };
  findings.push(noted);
  if (!options.repair) return;
  try {
    noted.repaired = await repair();
  } catch (error) {
    noted.detail = [noted.detail, (error as Error).message].filter(Boolean).join('; ');
  }
}

/** What people call the images that need a blob. */
export function imagesWithBlob({ parts: { images } }: CheckContext, digest: Digest): string[] {
  return images.withBlob(digest).flatMap(id => namesOf(images, id));
}

/** What people call the images that need a layer. */
export function imagesWithLayer({ parts: { images } }: CheckContext, chainId: Digest): string[] {
  return images
    .list()
    .filter(image => image.chainIds.includes(chainId))
    .flatMap(({ id }) => namesOf(images, id));
}

function namesOf(images: GraphParts['images'], id: Digest): string[] {
  const names = images.referencesTo(id).map(familiarString);
  return names.length === 0 ? [shortId(id)] : names;
}

/** Has as many tasks at work at once as there are cores. */
export async function inParallel<T>(items: readonly T[], task: (item: T) => Promise<void>): Promise<void> {
  const waiting = [...items];
  const worker = async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await task(item);
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
}
