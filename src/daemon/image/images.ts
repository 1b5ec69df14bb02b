import type { Readable } from 'node:stream';
import type { ImageImportOptions } from '../../api/backend.ts';
import type * as api from '../../api/types.ts';
import type { Digest } from '../../base/digest.ts';
import type { Image, RemoveOptions } from '../../graph/graph.ts';
import type { ImageConfig } from '../../oci/image-config.ts';
import { layerProgress } from '../../graph/operations/load/layer-progress.ts';
import { familiarString, newName, parseReference } from '../../oci/reference.ts';
import type { DaemonCore } from '../model/core.ts';
import { download, downloadAddress } from './download.ts';
import { imageUsers } from './list-images.ts';

type Progress = (message: api.ProgressMessage) => void;
export type Removal = { Untagged?: string; Deleted?: string };

type EventSubject = { id: string; config?: ImageConfig };

/** Tells of an image, under its id where it has no other name, with its labels where it is still there. */
export function imageEvent(
  { events }: DaemonCore,
  action: string,
  { id, config }: EventSubject,
  name: string = id,
): void {
  const labels = config?.config?.Labels;
  events.publish({ Type: 'image', Action: action, id, attributes: { name }, labels });
}

/** Tells of a name that a build has given: clients send whole names, events have the familiar ones. */
export function tagEvent(daemon: DaemonCore, image: EventSubject, tag: string): void {
  imageEvent(daemon, 'tag', image, familiarString(parseReference(tag)));
}

/** @throws EngineError invalid-parameter, not-found */
export async function tagImage(
  daemon: DaemonCore,
  reference: string,
  name: { repository: string; tag: string },
): Promise<void> {
  const target = nameOf(name);
  await daemon.graph.tag(reference, target);
  imageEvent(daemon, 'tag', await daemon.graph.resolve(reference), target);
}

/** @throws EngineError not-found, conflict, in Docker's words */
export async function removeImage(
  daemon: DaemonCore,
  reference: string,
  options: Omit<RemoveOptions, 'usersOf'>,
): Promise<Removal[]> {
  const image = await daemon.graph.resolve(reference);
  // Layers of containers that have just been removed may not be gone yet.
  await daemon.background.idle();
  const usersOf = (imageId: Digest) => imageUsers(daemon, imageId);
  return removeAndTell(daemon, image, reference, { ...options, usersOf });
}

/**
 * Removes an image, or a name of it, and tells of that and of the images that it was made from: their labels have gone
 * with them, as with Docker.
 * @throws EngineError not-found, conflict
 */
export async function removeAndTell(
  daemon: DaemonCore,
  image: Image,
  reference: string,
  options: RemoveOptions,
): Promise<Removal[]> {
  const images = new Set<string>((await daemon.graph.list()).map(({ id }) => id));
  const removals = await daemon.graph.remove(reference, options);
  for (const { Untagged, Deleted } of removals) {
    if (Untagged !== undefined) imageEvent(daemon, 'untag', image);
    // The rest are layers.
    if (Deleted !== undefined && images.has(Deleted)) imageEvent(daemon, 'delete', { id: Deleted });
  }
  return removals;
}

export async function loadImage(
  daemon: DaemonCore,
  archive: Readable,
  { progress, platform }: { progress: Progress; platform?: api.Platform },
): Promise<void> {
  for (const id of await daemon.graph.load(archive, progress, platform))
    imageEvent(daemon, 'load', await daemon.graph.resolve(id));
}

export async function saveImages(
  daemon: DaemonCore,
  references: string[],
  platform?: api.Platform,
): Promise<Readable> {
  const saving = (image: Image) => imageEvent(daemon, 'save', image);
  return daemon.graph.save(references, { platform, saving });
}

export async function importImage(
  daemon: DaemonCore,
  archive: Readable,
  options: ImageImportOptions,
): Promise<string> {
  const { repository, tag, message, ...rest } = options;
  const reference = nameOf({ repository, tag });
  const id = await daemon.graph.import(archive, {
    ...rest,
    message: message === '' ? 'Imported from -' : message,
    reference,
  });
  const image = await daemon.graph.resolve(id);
  if (reference !== '') imageEvent(daemon, 'tag', image, reference);
  imageEvent(daemon, 'import', image);
  return id;
}

/** As {@link importImage}, of what the daemon finds at an address. Without a message the address is noted. */
export async function importImageFrom(
  daemon: DaemonCore,
  source: string,
  { options, progress }: { options: ImageImportOptions; progress: Progress },
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

/** '' for none. @throws EngineError invalid-parameter */
export function nameOf({ repository, tag }: { repository: string; tag: string }): string {
  return repository === '' ? '' : familiarString(newName(repository, tag));
}
