import { isDeepStrictEqual } from 'node:util';
import type { Image } from '../../../graph/graph.ts';
import { TimeSlice } from '../../../base/time-slice.ts';
import { parseTime } from '../../model/clock.ts';
import type { Container } from '../../model/container.ts';
import { parsePort, usablePorts } from '../config/ports.ts';
import type { Daemon } from '../daemon.ts';
import { invalid } from '../../model/errors.ts';
import {
  booleanFilter,
  checkFilters,
  exactFilter,
  type Filters,
  filterValues,
  labelFilter,
  patternFilter,
} from '../../model/filters.ts';
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
  if (filters.size === 0) return () => true;
  checkFilters(filters, KNOWN);
  checkValues(filters, 'status', 'state', STATES);
  checkValues(filters, 'health', 'health', HEALTHS);
  const checks = [
    ...(await patternChecks(filters)),
    ...valueChecks(filters),
    ...(await ancestorCheck(daemon, filters)),
    ...(await timeChecks(daemon, filters)),
    ...volumeCheck(filters),
    ...networkCheck(daemon, filters),
    ...portChecks(filters),
  ];
  return container => checks.every(check => check(container));
}

/** Tells whether a container is wanted. There is one check for each filter that is given. */
type Check = (container: Container) => boolean;

async function patternChecks(filters: Filters): Promise<Check[]> {
  const hasName = await patternFilter(filters, 'name');
  const hasId = await patternFilter(filters, 'id');
  const hasLabels = labelFilter(filters);
  return [
    ...(filters.has('name') ? [({ record }: Container) => hasName(record.name, `/${record.name}`)] : []),
    ...(filters.has('id') ? [({ record }: Container) => hasId(record.id)] : []),
    ...(filters.has('label') ? [({ record }: Container) => hasLabels(record.config.Labels)] : []),
  ];
}

function valueChecks(filters: Filters): Check[] {
  const hasStatus = exactFilter(filters, 'status');
  const hasHealth = exactFilter(filters, 'health');
  const exitCodes = new Set(filterValues(filters, 'exited').map(exitCode));
  const isTask = booleanFilter(filters, 'is-task', false);
  const hasCode: Check = container => hasExited(container) && exitCodes.has(container.state.exitCode);
  return [
    ...(isTask ? [() => false] : []),
    ...(filters.has('status') ? [({ state }: Container) => hasStatus(state.status)] : []),
    ...(filters.has('health') ? [({ state }: Container) => hasHealth(state.health?.Status ?? 'none')] : []),
    ...(exitCodes.size > 0 ? [hasCode] : []),
  ];
}

async function ancestorCheck(daemon: Daemon, filters: Filters): Promise<Check[]> {
  const ancestors = await ancestorIds(daemon, filters);
  return ancestors === undefined ? [] : [({ record }) => ancestors.has(record.imageId)];
}

async function timeChecks(daemon: Daemon, filters: Filters): Promise<Check[]> {
  const before = await referencedTimes(daemon, filters, 'before');
  const since = await referencedTimes(daemon, filters, 'since');
  if (before.length + since.length === 0) return [];
  return [
    ({ record }) => {
      const created = parseTime(record.createdAt);
      return before.every(time => created < time) && since.every(time => created > time);
    },
  ];
}

function checkValues(filters: Filters, key: string, what: string, allowed: string[]): void {
  for (const value of filterValues(filters, key)) {
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

/** Images, and those made from them, recognised by their layers, and by their history where no layer was added. */
async function ancestorIds({ graph }: Daemon, filters: Filters): Promise<Set<string> | undefined> {
  const references = filterValues(filters, 'ancestor');
  if (references.length === 0) return undefined;
  const ancestors = new Map<string, Image>();
  const slice = new TimeSlice();
  for (const reference of references) {
    const ancestor = await graph.resolve(reference).catch(() => undefined);
    if (ancestor !== undefined) ancestors.set(ancestor.id, ancestor);
    if (slice.isOver) await slice.pause();
  }
  const ids = new Set(ancestors.keys());
  for (const image of await graph.list())
    for (const ancestor of ancestors.values()) {
      if (descends(image, ancestor)) ids.add(image.id);
      if (slice.isOver) await slice.pause();
    }
  return ids;
}

function descends(image: Image, ancestor: Image): boolean {
  const top = ancestor.chainIds.at(-1);
  if (top === undefined || image.chainIds[ancestor.chainIds.length - 1] !== top) return false;
  const { history = [] } = image.config;
  return (ancestor.config.history ?? []).every((step, index) => isDeepStrictEqual(step, history[index]));
}

async function referencedTimes(
  { containers }: Daemon,
  filters: Filters,
  key: 'before' | 'since',
): Promise<bigint[]> {
  const slice = new TimeSlice();
  const times: bigint[] = [];
  for (const name of filterValues(filters, key)) {
    times.push(parseTime(containers.find(name).record.createdAt));
    if (slice.isOver) await slice.pause();
  }
  return times;
}

/** By the volume's name, or by source or destination. */
function volumeCheck(filters: Filters): Check[] {
  const isWanted = exactFilter(filters, 'volume');
  if (filterValues(filters, 'volume').length === 0) return [];
  return [
    ({ record }) =>
      record.mounts.some(({ name, source, destination }) => isWanted(name, source, destination)),
  ];
}

/** By name, id, or the beginning of an id. */
function networkCheck({ networks }: Daemon, filters: Filters): Check[] {
  const values = filterValues(filters, 'network');
  if (values.length === 0) return [];
  const isWanted = exactFilter(filters, 'network');
  const found = networks.all().filter(({ id }) => values.some(value => id.startsWith(value)));
  const ids = new Set(found.map(({ id }) => id));
  const names = new Set(found.map(({ name }) => name));
  return [
    ({ record, state }) => {
      const own = Object.keys(record.networks);
      return (
        isWanted(...own) ||
        own.some(name => names.has(name)) ||
        state.endpoints.some(({ endpoint }) => ids.has(endpoint.networkId))
      );
    },
  ];
}

const PORTS = 65_536;

/** By published and by exposed ports; a range stands for all of its ports. */
function portChecks(filters: Filters): Check[] {
  const isPublished = wantedPorts(filters, 'publish');
  const isExposed = wantedPorts(filters, 'expose');
  const hasPublished: Check = container =>
    listPorts(container).some(({ PublicPort, Type }) => isPublished?.(PublicPort, Type));
  const hasExposed: Check = ({ record }) =>
    usablePorts(record.config.ExposedPorts).some(({ number, protocol }) => isExposed?.(number, protocol));
  return [...(isPublished ? [hasPublished] : []), ...(isExposed ? [hasExposed] : [])];
}

type IsWantedPort = (number: number | undefined, protocol: string) => boolean;

/** Undefined where any will do. */
function wantedPorts(filters: Filters, key: 'publish' | 'expose'): IsWantedPort | undefined {
  const values = filterValues(filters, key);
  if (values.length === 0) return undefined;
  const wanted = new Map(['tcp', 'udp', 'sctp'].map(protocol => [protocol, new Uint8Array(PORTS)]));
  for (const value of values) {
    const { number, end, protocol } = filteredPort(key, value);
    wanted.get(protocol)?.fill(1, number, end + 1);
  }
  return (number, protocol) => number !== undefined && wanted.get(protocol)?.[number] === 1;
}

function filteredPort(key: string, value: string) {
  try {
    return parsePort(value);
  } catch {
    throw invalid(`error while looking up for ${key} ${value}: ${portError(value)}`);
  }
}

/** In the words of docker/go-connections. */
function portError(value: string): string {
  const [ports = ''] = value.split('/', 1);
  if (ports === '') return 'Empty string specified for ports.';
  const wrong = ports.split('-', 2).find(port => !/^\d+$/.test(port) || Number(port) >= PORTS);
  if (wrong === undefined) return `Invalid range specified for the Port: ${ports}`;
  const reason = /^\d+$/.test(wrong) ? 'value out of range' : 'invalid syntax';
  return `strconv.ParseUint: parsing ${JSON.stringify(wrong)}: ${reason}`;
}
