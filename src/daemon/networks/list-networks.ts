import type { NetworkInspect } from '../../api/types.ts';
import type { Daemon } from '../daemon.ts';
import { invalid } from '../errors.ts';
import {
  booleanFilter,
  checkFilters,
  type Filters,
  matchesExactly,
  matchesLabels,
  matchesPattern,
} from '../filters.ts';
import { describeNetwork } from './describe-network.ts';
import type { NetworkRecord } from './networks.ts';

const KNOWN = ['dangling', 'driver', 'id', 'label', 'name', 'scope', 'type'];

/** `docker network ls`. @throws EngineError invalid-parameter for a bad filter */
export function listNetworks({ networks, containers }: Daemon, filters: Filters): NetworkInspect[] {
  checkFilters(filters, KNOWN);
  for (const type of filters.get('type') ?? []) {
    if (type !== 'builtin' && type !== 'custom') throw invalid(`invalid filter: 'type'='${type}'`);
  }
  const all = containers.all();
  return networks
    .all()
    .filter(network => matches(network, filters))
    .map(network => describeNetwork(network, all));
}

function matches(network: NetworkRecord, filters: Filters): boolean {
  return (
    matchesExactly(filters, 'driver', network.driver) &&
    matchesExactly(filters, 'scope', 'local') &&
    // The networks there are now have been there from the beginning: `builtin`, and never `dangling`.
    matchesExactly(filters, 'type', 'builtin') &&
    !booleanFilter(filters, 'dangling', false) &&
    matchesPattern(filters, 'id', network.id) &&
    matchesPattern(filters, 'name', network.name) &&
    matchesLabels(filters, network.labels)
  );
}
