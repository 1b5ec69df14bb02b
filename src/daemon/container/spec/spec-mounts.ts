import { posix } from 'node:path';
import { cleanPath } from '../../../archive/go-path.ts';
import { EngineError, errorCode } from '../../../base/errors.ts';
import type { Mount } from '../../../oci/runtime-spec.ts';
import type { HostFacts } from './host-facts.ts';
import type { SecurityOptions } from './security-options.ts';
import type { SpecInput, SpecMount } from './spec-input.ts';
import { tmpfsMountOptions } from './tmpfs-options.ts';

/** Where a container finds the init that `--init` asks for. */
export const INIT_PATH = '/sbin/docker-init';

/** What every container has; a mount of the user's own to the same place takes its place. */
const DEFAULT_MOUNTS: readonly Mount[] = [
  { destination: '/proc', type: 'proc', source: 'proc', options: ['nosuid', 'noexec', 'nodev'] },
  {
    destination: '/dev',
    type: 'tmpfs',
    source: 'tmpfs',
    options: ['nosuid', 'strictatime', 'mode=755', 'size=65536k'],
  },
  {
    destination: '/dev/pts',
    type: 'devpts',
    source: 'devpts',
    options: ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620', 'gid=5'],
  },
  { destination: '/sys', type: 'sysfs', source: 'sysfs', options: ['nosuid', 'noexec', 'nodev', 'ro'] },
  {
    destination: '/sys/fs/cgroup',
    type: 'cgroup',
    source: 'cgroup',
    options: ['ro', 'nosuid', 'noexec', 'nodev'],
  },
  { destination: '/dev/mqueue', type: 'mqueue', source: 'mqueue', options: ['nosuid', 'noexec', 'nodev'] },
  {
    destination: '/dev/shm',
    type: 'tmpfs',
    source: 'shm',
    options: ['nosuid', 'noexec', 'nodev', 'mode=1777'],
  },
];

/** Stay writable in a container with a read-only root. */
const WRITABLE_WITH_READONLY_ROOT = ['/proc', '/dev/pts', '/dev/shm', '/dev/mqueue', '/dev'];

/**
 * All mounts of a container: the default ones, then the user's, shallow ones first.
 * @throws EngineError invalid-parameter for contradicting options, system for a source whose mount does not
 *   propagate as asked
 */
export function specMounts(input: SpecInput, security: SecurityOptions): Mount[] {
  const { hostConfig } = input;
  const own = ownMounts(input);
  const taken = new Set(own.map(({ destination }) => destination));
  const defaults = [...DEFAULT_MOUNTS, ...initMount(input)]
    .filter(({ destination }) => !taken.has(destination))
    .filter(({ destination }) => !(taken.has('/dev') && destination.startsWith('/dev/')))
    .filter(({ destination }) => !(destination === '/dev/shm' && hostConfig.IpcMode.kind === 'none'))
    .map(mount => adjusted(mount, input, security));
  return [...defaults, ...own.map(mount => toMount(mount, input))];
}

export function usesInit({ hostConfig }: SpecInput): boolean {
  return hostConfig.PidMode.kind === 'private' && hostConfig.Init === true;
}

function initMount(input: SpecInput): Mount[] {
  if (!usesInit(input)) return [];
  if (!input.initPath) throw new EngineError('system', 'no init binary is available for --init');
  return [{ destination: INIT_PATH, type: 'bind', source: input.initPath, options: ['bind', 'ro'] }];
}

function adjusted(mount: Mount, { hostConfig }: SpecInput, security: SecurityOptions): Mount {
  let options = mount.options ? [...mount.options] : [];
  if (mount.destination === '/dev/shm') options.push(`size=${hostConfig.ShmSize}`);
  const isWritable = WRITABLE_WITH_READONLY_ROOT.includes(mount.destination);
  if (hostConfig.ReadonlyRootfs && !isWritable && !options.includes('ro')) options.push('ro');
  const writableCgroups = security.writableCgroups ?? hostConfig.Privileged;
  const unlocked =
    (mount.destination === '/sys' && hostConfig.Privileged) || (mount.type === 'cgroup' && writableCgroups);
  if (unlocked) options = options.filter(option => option !== 'ro');
  return { ...mount, options };
}

/** Mounts that are particular to this container, by the depth of their destination. */
function ownMounts(input: SpecInput): SpecMount[] {
  const { hostConfig, mounts } = input;
  const tmpfs = Object.entries(hostConfig.Tmpfs).map(([destination, options]) =>
    newMount({ type: 'tmpfs', destination, tmpfsOptions: options === '' ? [] : options.split(',') }),
  );
  // Volumes of another container may be in the same place.
  const isTmpfs = new Set(tmpfs.map(({ destination }) => cleanPath(destination)));
  const given = [...tmpfs, ...mounts.filter(({ destination }) => !isTmpfs.has(destination))];
  const files = [
    [input.resolvConfPath, '/etc/resolv.conf'],
    [input.hostnamePath, '/etc/hostname'],
    [input.hostsPath, '/etc/hosts'],
  ] as const;
  const engine = files.flatMap(([source, destination]) =>
    source === undefined
      ? []
      : [newMount({ source, destination, writable: !hostConfig.ReadonlyRootfs, propagation: 'rprivate' })],
  );
  const isFree = ({ destination }: SpecMount) => !given.some(mount => mount.destination === destination);
  return [...sharedMemory(input).filter(isFree), ...given, ...engine.filter(isFree)].sort(
    (a, b) => depth(a.destination) - depth(b.destination),
  );
}

/** With another's IPC namespace comes its /dev/shm. */
function sharedMemory({ hostConfig, joined }: SpecInput): SpecMount[] {
  const { kind } = hostConfig.IpcMode;
  const source =
    kind === 'host' ? '/dev/shm' : kind === 'container' ? `/proc/${joined?.ipc}/root/dev/shm` : undefined;
  return source === undefined ? [] : [newMount({ source, destination: '/dev/shm', propagation: 'rprivate' })];
}

function newMount(fields: Partial<SpecMount> & { destination: string }): SpecMount {
  return {
    type: 'bind',
    source: '',
    writable: true,
    propagation: '',
    nonRecursive: false,
    readonlyRecursion: 'when-possible',
    tmpfsOptions: [],
    ...fields,
  };
}

const depth = (path: string) => posix.normalize(path).split('/').filter(Boolean).length;

function toMount(mount: SpecMount, input: SpecInput): Mount {
  const { destination, source, propagation } = mount;
  if (depth(destination) === 0)
    throw new EngineError(
      'invalid-parameter',
      `error mounting ${JSON.stringify(source)} to rootfs at "/": mountpoint is on the top of rootfs`,
    );
  if (mount.type === 'tmpfs') {
    const options = [...mount.tmpfsOptions, ...(mount.writable ? [] : ['ro'])];
    return { destination, type: 'tmpfs', source: 'tmpfs', options: tmpfsMountOptions(options) };
  }
  if (mount.filesystem !== undefined) {
    const options = [...mount.filesystem.options, ...(mount.writable ? [] : ['ro'])];
    return { destination, type: mount.filesystem.type, source, options };
  }
  checkPropagation(mount, input);
  return {
    destination,
    type: 'bind',
    source,
    options: [
      mount.nonRecursive ? 'bind' : 'rbind',
      ...(mount.writable ? [] : [readonlyOption(mount, input)]),
      ...(propagation === '' ? [] : [propagation]),
    ],
  };
}

function readonlyOption({ readonlyRecursion }: SpecMount, { host }: SpecInput): 'ro' | 'rro' {
  if (readonlyRecursion === 'never') return 'ro';
  if (host.recursiveReadonly) return 'rro';
  if (readonlyRecursion === 'always')
    throw new EngineError('invalid-parameter', 'recursively read-only mounts need Linux 5.12 or later');
  return 'ro';
}

/** Mounts can only come through to the container from a mount that passes them on. */
function checkPropagation({ source, propagation }: SpecMount, { host }: SpecInput): void {
  const wantsShared = propagation.endsWith('shared');
  if (!wantsShared && !propagation.endsWith('slave')) return;
  const { mountPoint, shared, slave } = host.mountPropagation(source);
  if (shared || (slave && !wantsShared)) return;
  const kind = wantsShared ? 'a shared mount' : 'a shared or slave mount';
  throw new EngineError('system', `path ${source} is mounted on ${mountPoint} but it is not ${kind}`);
}

/** Mounts as they can be made on this host. @throws EngineError as specMounts */
export function possibleMounts(mounts: readonly SpecMount[], host: HostFacts): SpecMount[] {
  return mounts.map(mount => {
    if (!mount.propagatesIfPossible || passesMountsOn(mount.source, host)) return mount;
    return { ...mount, propagation: 'rprivate' };
  });
}

function passesMountsOn(source: string, host: HostFacts): boolean {
  try {
    const { shared, slave } = host.mountPropagation(source);
    return shared || slave;
  } catch (error) {
    // It is opened later, and what is wrong with it told then.
    if (errorCode(error) === undefined) throw error;
    return false;
  }
}

/** The propagation that the root itself must have for the mounts in it; undefined for the default. */
export function rootPropagation(mounts: readonly SpecMount[]): 'shared' | 'rslave' | undefined {
  if (mounts.some(({ propagation }) => propagation.endsWith('shared'))) return 'shared';
  return mounts.some(({ propagation }) => propagation.endsWith('slave')) ? 'rslave' : undefined;
}
