import { EngineError } from '../base/errors.ts';
import { isBindMount } from './mount-options.ts';
import type { ChildOperation } from './plan.ts';
import type { Device, Spec } from '../oci/runtime-spec.ts';

const TYPES: Record<Device['type'], number> = { c: 0o020000, u: 0o020000, b: 0o060000, p: 0o010000 };

/** Every container has these (config-linux.md, "Default Devices"). */
const DEFAULT_DEVICES: readonly Device[] = [
  { type: 'c', path: '/dev/null', major: 1, minor: 3, fileMode: 0o666 },
  { type: 'c', path: '/dev/zero', major: 1, minor: 5, fileMode: 0o666 },
  { type: 'c', path: '/dev/full', major: 1, minor: 7, fileMode: 0o666 },
  { type: 'c', path: '/dev/tty', major: 5, minor: 0, fileMode: 0o666 },
  { type: 'c', path: '/dev/random', major: 1, minor: 8, fileMode: 0o666 },
  { type: 'c', path: '/dev/urandom', major: 1, minor: 9, fileMode: 0o666 },
];

/** config-linux.md, "Dev symbolic links". */
const LINKS: readonly (readonly [string, string])[] = [
  ['/dev/fd', '/proc/self/fd'],
  ['/dev/stdin', '/proc/self/fd/0'],
  ['/dev/stdout', '/proc/self/fd/1'],
  ['/dev/stderr', '/proc/self/fd/2'],
  ['/dev/ptmx', 'pts/ptmx'],
];

/**
 * The device nodes and links of /dev; none where /dev is a bind mount, as its owner is the host.
 * @throws EngineError invalid-parameter
 */
export function deviceOperations(spec: Spec): ChildOperation[] {
  const dev = spec.mounts?.findLast(({ destination }) => /^\/dev\/*$/.test(destination));
  if (dev && isBindMount(dev)) return [];
  // The link of that name leads to the one of the container's own terminals.
  const listed = (spec.linux?.devices ?? []).filter(({ path }) => path !== '/dev/ptmx');
  const devices = [
    ...DEFAULT_DEVICES.filter(({ path }) => !listed.some(one => one.path === path)),
    ...listed,
  ];
  return [
    ...devices.map(device => deviceOperation(device)),
    ...LINKS.map(([target, content]) => ({ op: 'symlink' as const, target, content })),
  ];
}

function deviceOperation(device: Device): ChildOperation {
  const type = TYPES[device.type];
  if (type === undefined)
    throw new EngineError('invalid-parameter', `linux.devices: ${device.path}: unknown type ${device.type}`);
  return {
    op: 'device',
    target: device.path.replace(/(?<=.)\/+$/, ''),
    mode: type | ((device.fileMode ?? 0o666) & 0o7777),
    major: device.major ?? 0,
    minor: device.minor ?? 0,
    uid: device.uid ?? 0,
    gid: device.gid ?? 0,
  };
}
