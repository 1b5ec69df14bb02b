import { EngineError } from '../../base/errors.ts';
import type { Image } from '../../graph/graph.ts';
import type { ContainerRecord } from '../model/container-record.ts';
import type { DaemonCore } from '../model/core.ts';
import { conflict } from '../model/errors.ts';
import { pruneEvent } from '../model/prune-event.ts';
import { booleanFilter, checkFilters, type Filters } from '../model/filters.ts';
import { untilTime } from '../model/until-filter.ts';
import { type Removal, removeImage } from './images.ts';
import { imageFilter, usesImage } from './list-images.ts';

const running = new WeakSet<DaemonCore>();

/**
 * `docker image prune`: untagged images that are unused; with `dangling=false`, all that are unused, and the names of
 * the others but the one that a container has of it, or the last. What is
 * reclaimed is what this frees on the disk: layers and content that no other image has.
 * @throws EngineError invalid-parameter for bad filters, conflict while another one is at work
 */
export async function pruneImages(
  daemon: DaemonCore,
  filters: Filters,
): Promise<{ ImagesDeleted: Removal[] | null; SpaceReclaimed: number }> {
  checkFilters(filters, ['dangling', 'label', 'label!', 'until']);
  // Of a list's several moments all count, of a prune there is one.
  untilTime(filters);
  const onlyDangling = booleanFilter(filters, 'dangling', true);
  const matches = await imageFilter(daemon, new Map([...filters].filter(([key]) => key !== 'dangling')));
  if (running.has(daemon)) throw conflict('a prune operation is already running');
  running.add(daemon);
  try {
    // Layers' sizes are known then when they go.
    await daemon.graph.diskUsage();
    const images = (await daemon.graph.list()).filter(matches);
    const result = await prune(
      daemon,
      onlyDangling ? images.filter(({ repoTags }) => repoTags.length === 0) : images,
    );
    pruneEvent(daemon, 'image', result.SpaceReclaimed);
    return result;
  } finally {
    running.delete(daemon);
  }
}

async function prune(daemon: DaemonCore, images: readonly Image[]) {
  const deleted: Removal[] = [];
  let reclaimed = 0;
  const onFreed = (bytes: number) => {
    reclaimed += bytes;
  };
  for (const image of images)
    for (const reference of unused(daemon, image))
      deleted.push(...(await removeIfPossible(daemon, reference, onFreed)));
  return { ImagesDeleted: deleted.length > 0 ? deleted : null, SpaceReclaimed: reclaimed };
}

/** The names of an image that no container needs; its id where it has no name. */
function unused({ containers }: DaemonCore, { id, repoTags, repoDigests }: Image): string[] {
  const users = containers.all().filter(container => usesImage(container, id));
  const names = [...repoTags, ...repoDigests];
  if (users.length === 0) return names.length > 0 ? names : [id];
  const wanted = new Set(users.flatMap(({ record }) => namesIn(record)));
  const tags = [...repoTags].sort();
  const kept = tags.filter(tag => wanted.has(tag) || wanted.has(tag.replace(/:latest$/, '')));
  return tags.filter(tag => !(kept.length > 0 ? kept : tags.slice(-1)).includes(tag));
}

function namesIn({ imageReference, mounts }: ContainerRecord): string[] {
  return [imageReference, ...mounts.filter(({ type }) => type === 'image').map(({ name }) => name)];
}

/** An image that others were made from stays, and one may have gone meanwhile. */
async function removeIfPossible(
  daemon: DaemonCore,
  reference: string,
  onFreed: (bytes: number) => void,
): Promise<Removal[]> {
  try {
    return await removeImage(daemon, reference, { force: false, noPrune: false, onFreed });
  } catch (error) {
    if (error instanceof EngineError && ['conflict', 'not-found'].includes(error.kind)) return [];
    throw error;
  }
}
