import { archiveDestination, archiveSource } from '../../registry/copy/archive-place.ts';
import type { ImageDestination, ImageSource } from '../../registry/copy/image-place.ts';
import { layoutDestination, layoutSource } from '../../registry/copy/layout-place.ts';
import { registryDestination, registrySource } from '../../registry/copy/registry-place.ts';
import { Repository } from '../../registry/client/repository.ts';
import type { Session } from '../../registry/client/session.ts';
import { parseReference, type Reference, withDefaultTag } from '../../oci/reference.ts';

/** Where an image is, as people write it: `busybox:1`, `oci:DIRECTORY[:NAME]`, `oci-archive:FILE[:NAME]`. */
export type ImageLocation = { kind: 'registry'; reference: Reference } | FilesLocation;
type FilesLocation = { kind: 'oci' | 'oci-archive'; path: string; name: string | undefined };

/** skopeo's word for a registry. */
const REGISTRY_PREFIX = 'docker://';
const FILES = /^(oci|oci-archive):([^:]+)(?::(.+))?$/s;

/** @throws EngineError invalid-parameter for what is no reference; Error for a transport that there is not */
export function parseImageLocation(text: string): ImageLocation {
  const [, kind, path = '', name] = FILES.exec(text) ?? [];
  if (kind !== undefined) return { kind: kind as 'oci' | 'oci-archive', path, name };
  const transport = /^(oci|oci-archive|docker-archive|docker-daemon|dir|containers-storage):/.exec(text)?.[1];
  if (transport === 'oci' || transport === 'oci-archive') throw new Error(`${text}: the path is missing`);
  if (transport !== undefined)
    throw new Error(`${text}: images are copied between registries, oci:DIRECTORY and oci-archive:FILE`);
  const imageName = text.startsWith(REGISTRY_PREFIX) ? text.slice(REGISTRY_PREFIX.length) : text;
  return { kind: 'registry', reference: withDefaultTag(parseReference(imageName)) };
}

/** @param open gives a session with a registry, by its domain; the caller closes it */
export async function openSource(
  location: ImageLocation,
  open: (domain: string) => Promise<Session>,
): Promise<ImageSource> {
  if (location.kind !== 'registry') {
    const { kind, path, name } = location;
    return kind === 'oci' ? layoutSource(path, name) : archiveSource(path, name);
  }
  const { reference } = location;
  const session = await open(reference.domain);
  return registrySource(await Repository.open(session, reference, ['resolve', 'pull']), reference);
}

/** @param open as for {@link openSource} */
export async function openDestination(
  location: ImageLocation,
  open: (domain: string) => Promise<Session>,
): Promise<ImageDestination> {
  if (location.kind !== 'registry') {
    const { kind, path, name } = location;
    return kind === 'oci' ? layoutDestination(path, name) : archiveDestination(path, name);
  }
  const { reference } = location;
  const session = await open(reference.domain);
  return registryDestination(await Repository.open(session, reference, ['push']), reference);
}
