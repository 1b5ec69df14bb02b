import { parseTime } from '../clock.ts';
import type { Container } from '../containers/container.ts';
import { parsePort } from '../create/ports.ts';
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
import { listPorts } from './describe-networks.ts';

const KNOWN =
  `ancestor before exited expose health id isolation is-task label name network publish since status
  volume`.split(/\s+/);
const STATES = ['created', 'running', 'paused', 'restarting', 'removing', 'exited', 'dead'];
const HEALTHS = ['none', 'starting', 'healthy', 'unhealthy'];

/** What `docker ps --filter` selects. @throws EngineError invalid-parameter, not-found, in Docker's words */
export async function containerFilter(
  daemon: Daemon,
  filters: Filters,
): Promise<(container: Container) => boolean> {
  checkFilters(filters, KNOWN);
  checkValues(filters, 'status', 'state', STATES);
  checkValues(filters, 'health', 'health', HEALTHS);
  const exitCodes = (filters.get('exited') ?? []).map(exitCode);
  const ancestors = await ancestorIds(daemon, filters);
  const before = referencedTimes(daemon, filters, 'before');
  const since = referencedTimes(daemon, filters, 'since');
  const ports = { published: portKeys(filters, 'publish'), exposed: portKeys(filters, 'expose') };
  const isTask = booleanFilter(filters, 'is-task', false);
  return container => {
    const { record, state } = container;
    const created = parseTime(record.createdAt);
    return (
      !isTask &&
      matchesPattern(filters, 'name', record.name, `/${record.name}`) &&
      matchesPrefix(filters, record.id) &&
      matchesLabels(filters, record.config.Labels) &&
      matchesExactly(filters, 'status', state.status) &&
      matchesExactly(filters, 'health', state.health?.Status ?? 'none') &&
      (exitCodes.length === 0 || (hasExited(container) && exitCodes.includes(state.exitCode))) &&
      (ancestors === undefined || ancestors.has(record.imageId)) &&
      before.every(time => created < time) &&
      since.every(time => created > time) &&
      matchesVolume(filters, container) &&
      matchesNetwork(daemon, filters, container) &&
      matchesPorts(container, ports)
    );
  };
}

function checkValues(filters: Filters, key: string, what: string, allowed: string[]): void {
  for (const value of filters.get(key) ?? []) {
    if (allowed.includes(value)) continue;
    throw invalid(
      `invalid filter '${key}=${value}': invalid value for ${what} (${value}): must be one of ${allowed.join(', ')}`,
    );
  }
}

function exitCode(text: string): number {
  if (/^[+-]?\d+$/.test(text)) return Number(text);
  throw invalid(`invalid filter 'exited=${text}': strconv.Atoi: parsing "${text}": invalid syntax`);
}

function hasExited({ isRunning, state }: Container): boolean {
  return !isRunning && state.status !== 'created';
}

function matchesPrefix(filters: Filters, id: string): boolean {
  const values = filters.get('id') ?? [];
  return (
    values.length === 0 || values.some(value => id.startsWith(value) || matchesPattern(filters, 'id', id))
  );
}

/** Images, and those made from them: told by their layers. */
async function ancestorIds({ graph }: Daemon, filters: Filters): Promise<Set<string> | undefined> {
  const references = filters.get('ancestor') ?? [];
  if (references.length === 0) return undefined;
  const images = await graph.list();
  const found = await Promise.all(
    references.map(reference => graph.resolve(reference).catch(() => undefined)),
  );
  const ids = found.flatMap(ancestor => {
    if (ancestor === undefined) return [];
    const top = ancestor.chainIds.at(-1);
    const descendants = images.filter(({ chainIds }) => top !== undefined && chainIds.includes(top));
    return [ancestor.id, ...descendants.map(({ id }) => id)];
  });
  return new Set(ids);
}

function referencedTimes({ containers }: Daemon, filters: Filters, key: 'before' | 'since'): bigint[] {
  return (filters.get(key) ?? []).map(name => parseTime(containers.find(name).record.createdAt));
}

/** By the volume's name, or by source or destination. */
function matchesVolume(filters: Filters, { record }: Container): boolean {
  const values = filters.get('volume') ?? [];
  if (values.length === 0) return true;
  return record.mounts.some(({ name, source, destination }) =>
    values.some(value => value === name || value === source || value === destination),
  );
}

function matchesNetwork({ networks }: Daemon, filters: Filters, { record, state }: Container): boolean {
  const values = filters.get('network') ?? [];
  if (values.length === 0) return true;
  const names = Object.keys(record.networks);
  const ids = networks
    .all()
    .filter(({ name }) => names.includes(name))
    .map(({ id }) => id);
  const known = [...names, ...ids, ...state.endpoints.map(({ endpoint }) => endpoint.networkId)];
  return values.some(value =>
    known.some(one => one === value || (value.length >= 12 && one.startsWith(value))),
  );
}

function portKeys(filters: Filters, key: 'publish' | 'expose'): Set<string> {
  const keys = (filters.get(key) ?? []).flatMap(value => {
    try {
      const { number, end, protocol } = parsePort(value);
      return Array.from({ length: end - number + 1 }, (_, index) => `${number + index}/${protocol}`);
    } catch {
      const reason = `strconv.ParseUint: parsing ${JSON.stringify(value)}: invalid syntax`;
      throw invalid(`error while looking up for ${key} ${value}: ${reason}`);
    }
  });
  return new Set(keys);
}

type WantedPorts = { published: ReadonlySet<string>; exposed: ReadonlySet<string> };

function matchesPorts(container: Container, { published, exposed }: WantedPorts): boolean {
  if (published.size > 0) {
    const ports = listPorts(container).filter(({ PublicPort }) => PublicPort !== undefined);
    if (!ports.some(({ PublicPort, Type }) => published.has(`${PublicPort}/${Type}`))) return false;
  }
  if (exposed.size === 0) return true;
  return Object.keys(container.record.config.ExposedPorts ?? {}).some(port => exposed.has(port));
}
