import {
  closeSync,
  constants,
  existsSync,
  openSync,
  readFileSync,
  readlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { EngineError } from '../../base/errors.ts';
import { O_PATH, openInRoot } from '../../kernel/open-beneath.ts';
import { detectCgroupLayout } from '../../cgroups/layout.ts';
import type { Command } from '../command.ts';
import { type ContainerRecord, readRecord, statusOf } from '../container-record.ts';
import type { CriuOptions } from '../criu/messages.ts';
import {
  boundMounts,
  CRIU_FLAGS,
  commonOptions,
  CriuDirectories,
  hierarchyMounts,
  logFileOf,
  maskedFiles,
  networkLock,
  outerNamespaces,
  STREAMS_FILE,
  streamsOf,
} from '../criu/options.ts';
import { runCriu } from '../criu/run-criu.ts';
import { type Flags, flagNumber, flagSet, flagText } from '../flags.ts';
import { removeContainer } from '../remove-container.ts';

const O_ACCMODE = 3;
const LOG_FILE = 'dump.log';

export const checkpoint: Command = {
  usage: '<container-id>',
  summary: 'checkpoint a running container',
  flags: {
    ...CRIU_FLAGS,
    'parent-path': { type: 'string', usage: 'path for previous criu image files in pre-dump' },
    'leave-running': { type: 'boolean', usage: 'leave the process running after checkpointing' },
    'pre-dump': {
      type: 'boolean',
      usage: "dump container's memory information only, leave the container running after this",
    },
    'tcp-skip-in-flight': { type: 'boolean', usage: 'skip in-flight tcp connections' },
    'status-fd': { type: 'number', usage: 'criu writes \\0 to this FD once lazy-pages is ready' },
    'page-server': { type: 'string', usage: 'ADDRESS:PORT of the page server' },
  },
  args: { min: 1 },
  async run(context, flags) {
    const { root } = context;
    const record = readRecord(root, flags.args[0] ?? '');
    const status = statusOf(root, record);
    if (status === 'created' || status === 'stopped')
      throw new EngineError('conflict', `Container cannot be checkpointed in ${status} state`);
    const { spec, pid, rootfs } = record;
    const isPreDump = flagSet(flags, 'pre-dump');
    const statusFd = statusDescriptor(flags);
    const streams = streamsOf(pid);
    const directories = new CriuDirectories(flags);
    try {
      const options: CriuOptions = {
        process: pid,
        root: rootfs,
        logFile: LOG_FILE,
        ...commonOptions(flags, spec),
        ...directories.options(),
        ...dumpOptions(flags, directories.images),
        ...networkLock(),
        external: [...externalMounts(record), ...outerNamespaces(spec, pid)],
      };
      await runCriu({
        request: isPreDump ? 'pre-dump' : 'dump',
        options,
        logFile: logFileOf(options, directories.work, LOG_FILE),
        notified(event) {
          if (event === 'status-ready' && statusFd !== undefined) tellReady(statusFd);
        },
      });
    } finally {
      directories.close();
    }
    if (isPreDump) return 0;
    writeFileSync(join(directories.images, STREAMS_FILE), JSON.stringify(streams), { mode: 0o600 });
    if (!flagSet(flags, 'leave-running')) await removeContainer(context, record);
    return 0;
  },
};

function dumpOptions(flags: Flags, images: string): CriuOptions {
  const parent = parentImages(flagText(flags, 'parent-path'), images);
  return {
    leaveRunning: flagSet(flags, 'leave-running'),
    tcpSkipInFlight: flagSet(flags, 'tcp-skip-in-flight'),
    trackMemory: flagSet(flags, 'pre-dump') || parent !== undefined,
    parentImages: parent,
    pageServer: pageServer(flagText(flags, 'page-server')),
  };
}

/** Relative to the images. @throws EngineError invalid-parameter */
function parentImages(path: string | undefined, images: string): string | undefined {
  if (!path) return undefined;
  if (isAbsolute(path)) throw new EngineError('invalid-parameter', '--parent-path must be relative');
  const parent = join(images, path);
  if (!existsSync(parent))
    throw new EngineError('invalid-parameter', `invalid --parent-path: ${parent}: no such file or directory`);
  return path;
}

/** @throws EngineError invalid-parameter */
function pageServer(place: string | undefined): CriuOptions['pageServer'] {
  if (!place) return undefined;
  const [, address = '', port] = /^(.*):(\d+)$/.exec(place) ?? [];
  if (address === '')
    throw new EngineError('invalid-parameter', 'Use --page-server ADDRESS:PORT to specify page server');
  return { address, port: Number(port) };
}

function externalMounts({ spec, pid, cgroupPaths }: ContainerRecord): string[] {
  const hierarchies = hierarchyMounts(spec, detectCgroupLayout(), cgroupPaths.v1);
  const owned = hierarchies.map(({ place }) => [placeOf(place, pid), place]);
  const bound = boundMounts(spec).map(({ destination }) => [placeOf(destination, pid), destination]);
  const masked = maskedFiles(spec, pid).map(path => [path, path]);
  return [...owned, ...bound, ...masked].map(([place, name]) => `mnt[${place}]:${name}`);
}

/** Where a destination has led, which links may be on the way to. */
function placeOf(destination: string, pid: number): string {
  const root = openSync(`/proc/${pid}/root`, O_PATH | constants.O_DIRECTORY);
  const place = openInRoot(root, destination, O_PATH);
  closeSync(root);
  if (place < 0) return destination;
  const path = readlinkSync(`/proc/self/fd/${place}`);
  closeSync(place);
  return path;
}

/** What `--status-fd` names. @throws EngineError invalid-parameter unless it can be written to */
function statusDescriptor(flags: Flags): number | undefined {
  const descriptor = flagNumber(flags, 'status-fd');
  if (descriptor === undefined) return undefined;
  try {
    const info = readFileSync(`/proc/self/fdinfo/${descriptor}`, 'utf8');
    if ((Number.parseInt(/^flags:\s*(\d+)/m.exec(info)?.[1] ?? '0', 8) & O_ACCMODE) !== constants.O_RDONLY)
      return descriptor;
  } catch {
    // There is none.
  }
  throw new EngineError('invalid-parameter', `invalid --status-fd argument ${descriptor}: not writable`);
}

/** The pages can be asked for: a NUL, and the end. */
function tellReady(descriptor: number): void {
  writeSync(descriptor, Buffer.alloc(1));
  closeSync(descriptor);
}
