import { lstatSync, readdirSync, realpathSync, type Stats } from 'node:fs';
import { posix } from 'node:path';
import { EngineError, errorCode } from '../../base/errors.ts';
import type { Device } from '../../libcontainer/spec.ts';

/** Where device nodes are looked up; tests bring their own. */
export type DeviceSource = {
  /**
   * The node at `path` (links followed), or all those below it when it is a directory; `path` of each is where
   * it was found, starting with `path`.
   * @throws EngineError system
   */
  find: (path: string) => Device[];
  /** Every device in /dev that a privileged container gets. */
  all: () => Device[];
};

export const hostDevices: DeviceSource = { find, all: () => below('/dev', true) };

/** Left out of a privileged container's /dev: it has its own. */
const OWN_DIRECTORIES = new Set(['pts', 'shm', 'fd', 'mqueue', '.lxc', '.lxd-mounts', '.udev']);

const PERMISSIONS = 0o7777;

function find(path: string): Device[] {
  let resolved: string;
  let stats: Stats;
  try {
    resolved = realpathSync(path);
    stats = lstatSync(resolved);
  } catch (error) {
    throw gatheringFailed(path, errorCode(error) === 'ENOENT' ? 'no such file or directory' : String(error));
  }
  if (stats.isDirectory()) {
    const devices = below(resolved, false);
    if (devices.length > 0)
      return devices.map(device => ({ ...device, path: path + device.path.slice(resolved.length) }));
  }
  const device = deviceOf(path, stats);
  if (!device) throw gatheringFailed(path, 'not a device node');
  return [device];
}

function gatheringFailed(path: string, reason: string): EngineError {
  return new EngineError(
    'system',
    `error gathering device information while adding custom device ${JSON.stringify(path)}: ${reason}`,
  );
}

function below(directory: string, isDev: boolean): Device[] {
  return readdirSync(directory).flatMap(name => {
    const path = posix.join(directory, name);
    try {
      const stats = lstatSync(path);
      if (stats.isDirectory()) return isDev && OWN_DIRECTORIES.has(name) ? [] : below(path, isDev);
      const device = isDev && name === 'console' ? undefined : deviceOf(path, stats);
      return device && !(isDev && device.type === 'p') ? [device] : [];
    } catch (error) {
      // Gone meanwhile, or hidden: not a device that could be passed on.
      if (errorCode(error) === undefined) throw error;
      return [];
    }
  });
}

function deviceOf(path: string, stats: Stats): Device | undefined {
  const type = stats.isCharacterDevice()
    ? 'c'
    : stats.isBlockDevice()
      ? 'b'
      : stats.isFIFO()
        ? 'p'
        : undefined;
  if (type === undefined) return undefined;
  return {
    type,
    path,
    ...deviceNumbers(stats.rdev),
    fileMode: stats.mode & PERMISSIONS,
    uid: stats.uid,
    gid: stats.gid,
  };
}

/** glibc's encoding of dev_t (makedev(3)). */
function deviceNumbers(rdev: number): { major: number; minor: number } {
  const number = BigInt(rdev);
  return {
    major: Number(((number >> 8n) & 0xfffn) | ((number >> 32n) & 0xffff_f000n)),
    minor: Number((number & 0xffn) | ((number >> 12n) & 0xffff_ff00n)),
  };
}
