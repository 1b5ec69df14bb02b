import { existsSync } from 'node:fs';
import { posix } from 'node:path';
import { cleanPath } from '../../../archive/go-path.ts';
import type { Mount } from '../../../api/types.ts';
import { messageOf } from '../../../base/errors.ts';
import type { MountRecord } from '../../model/container-record.ts';
import { invalid } from '../../model/errors.ts';
import { tmpfsMountOptions } from '../spec/tmpfs-options.ts';
import { checkTarget, newMount, PROPAGATIONS } from './parse-bind.ts';
import { checkPathLength } from '../../../base/path-length.ts';

/**
 * One entry of `HostConfig.Mounts`.
 * @throws EngineError invalid-parameter, in Docker's words: also for a bind whose source is not there
 */
export function parseMount(mount: Mount): MountRecord {
  const { Type: type = '' } = mount;
  checkOptions(mount, type);
  try {
    switch (mount.Type) {
      case 'bind':
        return parseBindMount(mount);
      case 'volume':
        return parseVolumeMount(mount);
      case 'tmpfs':
        return parseTmpfsMount(mount);
      case 'image':
        return parseImageMount(mount);
      case 'cluster':
      case 'npipe':
        throw invalid(`mounts of type "${mount.Type}" are not supported`);
      default:
        throw invalid('mount type unknown');
    }
  } catch (error) {
    throw invalid(`invalid mount config for type "${type}": ${messageOf(error)}`);
  }
}

const OPTIONS_OF = { BindOptions: 'bind', VolumeOptions: 'volume', TmpfsOptions: 'tmpfs' } as const;

function checkOptions(mount: Mount, type: string): void {
  for (const [name, owner] of Object.entries(OPTIONS_OF))
    if (mount[name as keyof typeof OPTIONS_OF] && type !== owner)
      throw invalid(`${name} must not be specified on mount type "${type}"`);
  if (mount.ImageOptions && type !== 'image')
    throw invalid(`invalid mount config for type "${type}": field ImageOptions must not be specified`);
}

function parseBindMount(mount: Mount): MountRecord {
  const { Source: source = '', Target = '', ReadOnly = false, BindOptions: options = {} } = mount;
  const destination = checkTarget(Target);
  if (source === '') throw invalid('field Source must not be empty');
  checkPathLength(source);
  if (!source.startsWith('/')) throw invalid(`invalid mount path: '${source}' mount path must be absolute`);
  const { Propagation: propagation = '', CreateMountpoint = false, NonRecursive = false } = options;
  if (propagation !== '' && !PROPAGATIONS.includes(propagation))
    throw invalid(`invalid propagation mode: ${propagation}`);
  if (!CreateMountpoint && !existsSync(source)) throw invalid(`bind source path does not exist: ${source}`);
  return {
    ...newMount('bind', destination),
    source: cleanPath(source),
    writable: !ReadOnly,
    createSource: CreateMountpoint,
    propagation,
    nonRecursive: NonRecursive,
    readonlyRecursion: readonlyRecursion(mount),
  };
}

function readonlyRecursion({ ReadOnly, BindOptions: options = {} }: Mount): MountRecord['readonlyRecursion'] {
  const { ReadOnlyNonRecursive: never, ReadOnlyForceRecursive: always } = options;
  if (!ReadOnly) return 'when-possible';
  if (never && always)
    throw invalid('mount options conflict: ReadOnlyNonRecursive && ReadOnlyForceRecursive');
  return always ? 'always' : never ? 'never' : 'when-possible';
}

function parseVolumeMount(mount: Mount): MountRecord {
  const { Source: name = '', Target = '', ReadOnly = false, VolumeOptions: options = {} } = mount;
  const { Subpath: subpath = '', NoCopy = false } = options;
  const destination = checkTarget(Target);
  if (subpath !== '' && name === '') throw invalid('must not set Subpath when using anonymous volumes');
  checkSubpath(subpath, 'volume');
  return {
    ...newMount('volume', destination),
    name,
    anonymous: name === '',
    // As Docker shows it.
    mode: 'z',
    writable: !ReadOnly,
    copyUp: !NoCopy,
    subpath,
  };
}

/** Nothing is written to an image: the mount is read-only in any case. */
function parseImageMount(mount: Mount): MountRecord {
  const { Source: name = '', Target = '', ImageOptions: { Subpath: subpath = '' } = {} } = mount;
  const destination = checkTarget(Target);
  if (name === '') throw invalid('field Source must not be empty');
  checkSubpath(subpath, 'image');
  return { ...newMount('image', destination), name, subpath, writable: false, nonRecursive: true };
}

function checkSubpath(subpath: string, what: string): void {
  checkPathLength(subpath);
  if (posix.isAbsolute(subpath) || posix.normalize(subpath).split('/').includes('..'))
    throw invalid(`subpath must be a relative path within the ${what}`);
}

function parseTmpfsMount(mount: Mount): MountRecord {
  const { Source = '', Target = '', ReadOnly = false, TmpfsOptions: options = {} } = mount;
  const destination = checkTarget(Target);
  if (Source !== '') throw invalid('field Source must not be specified');
  const { SizeBytes = 0, Mode = 0, Options = [] } = options;
  return {
    ...newMount('tmpfs', destination),
    writable: !ReadOnly,
    tmpfsOptions: [
      ...(SizeBytes > 0 ? [`size=${SizeBytes}`] : []),
      ...(Mode > 0 ? [`mode=${Mode.toString(8)}`] : []),
      ...Options.map(option => option.join('=')),
    ],
  };
}

/** Checks `HostConfig.Tmpfs`. @throws EngineError invalid-parameter, in Docker's words */
export function checkTmpfs(tmpfs: Readonly<Record<string, string>>): void {
  for (const [destination, options] of Object.entries(tmpfs)) {
    checkTarget(destination);
    tmpfsMountOptions(options === '' ? [] : options.split(','));
  }
}
