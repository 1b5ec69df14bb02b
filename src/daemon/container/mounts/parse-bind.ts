import { cleanPath } from '../../../archive/go-path.ts';
import { messageOf } from '../../../base/errors.ts';
import { invalid } from '../../model/errors.ts';
import type { MountRecord } from '../../model/container-record.ts';
import { checkPathLength } from '../../../base/path-length.ts';

export const PROPAGATIONS = ['private', 'rprivate', 'shared', 'rshared', 'slave', 'rslave'];
const MODE_GROUPS = [
  ['ro', 'rw'],
  ['z', 'Z'],
  ['nocopy'],
  PROPAGATIONS,
  ['consistent', 'cached', 'delegated'],
];

/** A mount with nothing said about it but where it goes. */
export function newMount(type: MountRecord['type'], destination: string): MountRecord {
  return {
    type,
    name: '',
    source: '',
    destination,
    mode: '',
    writable: true,
    propagation: '',
    copyUp: type === 'volume',
    createSource: false,
    subpath: '',
    nonRecursive: false,
    readonlyRecursion: 'when-possible',
    tmpfsOptions: [],
    anonymous: false,
  };
}

/**
 * One entry of `HostConfig.Binds`: `[source:]destination[:mode]`, where a source that is no absolute path names
 * a volume.
 * @throws EngineError invalid-parameter, in Docker's words
 */
export function parseBind(spec: string): MountRecord {
  const parts = spec.split(':');
  const [source = '', destination = '', mode = ''] = parts;
  if (parts.length > 3 || parts.some((part, index) => part === '' && index < 2)) throw invalidSpec(spec);
  if (parts.length === 1)
    return { ...newMount('volume', checkDestination(spec, 'volume', source)), anonymous: true };
  if (parts.length === 2 && isMode(destination)) throw invalidSpec(spec);
  if (mode !== '' && !isMode(mode)) throw invalid(`invalid mode: ${mode}`);
  checkPathLength(source);
  const type = source.startsWith('/') ? 'bind' : 'volume';
  const words = mode === '' ? [] : mode.split(',');
  const propagation = words.find(word => PROPAGATIONS.includes(word)) ?? '';
  if (type === 'volume' && propagation !== '') throw unfitOption(spec, type, 'BindOptions');
  if (type === 'bind' && words.includes('nocopy')) throw unfitOption(spec, type, 'VolumeOptions');
  const mount = newMount(type, checkDestination(spec, type, destination));
  return {
    ...mount,
    ...(type === 'bind'
      ? { source: cleanPath(source), createSource: true }
      : { name: source, copyUp: !words.includes('nocopy') }),
    // Docker shows a volume without a mode as 'z'.
    mode: mode === '' && type === 'volume' ? 'z' : mode,
    writable: !words.includes('ro'),
    propagation,
  };
}

function isMode(mode: string): boolean {
  const groups = mode.split(',').map(word => MODE_GROUPS.findIndex(group => group.includes(word)));
  return !groups.includes(-1) && new Set(groups).size === groups.length;
}

function checkDestination(spec: string, type: string, destination: string): string {
  try {
    return checkTarget(destination);
  } catch (error) {
    throw invalid(
      `invalid volume specification: '${spec}': invalid mount config for type "${type}": ${messageOf(error)}`,
    );
  }
}

/** A mount's place inside the container, normalised. @throws EngineError invalid-parameter */
export function checkTarget(target: string): string {
  if (target === '') throw invalid('field Target must not be empty');
  if (!target.startsWith('/')) throw invalid(`invalid mount path: '${target}' mount path must be absolute`);
  checkPathLength(target);
  const normal = cleanPath(target);
  if (normal === '/') throw invalid("invalid specification: destination can't be '/'");
  return normal;
}

function unfitOption(spec: string, type: string, options: string): Error {
  return invalid(
    `invalid volume specification: '${spec}': invalid mount config for type "${type}": field ${options} must not be specified`,
  );
}

function invalidSpec(spec: string): Error {
  return invalid(`invalid volume specification: '${spec}'`);
}
