import type { Readable } from 'node:stream';
import type * as api from '../../api/types.ts';
import { EngineError } from '../../base/errors.ts';
import type { Daemon } from '../daemon.ts';
import { imageUsers } from './list-images.ts';

type Progress = (message: api.ProgressMessage) => void;
export type Removal = { Untagged?: string; Deleted?: string };

/** What the engine can make itself, by the name one would pull. */
const BUILT_IN = /^(?:docker\.io\/)?(?:library\/)?hello(?::latest)?$/;

export function imageEvent({ events }: Daemon, action: string, id: string, name: string): void {
  events.publish({ Type: 'image', Action: action, id, attributes: { name } });
}

export async function tagImage(daemon: Daemon, reference: string, target: string): Promise<void> {
  await daemon.graph.tag(reference, target);
  const { id } = await daemon.graph.resolve(reference);
  imageEvent(daemon, 'tag', id, target);
}

/** @throws EngineError not-found, conflict, in Docker's words */
export async function removeImage(
  daemon: Daemon,
  reference: string,
  options: { force: boolean; noPrune: boolean; onFreed?: (bytes: number) => void },
): Promise<Removal[]> {
  const { id } = await daemon.graph.resolve(reference);
  // Layers of containers that have just been removed may not be gone yet.
  await daemon.background.idle();
  const removals = await daemon.graph.remove(reference, {
    ...options,
    usersOf: imageId => imageUsers(daemon, imageId),
  });
  removalEvents(daemon, id, removals);
  return removals;
}

/** What is to be told of a removal of the image `id`. */
export function removalEvents(daemon: Daemon, id: string, removals: readonly Removal[]): void {
  for (const { Untagged, Deleted } of removals) {
    if (Untagged !== undefined) imageEvent(daemon, 'untag', id, id);
    if (Deleted === id) imageEvent(daemon, 'delete', id, id);
  }
}

export async function loadImage(daemon: Daemon, archive: Readable, progress: Progress): Promise<void> {
  const before = new Set((await daemon.graph.list()).map(({ id }) => id));
  await daemon.graph.load(archive, progress);
  for (const { id } of await daemon.graph.list()) if (!before.has(id)) imageEvent(daemon, 'load', id, id);
}

export async function saveImages(daemon: Daemon, references: string[]): Promise<Readable> {
  const images = await Promise.all(references.map(reference => daemon.graph.resolve(reference)));
  const stream = await daemon.graph.save(references);
  for (const { id } of images) imageEvent(daemon, 'save', id, id);
  return stream;
}

export async function importImage(
  daemon: Daemon,
  archive: Readable,
  options: { repository: string; tag: string; message: string; changes: string[]; platform?: string },
): Promise<string> {
  const { repository, tag, ...rest } = options;
  // The docker CLI leaves the tag in the repository's name.
  const reference = tag === '' ? repository : `${repository}:${tag}`;
  const id = await daemon.graph.import(archive, { ...rest, reference });
  imageEvent(daemon, 'import', id, id);
  return id;
}

/**
 * Only what the engine carries can be had yet.
 * @throws EngineError not-implemented for everything else
 */
export async function pullImage(daemon: Daemon, reference: string, progress: Progress): Promise<void> {
  if (!BUILT_IN.test(reference)) {
    throw new EngineError(
      'not-implemented',
      `cannot pull ${reference}: this version of Slipway cannot reach registries yet`,
      {
        hint: 'load it (`slipway load`, `slipway import`), or make one: `slipway image bootstrap busybox`',
      },
    );
  }
  const id = await daemon.graph.bootstrap('hello', progress);
  imageEvent(daemon, 'pull', 'hello:latest', 'hello');
  progress({ status: `Digest: ${id}` });
  progress({ status: 'Status: Image is up to date for hello:latest' });
}
