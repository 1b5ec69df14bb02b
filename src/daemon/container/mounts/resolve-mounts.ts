import { reachSources } from './reach-sources.ts';
import { posix } from 'node:path';
import { cleanPath } from '../../../archive/go-path.ts';
import type { ContainerRecord, MountRecord } from '../../model/container-record.ts';
import { TimeSlice } from '../../../base/time-slice.ts';
import { volumeDevice } from '../../volume/volume-device.ts';
import type { Daemon } from '../daemon.ts';
import { invalid } from '../../model/errors.ts';
import { newMount, parseBind } from './parse-bind.ts';
import { parseMount } from './parse-mount.ts';
import { checkPathLength } from '../../../base/path-length.ts';

type OnNewVolume = (name: string) => void;

/**
 * All mounts of a new container, in the order of Docker's precedence; the volumes they name are made.
 * `onNewVolume` is told of each that was not there before.
 * @throws EngineError invalid-parameter, not-found, in Docker's words
 */
export async function resolveMounts(
  daemon: Daemon,
  record: ContainerRecord,
  { onNewVolume, flatReadonlyMounts }: { onNewVolume: OnNewVolume; flatReadonlyMounts: boolean },
): Promise<MountRecord[]> {
  const { config, hostConfig } = record;
  const mounts = new Map<string, MountRecord>();
  for (const mount of volumesFrom(daemon, hostConfig.VolumesFrom)) {
    mounts.set(mount.destination, mount);
    checkCount(mounts);
  }
  const binds = hostConfig.Binds.map(parseBind);
  const wanted = hostConfig.Mounts;
  await reachSources(daemon.threads, [
    ...binds.map(({ source }) => source),
    ...wanted.map(({ Source = '' }) => Source),
  ]);
  const own = [
    ...binds,
    ...wanted.map(mount => ({ ...parseMount(mount), volumeOptions: mount.VolumeOptions })),
  ];
  const destinations = new Set(Object.keys(hostConfig.Tmpfs).map(cleanPath));
  for (const given of own) {
    const mount = withPropagation(given, daemon.options.dataRoot);
    if (destinations.has(mount.destination)) throw invalid(`Duplicate mount point: ${mount.destination}`);
    destinations.add(mount.destination);
    if (flatReadonlyMounts && mount.readonlyRecursion === 'when-possible') mount.readonlyRecursion = 'never';
    mounts.set(mount.destination, mount);
  }
  for (const path of Object.keys(config.Volumes)) {
    const destination = volumeDestination(path);
    if (mounts.has(destination) || destinations.has(destination)) continue;
    mounts.set(destination, { ...newMount('volume', destination), anonymous: true });
    checkCount(mounts);
  }
  checkCount(mounts);
  const slice = new TimeSlice();
  const resolved: MountRecord[] = [];
  for (const mount of mounts.values()) {
    resolved.push(withVolume(daemon, hostConfig.VolumeDriver, mount, onNewVolume));
    if (slice.isOver) await slice.pause();
  }
  return resolved;
}

/**
 * With a place that has the engine's own directory in it, or lies in that, come mounts of other containers: when those
 * are unmounted on the host, none may be left in this container. As Docker has it.
 */
function withPropagation<T extends MountRecord>(mount: T, dataRoot: string): T {
  const { type, source, propagation } = mount;
  if (type !== 'bind') return mount;
  const isNear = contains(source, dataRoot) || contains(dataRoot, source);
  if (propagation === '')
    return isNear
      ? { ...mount, propagation: 'rslave', propagatesIfPossible: true }
      : { ...mount, propagation: 'rprivate' };
  if (isNear && propagation !== 'rslave' && propagation !== 'rshared')
    throw invalid(
      `invalid mount config: must use either propagation mode "rslave" or "rshared" when mount source is within the daemon root, daemon root: "${dataRoot}", bind mount source: "${source}", propagation: "${propagation}"`,
    );
  return mount;
}

function contains(directory: string, path: string): boolean {
  return path === directory || path.startsWith(directory.endsWith('/') ? directory : `${directory}/`);
}

/** Each volume of an image is a directory of the host, and each mount is made at every start. */
const MAX_MOUNTS = 1024;

function checkCount(mounts: ReadonlyMap<string, MountRecord>): void {
  if (mounts.size > MAX_MOUNTS) throw invalid(`a container has at most ${MAX_MOUNTS} mounts`);
}

/** Where a `VOLUME` of an image is mounted: any path is taken, as one of the container's root. */
function volumeDestination(path: string): string {
  if (path.includes('\0')) throw invalid(`invalid volume specification: ${JSON.stringify(path)}`);
  checkPathLength(path);
  return cleanPath(posix.join('/', path));
}

type Wanted = MountRecord & {
  volumeOptions?: {
    Labels?: Record<string, string>;
    DriverConfig?: { Name?: string; Options?: Record<string, string> };
  };
};

function withVolume(
  { volumes }: Daemon,
  defaultDriver: string,
  { volumeOptions, ...mount }: Wanted,
  onNewVolume: OnNewVolume,
): MountRecord {
  if (mount.type !== 'volume') return mount;
  const isKnown = volumes.has(mount.name);
  const { name, options } = volumes.create({
    name: mount.name,
    driver: volumeOptions?.DriverConfig?.Name || defaultDriver,
    options: volumeOptions?.DriverConfig?.Options,
    labels: volumeOptions?.Labels,
  });
  if (!isKnown) onNewVolume(name);
  const device = volumeDevice(options);
  if (device === undefined) return { ...mount, name, source: volumes.path(name) };
  return { ...mount, name, source: device.source, device, copyUp: mount.copyUp && device.isDirectory };
}

/** `NAME[:ro|rw]`: the mounts of another container. */
function* volumesFrom({ containers }: Daemon, references: readonly string[]): Generator<MountRecord> {
  for (const reference of references) {
    if (reference === '') throw invalid('volumes-from specification cannot be an empty string');
    const [name = '', ...modes] = reference.split(':');
    const mode = modes.join(':');
    if (!['', 'ro', 'rw', 'z', 'Z'].includes(mode)) throw invalid(`invalid mode: ${mode}`);
    const source = containers.lookup(name);
    // Not not-found: to the docker CLI that means a missing image.
    if (source === undefined) throw invalid(`No such container: ${name}`);
    // That one keeps the image's files for itself only.
    for (const mount of source.record.mounts)
      if (mount.type !== 'image')
        yield { ...mount, mode, writable: mount.writable && mode !== 'ro', copyUp: false };
  }
}
