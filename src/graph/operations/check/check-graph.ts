import { syncLayers, whenSynced } from '../sync-layers.ts';
import type { GraphParts } from '../graph-parts.ts';
import type { ContainerLayers } from '../containers/container-layers.ts';
import { checkContainers } from './check-containers.ts';
import { checkContent } from './check-content.ts';
import type { CheckContext } from './check-context.ts';
import { checkLayers } from './check-layers.ts';
import { checkLeftovers } from './check-leftovers.ts';
import type { CheckOptions, CheckReport } from './check-report.ts';

/**
 * Verifies all that the graph keeps, while it is in use: content by its digests, layers, containers' layers and
 * records against each other, and tells of what nothing refers to. With `repair`, what can be made whole again is,
 * what nothing refers to is removed, and damaged content that nothing can restore is set aside, so that loading or
 * pulling the image once more mends it. What remains names the images that it breaks.
 */
export async function checkGraph(
  parts: GraphParts,
  containers: ContainerLayers,
  options: CheckOptions,
): Promise<CheckReport> {
  await whenSynced(parts);
  const context: CheckContext = { parts, containers, options, findings: [] };
  // Unknown files first: they may be where a layer belongs. Content before layers, which are unpacked from it.
  await checkLeftovers(context);
  const content = await checkContent(context);
  const containerLayers = await checkContainers(context);
  const layers = await checkLayers(context);
  if (options.repair) {
    parts.publishedIndex.write();
    syncLayers(parts);
  }
  return { ...content, layers, containerLayers, findings: context.findings };
}
