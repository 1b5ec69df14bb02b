import type { NetworkInspect } from '../../api/types.ts';
import type { Daemon } from '../daemon.ts';
import { invalid } from '../errors.ts';
import {
  booleanFilter,
  checkFilters,
  type Filters,
  exactFilter,
  labelFilter,
  patternFilter,
} from '../filters.ts';
import { describeNetwork } from './describe-network.ts';
import type { NetworkRecord } from './networks.ts';

const KNOWN = ['dangling', 'driver', 'id', 'label', 'name', 'scope', 'type'];

/** `docker network ls`. @throws EngineError invalid-parameter for a bad filter */
export async function listNetworks(
  { networks, containers }: Daemon,
  filters: Filters,
): Promise<NetworkInspect[]> {
  checkFilters(filters, KNOWN);
  for (const type of filters.get('type') ?? []) {
    if (type !== 'builtin' && type !== 'custom') throw invalid(`invalid filter: 'type'='${type}'`);
  }
  const matches = await networkFilter(filters);
  const all = containers.all();
  return networks
    .all()
    .filter(matches)
    .map(network => describeNetwork(network, all));
}

async function networkFilter(filters: Filters): Promise<(network: NetworkRecord) => boolean> {
  const hasId = await patternFilter(filters, 'id');
  const hasName = await patternFilter(filters, 'name');
  const hasLabels = labelFilter(filters);
  const hasDriver = exactFilter(filters, 'driver');
  // The networks there are now have been there from the beginning: `builtin`, and never `dangling`.
  const hasAny =
    exactFilter(filters, 'scope')('local') &&
    exactFilter(filters, 'type')('builtin') &&
    !booleanFilter(filters, 'dangling', false);
  return ({ id, name, driver, labels }) =>
    hasAny && hasDriver(driver) && hasId(id) && hasName(name) && hasLabels(labels);
}
