import type { NetworkInspect } from '../../api/types.ts';
import { parseTime } from '../model/clock.ts';
import type { NetworkDaemon } from './networks.ts';
import { invalid } from '../model/errors.ts';
import { pruneEvent } from '../model/prune-event.ts';
import {
  booleanFilter,
  checkFilters,
  type Filters,
  filterValues,
  exactFilter,
  labelFilter,
  patternFilter,
} from '../model/filters.ts';
import { untilTime } from '../model/until-filter.ts';
import { describeNetwork } from './describe-network.ts';
import { isPredefined, type NetworkRecord } from '../model/network-record.ts';

const KNOWN = ['dangling', 'driver', 'id', 'label', 'name', 'scope', 'type'];
const TYPES = ['builtin', 'custom'];

/** `docker network ls`, without who is connected. @throws EngineError invalid-parameter for a bad filter */
export async function listNetworks(daemon: NetworkDaemon, filters: Filters): Promise<NetworkInspect[]> {
  checkFilters(filters, KNOWN);
  for (const type of filterValues(filters, 'type'))
    if (!TYPES.includes(type)) throw invalid(`invalid filter: 'type'='${type}'`);
  const matches = await networkFilter(daemon, filters);
  return daemon.networks
    .all()
    .filter(matches)
    .map(network => describeNetwork(network, []));
}

async function networkFilter(
  { networks }: NetworkDaemon,
  filters: Filters,
): Promise<(network: NetworkRecord) => boolean> {
  const hasId = await patternFilter(filters, 'id');
  const hasName = await patternFilter(filters, 'name');
  const hasLabels = labelFilter(filters);
  const hasDriver = exactFilter(filters, 'driver');
  const hasType = exactFilter(filters, 'type');
  const hasScope = exactFilter(filters, 'scope')('local');
  const isUnused = (network: NetworkRecord): boolean => !isPredefined(network) && !networks.isInUse(network);
  const wantsUnused = filters.has('dangling') ? booleanFilter(filters, 'dangling', false) : undefined;
  return network =>
    hasScope &&
    hasType(isPredefined(network) ? 'builtin' : 'custom') &&
    (wantsUnused === undefined || isUnused(network) === wantsUnused) &&
    hasDriver(network.driver) &&
    hasId(network.id) &&
    hasName(network.name) &&
    hasLabels(network.labels);
}

/**
 * Removes the networks that no running container is connected to.
 * @throws EngineError invalid-parameter for a bad filter
 */
export async function pruneNetworks(
  { networks, events, log }: NetworkDaemon,
  filters: Filters,
): Promise<{ NetworksDeleted: string[] | null }> {
  checkFilters(filters, ['label', 'label!', 'until']);
  const hasLabels = labelFilter(filters);
  const until = untilTime(filters);
  const removed: string[] = [];
  for (const network of networks.all()) {
    if (isPredefined(network) || networks.isInUse(network)) continue;
    if (!hasLabels(network.labels)) continue;
    if (until !== undefined && parseTime(network.createdAt) > until) continue;
    try {
      await networks.remove(network);
      removed.push(network.name);
    } catch (error) {
      // It has been used or removed meanwhile.
      log.warn({ network: network.id, error: String(error) }, 'pruning a network');
    }
  }
  pruneEvent({ events }, 'network', 0);
  return { NetworksDeleted: removed.length > 0 ? removed : null };
}
