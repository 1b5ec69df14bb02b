import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
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
export function commonOptions(flags: Flags, { images, work }: CriuPaths): string[] {
  const emptyNamespace = flagText(flags, 'empty-ns');
  return [
    '--images-dir',
    images,
    '--work-dir',
    work,
    '-v4',
    `--manage-cgroups=${flagText(flags, 'manage-cgroups-mode') ?? 'soft'}`,
    ...SWITCHES.filter(name => flagSet(flags, name)).map(name => `--${name}`),
    ...(emptyNamespace ? ['--empty-ns', emptyNamespace] : []),
  ];
}

/** What of the mounts belongs to the host: criu notes it under the name of its place, and is given it back. */
export function boundMounts({ mounts }: Spec): Mount[] {
  return (mounts ?? []).filter(isBindMount);
}

/** @throws EngineError unavailable without criu, system when it fails, with the last of its log */
export function runCriu(args: readonly string[], logFile: string): void {
  const { status, error } = spawnSync('criu', args, { stdio: ['inherit', 'inherit', 'inherit'] });
  if (errorCode(error) === 'ENOENT')
    throw new EngineError('unavailable', 'criu is not installed, and checkpoint and restore need it', {
      hint: 'On Debian: apt-get install criu.',
    });
  if (error || status !== 0)
    throw new EngineError('system', `criu ${args[0]} failed: ${error?.message ?? lastError(logFile)}`);
}

function lastError(logFile: string): string {
  try {
    const errors = readFileSync(logFile, 'utf8')
      .split('\n')
      .filter(line => line.includes('Error'));
    // The very last says only that it failed.
    const reason =
      errors.findLast(line => !line.includes('FAILED')) ?? errors.at(-1) ?? 'no error in its log';
    return `${reason} (log file: ${logFile})`;
  } catch {
    return `no log file ${logFile}`;
  }
}
