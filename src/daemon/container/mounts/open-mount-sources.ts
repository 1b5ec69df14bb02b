import { closeSync } from 'node:fs';
import { posix } from 'node:path';
import { errorCode } from '../../../base/errors.ts';
import { MS_SLAVE } from '../../../kernel/abi/mount.ts';
import { type MountSource, openMountSource } from '../../../kernel/mount-source.ts';
import { cloneMount } from '../../../kernel/own-mounts.ts';
import type { MountRecord } from '../../model/container-record.ts';
import { invalid, notFound } from '../../model/errors.ts';
import type { Volumes } from '../../volume/volumes.ts';

const BIND_REASONS = new Map<string | undefined, string>([
  ['ENOENT', 'does not exist'],
  ['ENOTDIR', 'does not exist'],
  ['EXDEV', 'leads out of its volume'],
  ['ELOOP', 'has too many levels of symbolic links'],
]);

/** Where a mount's files are on the host: for binds, and volumes that are no file systems of their own. */
export function mountSourceOf(volumes: Volumes, { source, subpath }: MountRecord): MountSource {
  const { path, below } = volumes.locate(source);
  return { path, below: subpath === '' ? below : [...below, subpath] };
}

/**
 * Detached mounts, by their destinations, of those sources that lie where containers write: by its name, such a one could
 * be something else when it is mounted than when it was looked at. The caller closes them.
 * @throws EngineError not-found, invalid-parameter, in Docker's words
 */
export function openMountSources(volumes: Volumes, mounts: readonly MountRecord[]): Map<string, number> {
  const opened = new Map<string, number>();
  try {
    for (const mount of mounts) {
      if (mount.type === 'tmpfs' || mount.type === 'image' || mount.device?.isDirectory === false) continue;
      const source = mountSourceOf(volumes, mount);
      if (source.below.length > 0) opened.set(mount.destination, openMount(mount, source));
    }
    return opened;
  } catch (error) {
    for (const fd of opened.values()) closeSync(fd);
    throw error;
  }
}

function openMount(mount: MountRecord, source: MountSource): number {
  const fd = openSource(mount, source);
  try {
    // As in the container's own mount namespace: what is mounted in there stays unknown to the host.
    const propagation = mount.propagation.endsWith('shared') ? 0 : MS_SLAVE;
    return cloneMount(fd, { recursive: !mount.nonRecursive, propagation });
  } finally {
    closeSync(fd);
  }
}

/** Opens (O_PATH) what is mounted. @throws EngineError in Docker's words */
function openSource(mount: MountRecord, source: MountSource): number {
  try {
    return openMountSource(source);
  } catch (error) {
    throw describe(mount, error);
  }
}

function describe({ type, source, subpath }: MountRecord, cause: unknown): unknown {
  const code = errorCode(cause);
  if (type === 'bind') {
    const reason = BIND_REASONS.get(code);
    if (reason === undefined) return cause;
    return invalid(`invalid mount config for type "bind": bind source path ${reason}: ${source}`);
  }
  const path = posix.join(source, subpath);
  const links = `error while resolving symlinks in combined path ${JSON.stringify(path)}`;
  switch (code) {
    case 'ENOENT':
      return notFound(`cannot access path ${path}: lstat ${path}: no such file or directory`, cause);
    case 'EXDEV':
      return invalid(`path concatenation escapes the base directory, base: ${source}, subpath: ${subpath}`);
    case 'ELOOP':
      return invalid(`${links}: EvalSymlinks: too many links`);
    case 'ENOTDIR':
      return invalid(`${links}: not a directory`, cause);
    default:
      return cause;
  }
}
