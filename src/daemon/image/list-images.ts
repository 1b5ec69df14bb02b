import { countKeys } from '../../base/count.ts';
import type * as api from '../../api/types.ts';
import { TimeSlice } from '../../base/time-slice.ts';
import type { Graph, Image } from '../../graph/graph.ts';
import type { Container } from '../model/container.ts';
import type { DaemonCore } from '../model/core.ts';
import { booleanFilter, checkFilters, type Filters, filterValues, labelFilter } from '../model/filters.ts';
import { untilTime } from '../model/until-filter.ts';
import { summarizeImage } from './describe-image.ts';
import { pathMatcher } from '../../base/go/path-match.ts';
import { invalid } from '../model/errors.ts';

const KNOWN = ['dangling', 'label', 'label!', 'before', 'since', 'reference', 'until'];

export type ListOptions = {
  filters: Filters;
  /** Also images that others were made from, though they have no name. */
  all?: boolean;
  sharedSize?: boolean;
};

/** `docker images`, newest first. @throws EngineError invalid-parameter, not-found for bad filters */
export async function listImages(daemon: DaemonCore, options: ListOptions): Promise<api.ImageSummary[]> {
  const { filters, all = false } = options;
  checkFilters(filters, KNOWN);
  const matches = await imageFilter(daemon, filters);
  const everything = await daemon.graph.list();
  const parents = new Set(everything.map(({ parent }) => parent));
  const sharedSize =
    options.sharedSize === true ? sharedBytes(everything, daemon.graph.layerSizes()) : () => -1;
  const users = countUsers(daemon);
  const named = matchingNames(filters);
  const slice = new TimeSlice();
  const summaries: api.ImageSummary[] = [];
  for (const image of everything) {
    if (slice.isOver) await slice.pause();
    if (!matches(image) || !(all || hasNames(image) || !parents.has(image.id))) continue;
    const counts = { sharedSize: sharedSize(image), containers: users(image.id) };
    summaries.push(summarizeImage({ ...image, ...named(image) }, counts));
  }
  return summaries.sort((a, b) => b.Created - a.Created);
}

/** What the filters of `images` and `image prune` select. */
export async function imageFilter(
  { graph }: DaemonCore,
  filters: Filters,
): Promise<(image: Image) => boolean> {
  const before = await creationTimes(graph, filters.get('before'));
  const since = await creationTimes(graph, filters.get('since'));
  const until = filterValues(filters, 'until').map(value => untilTime(new Map([['until', [value]]])));
  const isDangling = filters.has('dangling') ? booleanFilter(filters, 'dangling', false) : undefined;
  const named = matchingNames(filters);
  const hasLabels = labelFilter(filters);
  return image => {
    const labels = image.config.config?.Labels;
    return (
      (isDangling === undefined || (isDangling ? image.repoTags.length === 0 : hasNames(image))) &&
      before.every(time => createdMs(image) < time) &&
      since.every(time => createdMs(image) > time) &&
      until.every(time => time === undefined || isOlder(image, time)) &&
      hasLabels(labels) &&
      (!filters.has('reference') || hasNames(named(image)))
    );
  };
}

/** An image that does not say when it was made is not. */
function isOlder(image: Image, timeNs: bigint): boolean {
  return image.config.created !== undefined && BigInt(createdMs(image)) * 1_000_000n < timeNs;
}

async function creationTimes(graph: Graph, references: readonly string[] = []): Promise<number[]> {
  const slice = new TimeSlice();
  const times: number[] = [];
  for (const reference of references) {
    times.push(createdMs(await graph.resolve(reference)));
    if (slice.isOver) await slice.pause();
  }
  return times;
}

/** Whether a container was made from an image, or mounts it. */
export function usesImage({ record }: Pick<Container, 'record'>, imageId: string): boolean {
  return (
    record.imageId === imageId ||
    record.mounts.some(({ type, source }) => type === 'image' && source === imageId)
  );
}

/** The containers that use an image. */
export function imageUsers({ containers }: DaemonCore, imageId: string): { id: string; running: boolean }[] {
  return containers
    .all()
    .filter(container => usesImage(container, imageId))
    .map(({ id, isRunning }) => ({ id, running: isRunning }));
}

function countUsers({ containers }: DaemonCore): (imageId: string) => number {
  return countKeys<string>(containers.all().map(({ record }) => record.imageId));
}

/** How many bytes of an image belong to others as well. */
function sharedBytes(images: readonly Image[], sizes: ReadonlyMap<string, number>): (image: Image) => number {
  const uses = countKeys(images.flatMap(({ chainIds }) => chainIds));
  return ({ chainIds }) =>
    chainIds
      .filter(chainId => uses(chainId) > 1)
      .reduce((sum, chainId) => sum + (sizes.get(chainId) ?? 0), 0);
}

function createdMs(image: Image): number {
  return Date.parse(image.config.created ?? '1970-01-01T00:00:00Z');
}

type Names = Pick<Image, 'repoTags' | 'repoDigests'>;

function hasNames({ repoTags, repoDigests }: Names): boolean {
  return repoTags.length > 0 || repoDigests.length > 0;
}

/** The length of all patterns together: each name is compared with each of them. */
const MAX_PATTERNS_LENGTH = 16_384;

/** The names that the `reference` filter lets through: the familiar name matches, with or without tag or digest. */
function matchingNames(filters: Filters): (names: Names) => Names {
  if (!filters.has('reference')) return ({ repoTags, repoDigests }) => ({ repoTags, repoDigests });
  const texts = filterValues(filters, 'reference');
  if (texts.reduce((sum, { length }) => sum + length, 0) > MAX_PATTERNS_LENGTH)
    throw invalid('too many reference patterns');
  const patterns = texts.map(pathMatcher);
  const matches = (name: string) => {
    const bare = name.replace(/@.*$/s, '').replace(/:[^/]*$/, '');
    return patterns.some(pattern => pattern(name) || pattern(bare));
  };
  return ({ repoTags, repoDigests }) => ({
    repoTags: repoTags.filter(matches),
    repoDigests: repoDigests.filter(matches),
  });
}
