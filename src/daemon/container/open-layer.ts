import type { ContainerLayer } from '../../graph/graph.ts';
import type { Container } from '../model/container.ts';
import type { Daemon } from './daemon.ts';

/** A container's layer, opened once for each daemon. @throws EngineError */
export async function openLayer(
  { graph }: Pick<Daemon, 'graph'>,
  container: Container,
): Promise<ContainerLayer> {
  container.layer ??= await graph.openContainerLayer(container.id);
  return container.layer;
}
