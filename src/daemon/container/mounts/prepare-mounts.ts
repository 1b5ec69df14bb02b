import { closeSync, existsSync } from 'node:fs';
import { makeDirectories } from '../../../base/make-directories.ts';
import { messageOf, SyscallError } from '../../../base/errors.ts';
import { errnoName } from '../../../kernel/libc.ffi.ts';
import { makeInRoot } from '../../../kernel/make-in-root.ts';
import type { MountSource } from '../../../kernel/mount-source.ts';
import { openRoot } from '../../../kernel/thread-root.ts';
import type { Container } from '../../model/container.ts';
import type { Daemon } from '../daemon.ts';
import { invalid } from '../../model/errors.ts';
import { checkVolumeDirectory } from './volume-source.ts';

/**
 * Makes missing directories of volumes and of `-v` binds, and announces the volumes mounted.
 * @throws EngineError invalid-parameter, in Docker's words, when the source of a bind has gone since creation
 */
export function prepareMounts(daemon: Daemon, container: Container): void {
  for (const mount of container.record.mounts) {
    const { type, name, source, createSource, destination, writable, device } = mount;
    if (type === 'tmpfs' || type === 'image') continue;
    if (type === 'volume') {
      if (device === undefined) daemon.volumes.makeDirectory(name);
      else if (device.isDirectory) checkVolumeDirectory(daemon.volumes.path(name), source);
      daemon.events.publish({
        Type: 'volume',
        Action: 'mount',
        id: name,
        attributes: {
          container: container.id,
          destination,
          driver: 'local',
          propagation: '',
          'read/write': String(writable),
        },
      });
    } else if (createSource) makeSource(source, daemon.volumes.locate(source));
    else if (!existsSync(source)) {
      throw invalid(`invalid mount config for type "bind": bind source path does not exist: ${source}`);
    }
  }
}

function makeSource(source: string, { path, below }: MountSource): void {
  try {
    if (below.length > 0) makeBelow(path, below.join('/'));
    else if (!existsSync(path)) makeDirectories(path, 0o755);
  } catch (error) {
    throw invalid(`error while creating mount source path '${source}': ${messageOf(error)}`);
  }
}

/** Where containers write, links lead nowhere else. */
function makeBelow(directory: string, way: string): void {
  const root = openRoot(directory);
  try {
    const made = makeInRoot(root, way, 'directory');
    if (made < 0) throw new SyscallError('mkdir', -made, errnoName(-made), way);
    closeSync(made);
  } finally {
    closeSync(root);
  }
}
