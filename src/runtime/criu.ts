import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { EngineError, errorCode } from '../base/errors.ts';
import { isBindMount } from '../libcontainer/mount-options.ts';
import type { Mount, Spec } from '../libcontainer/spec.ts';
import { type Flags, type FlagTable, flagSet, flagText } from './flags.ts';

/** Passed on to criu(8) as they are. */
const SWITCHES = [
  'tcp-established',
  'ext-unix-sk',
  'shell-job',
  'file-locks',
  'auto-dedup',
  'link-remap',
  'lazy-pages',
];

/** Beside the images: what the standard streams were, as runc notes it. */
export const STREAMS_FILE = 'descriptors.json';

/** criu's name for a network namespace that is not the container's own. */
const NETWORK = 'extRootNetNS';
const CONFIG_ANNOTATION = 'org.criu.config';
const DEFAULT_CONFIG = '/etc/criu/runc.conf';

export const CRIU_FLAGS: FlagTable = {
  'image-path': { type: 'string', usage: 'path for criu image files' },
  'work-path': { type: 'string', usage: 'path for saving work files and logs' },
  'manage-cgroups-mode': { type: 'string', usage: 'cgroups mode: soft|full|strict|ignore (default: soft)' },
  'empty-ns': { type: 'string', usage: "create a namespace, but don't restore its properties" },
  ...Object.fromEntries(
    SWITCHES.map(name => [name, { type: 'boolean' as const, usage: `criu's --${name}` }]),
  ),
};

export type CriuPaths = { images: string; work: string };

export function criuPaths(flags: Flags): CriuPaths {
  const images = flagText(flags, 'image-path') ?? join(process.cwd(), 'checkpoint');
  return { images, work: flagText(flags, 'work-path') ?? images };
}

/** Options that dump and restore have in common. */
export function commonOptions(flags: Flags, { annotations }: Spec, { images, work }: CriuPaths): string[] {
  const emptyNamespace = flagText(flags, 'empty-ns');
  const config =
    annotations?.[CONFIG_ANNOTATION] ?? (existsSync(DEFAULT_CONFIG) ? DEFAULT_CONFIG : undefined);
  return [
    '--images-dir',
    images,
    '--work-dir',
    work,
    '-v4',
    `--manage-cgroups=${flagText(flags, 'manage-cgroups-mode') ?? 'soft'}`,
    ...(config ? ['--config', config] : []),
    ...SWITCHES.filter(name => flagSet(flags, name)).map(name => `--${name}`),
    ...(emptyNamespace ? ['--empty-ns', emptyNamespace] : []),
  ];
}

/** For `dump`: packets are kept away in the meantime, by iptables when not told otherwise. */
export function networkLock(): string[] {
  return onPath('iptables-restore') ? [] : ['--network-lock', 'nftables'];
}

/** What of the mounts belongs to the host: criu notes it under the name of its place, and is given it back. */
export function boundMounts({ mounts }: Spec): Mount[] {
  return (mounts ?? []).filter(isBindMount);
}

/** Those masked paths of a running container that the null device lies on, which is the host's too. */
export function maskedFiles({ linux }: Spec, pid: number): string[] {
  return (linux?.maskedPaths ?? []).filter(path =>
    statSync(`/proc/${pid}/root${path}`, { throwIfNoEntry: false })?.isCharacterDevice(),
  );
}

/** For `dump`: the network namespace of a process, where the container was given one that it does not own. */
export function outerNetwork(spec: Spec, pid: number): string[] {
  if (!joinedNetwork(spec)) return [];
  return ['--external', `net[${statSync(`/proc/${pid}/ns/net`).ino}]:${NETWORK}`];
}

/** For `restore`: the same, as a descriptor that criu is started with. */
export function innerNetwork(descriptor: number): string[] {
  return ['--inherit-fd', `fd[${descriptor}]:${NETWORK}`];
}

/** The path of a network namespace that the container joins. */
export function joinedNetwork({ linux }: Spec): string | undefined {
  return linux?.namespaces?.find(({ type, path }) => type === 'network' && path)?.path;
}

/** What a process has as its standard streams: `pipe:[123]`, `/dev/null`. */
export function streamsOf(pid: number): string[] {
  return [0, 1, 2].map(stream => readlinkSync(`/proc/${pid}/fd/${stream}`));
}

/** For `restore`: pipes that were somebody else's are replaced by our own streams. */
export function inheritedStreams({ images }: CriuPaths): string[] {
  const file = join(images, STREAMS_FILE);
  if (!existsSync(file)) return [];
  const names = JSON.parse(readFileSync(file, 'utf8')) as string[];
  return names.flatMap((name, stream) =>
    name.startsWith('pipe:') ? ['--inherit-fd', `fd[${stream}]:${name}`] : [],
  );
}

/**
 * Runs criu with our streams, and further descriptors under their own numbers.
 * @throws EngineError unavailable without criu, system when it fails, with the reason of its log
 */
export function runCriu(args: readonly string[], logFile: string, descriptors: readonly number[] = []): void {
  const highest = Math.max(2, ...descriptors);
  const stdio = Array.from({ length: highest + 1 }, (_, number) =>
    number <= 2 || descriptors.includes(number) ? number : ('ignore' as const),
  );
  const { status, error } = spawnSync('criu', args, { stdio });
  if (errorCode(error) === 'ENOENT')
    throw new EngineError('unavailable', 'criu is not installed, and checkpoint and restore need it', {
      hint: 'On Debian: apt-get install criu.',
    });
  if (error || status !== 0)
    throw new EngineError('system', `criu ${args[0]} failed: ${error?.message ?? reasonIn(logFile)}`);
}

/** The last lines say only that it, or a program that it called, has failed. */
function reasonIn(logFile: string): string {
  try {
    const errors = readFileSync(logFile, 'utf8')
      .split('\n')
      .filter(line => line.includes('Error'));
    const reason =
      errors.findLast(line => !/FAILED|exited, status=|unexpectedly|failed with -\d/.test(line)) ??
      errors.at(-1) ??
      'no error in its log';
    return `${reason} (log file: ${logFile})`;
  } catch {
    return `no log file ${logFile}`;
  }
}

function onPath(program: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some(directory => existsSync(join(directory, program)));
}
