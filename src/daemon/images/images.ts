import type { Readable } from 'node:stream';
import type * as api from '../../api/types.ts';
import { EngineError } from '../../base/errors.ts';
import type { Image } from '../../graph/graph.ts';
import { layerProgress } from '../../graph/load/layer-progress.ts';
import type { Daemon } from '../daemon.ts';
import { download, downloadAddress } from './download.ts';
import { imageUsers } from './list-images.ts';

type Progress = (message: api.ProgressMessage) => void;
export type ImportOptions = {
  repository: string;
  tag: string;
  message: string;
  changes: string[];
  platform?: string;
};

export type Removal = { Untagged?: string; Deleted?: string };

/** What the engine can make itself, by the name one would pull. */
const BUILT_IN = /^(?:docker\.io\/)?(?:library\/)?hello(?::latest)?$/;

/** Tells of an image under a name, with its labels, unless it has gone. */
export async function imageEvent(daemon: Daemon, action: string, id: string, name: string): Promise<void> {
  const image = await daemon.graph.resolve(id).catch(() => undefined);
  publish(daemon, action, { id, name, labels: image?.config.config?.Labels });
}

type Told = { id: string; name: string; labels: Record<string, string> | null | undefined };

function publish({ events }: Daemon, action: string, { id, name, labels }: Told): void {
  events.publish({ Type: 'image', Action: action, id, attributes: { ...labels, name } });
}

/** @throws EngineError invalid-parameter, not-found */
export async function tagImage(
  daemon: Daemon,
  reference: string,
  { repository, tag }: { repository: string; tag: string },
): Promise<void> {
  const target = withTag(repository, tag);
  await daemon.graph.tag(reference, target);
  const { id } = await daemon.graph.resolve(reference);
  await imageEvent(daemon, 'tag', id, target);
}

/** @throws EngineError not-found, conflict, in Docker's words */
export async function removeImage(
  daemon: Daemon,
  reference: string,
  options: { force: boolean; noPrune: boolean; onFreed?: (bytes: number) => void },
): Promise<Removal[]> {
  const image = await daemon.graph.resolve(reference);
  // Layers of containers that have just been removed may not be gone yet.
  await daemon.background.idle();
  const removals = await daemon.graph.remove(reference, {
    ...options,
    usersOf: imageId => imageUsers(daemon, imageId),
  });
  removalEvents(daemon, image, removals);
  return removals;
}

/** What is to be told of an image's removal: its labels have gone with it, as with Docker. */
export function removalEvents(daemon: Daemon, { id, config }: Image, removals: readonly Removal[]): void {
  for (const { Untagged, Deleted } of removals) {
    if (Untagged !== undefined) publish(daemon, 'untag', { id, name: id, labels: config.config?.Labels });
    if (Deleted === id) publish(daemon, 'delete', { id, name: id, labels: undefined });
  }
}

export async function loadImage(
  daemon: Daemon,
  archive: Readable,
  { progress, platform }: { progress: Progress; platform?: api.Platform },
): Promise<void> {
  const before = new Set((await daemon.graph.list()).map(({ id }) => id));
  await daemon.graph.load(archive, progress, platform);
  for (const { id } of await daemon.graph.list())
    if (!before.has(id)) await imageEvent(daemon, 'load', id, id);
}

export async function saveImages(
  daemon: Daemon,
  references: string[],
  platform?: api.Platform,
): Promise<Readable> {
  const saving = (id: string) => void imageEvent(daemon, 'save', id, id);
  return daemon.graph.save(references, { platform, saving });
}

export async function importImage(
  daemon: Daemon,
  archive: Readable,
  options: ImportOptions,
): Promise<string> {
  const { repository, tag, message, ...rest } = options;
  const id = await daemon.graph.import(archive, {
    ...rest,
    message: message === '' ? 'Imported from -' : message,
    reference: withTag(repository, tag),
  });
  await imageEvent(daemon, 'import', id, id);
  return id;
}

/** As {@link importImage}, of what the daemon finds at an address. Without a message the address is noted. */
export async function importImageFrom(
  daemon: Daemon,
  source: string,
  { options, progress }: { options: ImportOptions; progress: Progress },
): Promise<string> {
  const address = downloadAddress(source);
  const { body, sizeBytes } = await download(address);
  progress({ status: `Downloading from ${address}` });
  let received = 0;
  const archive = body.map((chunk: Buffer) => {
    received += chunk.length;
    const { id: _none, ...message } = layerProgress('Importing', '', received, sizeBytes ?? received);
    progress(message);
    return chunk;
  });
  return importImage(daemon, archive, {
    ...options,
    message: options.message === '' ? `Imported from ${address}` : options.message,
  });
}

/** A tag by itself takes the place of one in the name, where the docker CLI leaves it. */
function withTag(repository: string, tag: string): string {
  if (tag === '' || repository === '') return repository;
  if (!/^\w[\w.-]{0,127}$/.test(tag)) throw new EngineError('invalid-parameter', 'invalid tag format');
  return `${repository.replace(/:[^/]*$/, '')}:${tag}`;
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
  await imageEvent(daemon, 'pull', 'hello:latest', 'hello');
  progress({ status: `Digest: ${id}` });
  progress({ status: 'Status: Image is up to date for hello:latest' });
}
