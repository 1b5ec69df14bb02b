import { closeSync, existsSync, openSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { basename, delimiter, join, resolve } from 'node:path';
import { makeDirectories } from '../../base/make-directories.ts';
import { EngineError } from '../../base/errors.ts';
import { CLONE_NEWNET } from '../../kernel/abi/sched.ts';
import type { CgroupLayout } from '../../cgroups/layout.ts';
import type { CgroupPaths } from '../../cgroups/cgroup-paths.ts';
import { isBindMount } from '../../libcontainer/mount-options.ts';
import type { Mount, Spec } from '../../oci/runtime-spec.ts';
import { type Flags, type FlagTable, flagSet, flagText } from '../flags.ts';
import { type CriuOptions, isCgroupMode } from './messages.ts';
import { FIRST_INHERITED } from './run-criu.ts';

/** Passed on to criu as they are. */
const SWITCHES = {
  'tcp-established': 'tcpEstablished',
  'ext-unix-sk': 'extUnixSk',
  'shell-job': 'shellJob',
  'file-locks': 'fileLocks',
  'auto-dedup': 'autoDedup',
  'link-remap': 'linkRemap',
  'lazy-pages': 'lazyPages',
} as const satisfies Record<string, keyof CriuOptions>;

/** Beside the images: what the standard streams were, as runc notes it. */
export const STREAMS_FILE = 'descriptors.json';

/** criu's names for namespaces that are not the container's own, of which it restores nothing. */
const OUTER_NAMESPACES = [
  { type: 'network', file: 'net', name: 'extRootNetNS' },
  { type: 'pid', file: 'pid', name: 'extRootPidNS' },
] as const;

const CONFIG_ANNOTATION = 'org.criu.config';
const DEFAULT_CONFIG = '/etc/criu/runc.conf';
const LOG_EVERYTHING = 4;

export const CRIU_FLAGS: FlagTable = {
  'image-path': { type: 'string', usage: 'path for criu image files' },
  'work-path': { type: 'string', usage: 'path for saving work files and logs' },
  'manage-cgroups-mode': { type: 'string', usage: 'cgroups mode: soft|full|strict|ignore (default: soft)' },
  'empty-ns': { type: 'string', usage: "create a namespace, but don't restore its properties" },
  ...Object.fromEntries(
    Object.keys(SWITCHES).map(name => [name, { type: 'boolean' as const, usage: `criu's --${name}` }]),
  ),
};

/** The directories of a call, made if they are missing; `close` when criu has ended. */
export class CriuDirectories {
  readonly images: string;
  readonly work: string;
  readonly #open: number[] = [];

  constructor(flags: Flags) {
    this.images = flagText(flags, 'image-path') ?? join(process.cwd(), 'checkpoint');
    this.work = flagText(flags, 'work-path') ?? this.images;
    for (const path of [this.images, this.work]) makeDirectories(path, 0o700);
  }

  options(): CriuOptions {
    const [imagesDirectory, workDirectory] = [this.images, this.work].map(path => openSync(path, 'r'));
    this.#open.push(imagesDirectory!, workDirectory!);
    return { imagesDirectory, workDirectory };
  }

  close(): void {
    for (const descriptor of this.#open.splice(0)) closeSync(descriptor);
  }
}

/** Options that dump and restore have in common. @throws EngineError invalid-parameter */
export function commonOptions(flags: Flags, { annotations }: Spec): CriuOptions {
  const mode = flagText(flags, 'manage-cgroups-mode') || 'soft';
  if (!isCgroupMode(mode)) throw new EngineError('invalid-parameter', 'invalid manage-cgroups-mode value');
  const emptyNamespace = flagText(flags, 'empty-ns');
  if (emptyNamespace && emptyNamespace !== 'network')
    throw new EngineError('invalid-parameter', `namespace "${emptyNamespace}" is not supported`);
  const switches = Object.entries(SWITCHES).filter(([name]) => flagSet(flags, name));
  return {
    logLevel: LOG_EVERYTHING,
    // An empty annotation: none at all.
    configFile: (annotations?.[CONFIG_ANNOTATION] ?? DEFAULT_CONFIG) || undefined,
    manageCgroups: true,
    cgroupMode: mode,
    emptyNamespaces: emptyNamespace ? CLONE_NEWNET : undefined,
    notifications: true,
    orphanTerminal: true,
    ...Object.fromEntries(switches.map(([, option]) => [option, true])),
  };
}

/** Where criu writes its log: the file that its configuration names, or else ours in the work directory. */
export function logFileOf({ configFile }: CriuOptions, work: string, ours: string): string {
  if (!configFile || !existsSync(configFile)) return join(work, ours);
  const named = readFileSync(configFile, 'utf8').matchAll(/^[ \t]*(?:log-file|o)[ \t=]+"?([^\s"]+)"?/gm);
  return resolve(work, [...named].at(-1)?.[1] ?? ours);
}

/** For `dump`: packets are kept away in the meantime, by iptables when not told otherwise. */
export function networkLock(): CriuOptions {
  return { lockByNftables: !onPath('iptables-restore') };
}

/** What of the mounts belongs to the host: criu notes it under the name of its place, and is given it back. */
export function boundMounts({ mounts }: Spec): Mount[] {
  return (mounts ?? []).filter(isBindMount);
}

/**
 * The places of a container's own parts of cgroup v1's hierarchies, and where these are on the host. criu knows no such
 * mount, whose root lies below that of its file system and nothing else shows.
 */
export function hierarchyMounts({ mounts }: Spec, { mode, v1 }: CgroupLayout, own: CgroupPaths['v1']) {
  const destinations = (mounts ?? []).filter(({ type }) => type === 'cgroup' && mode !== 'v2');
  return destinations.flatMap(({ destination }) =>
    v1.map(({ mountPoint, controllers }) => ({
      place: join(destination, basename(mountPoint)),
      source: own[controllers[0] ?? ''] ?? mountPoint,
    })),
  );
}

/** Those masked paths of a running container that a null device lies on. */
export function maskedFiles({ linux }: Spec, pid: number): string[] {
  return (linux?.maskedPaths ?? []).filter(path =>
    statSync(`/proc/${pid}/root${path}`, { throwIfNoEntry: false })?.isCharacterDevice(),
  );
}

/** For `dump`: those namespaces of a process that the container was given, and does not own. */
export function outerNamespaces(spec: Spec, pid: number): string[] {
  return OUTER_NAMESPACES.filter(({ type }) => namespacePath(spec, type) !== undefined).map(
    ({ file, name }) => `${file}[${statSync(`/proc/${pid}/ns/${file}`).ino}]:${name}`,
  );
}

/**
 * For `restore`: the same, opened for criu to be started with. The caller closes them.
 * @throws EngineError invalid-parameter for one that is not there, or cannot be joined
 */
export function innerNamespaces(spec: Spec): { descriptors: number[]; options: CriuOptions } {
  const outer = OUTER_NAMESPACES.flatMap(({ type, name }) => {
    const path = namespacePath(spec, type);
    return path === undefined ? [] : [{ name, path }];
  });
  for (const { path } of outer)
    if (!existsSync(path))
      throw new EngineError('invalid-parameter', `Requested network namespace ${path} does not exist`);
  const joined = (spec.linux?.namespaces ?? []).flatMap(({ type, path }) =>
    !path || OUTER_NAMESPACES.some(one => one.type === type) ? [] : [{ type: criuName(type), path }],
  );
  return {
    descriptors: outer.map(({ path }) => openSync(path, 'r')),
    options: {
      inherited: outer.map(({ name }, index) => ({ name, descriptor: FIRST_INHERITED + index })),
      joinedNamespaces: joined,
    },
  };
}

function criuName(type: string): string {
  if (type === 'cgroup' || type === 'time')
    throw new EngineError('invalid-parameter', `an external ${type} namespace cannot be restored into`);
  return type === 'mount' ? 'mnt' : type;
}

function namespacePath({ linux }: Spec, wanted: string): string | undefined {
  return linux?.namespaces?.find(({ type, path }) => type === wanted && path)?.path;
}

/** What a process has as its standard streams: `pipe:[123]`, `/dev/null`. */
export function streamsOf(pid: number): string[] {
  return [0, 1, 2].map(stream => readlinkSync(`/proc/${pid}/fd/${stream}`));
}

/** For `restore`: pipes of the earlier caller are replaced by our own streams. */
export function inheritedStreams(images: string): NonNullable<CriuOptions['inherited']> {
  const file = join(images, STREAMS_FILE);
  if (!existsSync(file)) return [];
  const names = JSON.parse(readFileSync(file, 'utf8')) as string[];
  return names.flatMap((name, descriptor) => (name.startsWith('pipe:') ? [{ name, descriptor }] : []));
}

function onPath(program: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some(directory => existsSync(join(directory, program)));
}
