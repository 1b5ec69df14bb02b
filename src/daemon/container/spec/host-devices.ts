import { lstatSync, readdirSync, realpathSync, type Stats } from 'node:fs';
import { posix } from 'node:path';
import { EngineError, errorCode } from '../../../base/errors.ts';
import { goFileReason } from '../../../base/go-file-error.ts';
import type { Device } from '../../../oci/runtime-spec.ts';

/** Where device nodes are looked up; tests bring their own. */
export type DeviceSource = {
  /**
   * The node at `path` (links followed), or all those below it when it is a directory; `path` of each is where
   * it was found, starting with `path`.
   * @throws EngineError invalid-parameter
   */
  find: (path: string) => Device[];
  /** The numbers of what is at `path` (links followed). @throws EngineError invalid-parameter */
  numbers: (path: string) => DeviceNumbers;
  /** Every device in /dev that a privileged container gets. */
  all: () => Device[];
};

export type DeviceNumbers = { major: number; minor: number };

export const hostDevices: DeviceSource = {
  find,
  numbers: path => deviceNumbers(look(path, statFailed).stats.rdev),
  all: () => below('/dev', { isDev: true, filesLeft: Number.POSITIVE_INFINITY }),
};

/** Left out of a privileged container's /dev: it has its own. */
const OWN_DIRECTORIES = new Set(['pts', 'shm', 'fd', 'mqueue', '.lxc', '.lxd-mounts', '.udev']);

const PERMISSIONS = 0o7777;
/** How many files are looked at in a directory that is given as a device. */
const MAX_FILES = 10_000;

type Failure = (path: string, reason: string, cause?: unknown) => EngineError;

function look(path: string, failed: Failure): { resolved: string; stats: Stats } {
  try {
    // '' is not the engine's working directory, but no file (path_resolution(7)).
    const resolved = path === '' ? path : realpathSync(path);
    return { resolved, stats: lstatSync(resolved) };
  } catch (error) {
    throw failed(path, goFileReason(error), error);
  }
}

function find(path: string): Device[] {
  const { resolved, stats } = look(path, gatheringFailed);
  if (stats.isDirectory()) {
    const devices = below(resolved, { isDev: false, filesLeft: MAX_FILES });
    if (devices.length > 0)
      return devices.map(device => ({ ...device, path: path + device.path.slice(resolved.length) }));
  }
  const device = deviceOf(path, stats);
  if (!device) throw gatheringFailed(path, 'not a device node');
  return [device];
}

function statFailed(path: string, reason: string, cause?: unknown): EngineError {
  return new EngineError('invalid-parameter', `stat ${path}: ${reason}`, { cause });
}

function gatheringFailed(path: string, reason: string, cause?: unknown): EngineError {
  return new EngineError(
    'invalid-parameter',
    `error gathering device information while adding custom device ${JSON.stringify(path)}: ${reason}`,
    { cause },
  );
}

type Search = { isDev: boolean; filesLeft: number };

function below(directory: string, search: Search): Device[] {
  const { isDev } = search;
  return readdirSync(directory).flatMap(name => {
    const path = posix.join(directory, name);
    if (--search.filesLeft < 0) throw gatheringFailed(directory, 'too many files');
    try {
      const stats = lstatSync(path);
      if (stats.isDirectory()) return isDev && OWN_DIRECTORIES.has(name) ? [] : below(path, search);
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
function deviceNumbers(rdev: number): DeviceNumbers {
  const number = BigInt(rdev);
  return {
    major: Number(((number >> 8n) & 0xfffn) | ((number >> 32n) & 0xffff_f000n)),
    minor: Number((number & 0xffn) | ((number >> 12n) & 0xffff_ff00n)),
  };
}
