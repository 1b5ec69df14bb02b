import { readFileSync, statSync } from 'node:fs';
import { posix } from 'node:path';

/** One mounted cgroup hierarchy. */
export type Hierarchy = {
  mountPoint: string;
  /** What of the hierarchy is mounted there: '/' except in containers that see the host's cgroups. */
  root: string;
  /** v1: those of the mount, a named hierarchy as `name=systemd`. v2: what `cgroup.controllers` lists. */
  controllers: string[];
  /** The cgroup of this process, as /proc/self/cgroup has it. */
  own: string;
};

/**
 * `hybrid`: controllers on v1, and a v2 hierarchy beside them (with the controllers that v1 does not have,
 * perhaps with none).
 */
export type CgroupLayout = {
  mode: 'v1' | 'hybrid' | 'v2';
  v1: Hierarchy[];
  unified?: Hierarchy;
};

/** Reads a small file; undefined when it cannot be read. */
export type ReadFile = (path: string) => string | undefined;

export const readHostFile: ReadFile = path => {
  try {
    // A thrown ENOENT costs several times the stat, and missing files are common here.
    if (!statSync(path, { throwIfNoEntry: false })) return undefined;
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
};

/** The one of the named hierarchies of v1 that containers are put into: a systemd in a container needs it. */
const NAMED = 'name=systemd';

/**
 * The cgroup hierarchies that containers are put into (proc_pid_mountinfo(5), cgroups(7)), as by runc. Where v2 has all
 * controllers, v1 does not count.
 */
export function detectCgroupLayout(read: ReadFile = readHostFile): CgroupLayout {
  const own = ownCgroups(read('/proc/self/cgroup') ?? '');
  const v1: Hierarchy[] = [];
  let unified: Hierarchy | undefined;
  for (const mount of cgroupMounts(read('/proc/self/mountinfo') ?? '')) {
    if (mount.type === 'cgroup2') unified ??= unifiedHierarchy(mount, own, read);
    else {
      const controllers = mount.options.filter(option => own.has(option));
      const isWanted = controllers.some(name => !name.startsWith('name=') || name === NAMED);
      if (!isWanted || v1.some(other => other.controllers[0] === controllers[0])) continue;
      v1.push({ ...place(mount), controllers, own: own.get(controllers[0]!)! });
    }
  }
  if (!unified) return { mode: 'v1', v1 };
  const isHybrid = v1.some(({ controllers }) => controllers[0] !== NAMED);
  return isHybrid ? { mode: 'hybrid', v1, unified } : { mode: 'v2', v1: [], unified };
}

/**
 * The directory of a container's cgroup in one hierarchy. An absolute `cgroupsPath` counts from the
 * hierarchy's mount point; a relative one from the cgroup of this process (v1), or from the parent of it (v2,
 * where a cgroup that has processes cannot give controllers to children). `..` never leads out.
 */
export function cgroupDirectory(hierarchy: Hierarchy, cgroupsPath: string, version: 1 | 2): string {
  const inner = normalized(cgroupsPath);
  // Both are without `..` and double slashes: there is nothing for `join` to do, ten times a start.
  if (cgroupsPath.startsWith('/')) return `${hierarchy.mountPoint}${inner}`;
  const below = posix.relative(hierarchy.root, hierarchy.own);
  const own = below.startsWith('..') ? '/' : `/${below}`;
  return posix.join(hierarchy.mountPoint, version === 2 ? posix.dirname(own) : own, inner);
}

let latest = { path: '', inner: '' };

/** From the top, without a slash at the end. The same path is asked for by each hierarchy. */
function normalized(path: string): string {
  if (latest.path !== path) latest = { path, inner: posix.normalize(`/${path}`).replace(/\/$/, '') };
  return latest.inner;
}

type CgroupMount = { type: string; root: string; mountPoint: string; options: string[] };

function cgroupMounts(mountinfo: string): CgroupMount[] {
  return mountinfo.split('\n').flatMap(line => {
    const [left = '', right = ''] = line.split(' - ');
    const [type = '', , options = ''] = right.split(' ');
    if (type !== 'cgroup' && type !== 'cgroup2') return [];
    const [, , , root = '/', mountPoint = ''] = left.split(' ').map(unescapeOctal);
    return [{ type, root, mountPoint, options: options.split(',') }];
  });
}

const unescapeOctal = (field: string) =>
  field.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));

/** Controller (or `name=…`, or '' for v2) to the path of this process's cgroup. */
function ownCgroups(text: string): Map<string, string> {
  const entries = text.split('\n').flatMap(line => {
    const match = /^\d+:([^:]*):(.*)$/.exec(line);
    return match ? match[1]!.split(',').map(controller => [controller, match[2]!] as const) : [];
  });
  return new Map(entries);
}

const place = ({ mountPoint, root }: CgroupMount) => ({ mountPoint, root });

function unifiedHierarchy(mount: CgroupMount, own: Map<string, string>, read: ReadFile): Hierarchy {
  const controllers = (read(posix.join(mount.mountPoint, 'cgroup.controllers')) ?? '').trim();
  return {
    ...place(mount),
    controllers: controllers === '' ? [] : controllers.split(' '),
    own: own.get('') ?? '/',
  };
}
