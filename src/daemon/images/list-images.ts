import type * as api from '../../api/types.ts';
import type { Image } from '../../graph/graph.ts';
import type { Daemon } from '../daemon.ts';
import { avoidsLabels, booleanFilter, checkFilters, type Filters, matchesLabels } from '../filters.ts';
import { untilTime } from '../until-filter.ts';
import { summarizeImage } from './describe-image.ts';

const KNOWN = ['dangling', 'label', 'label!', 'before', 'since', 'reference', 'until'];

/** `docker images`, newest first. @throws EngineError invalid-parameter, not-found for bad filters */
export async function listImages(
  daemon: Daemon,
  { filters }: { filters: Filters },
): Promise<api.ImageSummary[]> {
  checkFilters(filters, KNOWN);
  const matches = await imageFilter(daemon, filters);
  const references = filters.get('reference') ?? [];
  const images = (await daemon.graph.list()).filter(matches);
  return images
    .map(image => ({ ...image, repoTags: onlyMatching(image.repoTags, references) }))
    .map(image => summarizeImage(image, { sharedSize: -1, containers: imageUsers(daemon, image.id).length }))
    .sort((a, b) => b.Created - a.Created);
}

/** What the filters of `images` and `image prune` select. */
export async function imageFilter({ graph }: Daemon, filters: Filters): Promise<(image: Image) => boolean> {
  const createdOf = async (name: string): Promise<number> => createdMs(await graph.resolve(name));
  const before = await Promise.all((filters.get('before') ?? []).map(createdOf));
  const since = await Promise.all((filters.get('since') ?? []).map(createdOf));
  const until = untilTime(filters);
  const isDangling = filters.has('dangling') ? booleanFilter(filters, 'dangling', false) : undefined;
  const references = filters.get('reference') ?? [];
  return image => {
    const labels = image.config.config?.Labels;
    return (
      (isDangling === undefined || isDangling === (image.repoTags.length === 0)) &&
      before.every(time => createdMs(image) < time) &&
      since.every(time => createdMs(image) > time) &&
      (until === undefined || BigInt(createdMs(image)) * 1_000_000n < until) &&
      matchesLabels(filters, labels) &&
      avoidsLabels(filters, labels) &&
      (references.length === 0 || onlyMatching(image.repoTags, references).length > 0)
    );
  };
}

/** Containers that were made from an image. */
export function imageUsers({ containers }: Daemon, imageId: string): { id: string; running: boolean }[] {
  return containers
    .all()
    .filter(({ record }) => record.imageId === imageId)
    .map(({ id, isRunning }) => ({ id, running: isRunning }));
}

function createdMs(image: Image): number {
  return Date.parse(image.config.created ?? '1970-01-01T00:00:00Z');
}

function onlyMatching(tags: readonly string[], patterns: readonly string[]): string[] {
  if (patterns.length === 0) return [...tags];
  return tags.filter(tag => patterns.some(pattern => matchesReference(pattern, tag)));
}

/** Go's path.Match on the familiar name, with or without the tag. */
function matchesReference(pattern: string, tag: string): boolean {
  const expression = new RegExp(
    `^${pattern
      .replace(/[.+^${}()|\\]/g, '\\$&')
      .replaceAll('*', '[^/]*')
      .replaceAll('?', '[^/]')}$`,
  );
  return expression.test(tag) || expression.test(tag.slice(0, tag.lastIndexOf(':')));
}
