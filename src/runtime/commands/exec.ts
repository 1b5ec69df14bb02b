import { closeSync } from 'node:fs';
import { EngineError, messageOf } from '../../base/errors.ts';
import { type LaunchedProcess, launchProcess } from '../../execdriver/native/launch-process.ts';
import { syscall } from '../../kernel/libc.ffi.ts';
import { compileExec } from '../../libcontainer/compile-exec.ts';
import type { Process } from '../../oci/runtime-spec.ts';
import { adoptOrphans, awaitProcess } from '../await-process.ts';
import type { Command, RuntimeContext } from '../command.ts';
import { type ContainerRecord, readRecord, startTicksOf, stateOf, statusOf } from '../container-record.ts';
import { execCgroup } from '../exec-cgroup.ts';
import { EXEC_FLAGS, execProcess } from '../exec-process.ts';
import { ExitError } from '../exit-error.ts';
import { type Flags, flagSet, flagText } from '../flags.ts';
import { writePidFile } from '../make-container.ts';
import { sendPidfd } from '../send-pidfd.ts';
import { warnCapabilities } from '../warn-capabilities.ts';
import { CALLERS_STREAMS, openConsoleSocket, preservedDescriptors } from '../streams.ts';

/** Exit code when the runtime fails, to tell it from the process's own codes. */
const FAILED = 255;

export const exec: Command = {
  usage: '<container-id> <command> [command options] || -p process.json <container-id>',
  summary: 'execute new process inside the container',
  flags: EXEC_FLAGS,
  args: { min: 1, max: Number.POSITIVE_INFINITY, commandLine: true },
  async run(context, flags) {
    try {
      return await execute(context, flags);
    } catch (error) {
      // No init takes part in it, and those who know runc's words do not look for one.
      const message = messageOf(error).replace(': error during container init', '');
      throw new ExitError(FAILED, `exec failed: ${message}`, error);
    }
  },
};

async function execute(context: RuntimeContext, flags: Flags): Promise<number> {
  const record = readRecord(context.root, flags.args[0] ?? '');
  checkRuns(context, record, flagSet(flags, 'ignore-paused'));
  const process = execProcess(record, flags);
  warnCapabilities(process, context.warn);
  const detach = flagSet(flags, 'detach');
  const socket = openConsoleSocket(flags, process.terminal ?? false, detach);
  if (detach) {
    launch(context, record, { flags, process, console: socket });
    return 0;
  }
  adoptOrphans();
  const terminal = process.terminal ? await openTerminal() : undefined;
  const pid = launch(context, record, {
    flags,
    process,
    console: terminal?.console,
    made: () => terminal?.connect(),
  });
  const code = await awaitProcess(pid);
  await terminal?.close();
  return code;
}

function checkRuns({ root }: RuntimeContext, record: ContainerRecord, ignorePaused: boolean): void {
  const status = statusOf(root, record);
  if (status === 'stopped') throw new EngineError('conflict', 'cannot exec in a stopped container');
  if (status === 'paused' && !ignorePaused)
    throw new EngineError('conflict', 'cannot exec in a paused container (use --ignore-paused to override)');
}

type Launch = { flags: Flags; process: Process; console?: number; made?: () => void };

/** @returns the pid of the process, which executes */
function launch(
  context: RuntimeContext,
  record: ContainerRecord,
  { flags, process, console, made }: Launch,
): number {
  const init = openInit(record);
  try {
    const { descriptors, env } = preservedDescriptors(flags);
    const plan = compileExec({
      spec: record.spec,
      process: { ...process, env: [...(process.env ?? []), ...env] },
      cgroupPaths: execCgroup(record, flags.values.get('cgroup') ?? []),
      rows: process.consoleSize?.height,
      columns: process.consoleSize?.width,
      preserve: descriptors.length,
      resetAffinity: true,
      state: stateOf(context.root, record),
      rootless: context.rootless,
    });
    context.tracePlan?.(plan);
    const launched = launchProcess({
      shimPath: context.shimPath,
      id: record.id,
      plan,
      streams: CALLERS_STREAMS,
      terminal: process.terminal ?? false,
      console,
      init,
      preserved: descriptors,
    });
    return started(launched, flags, made);
  } finally {
    closeSync(init);
  }
}

function started(launched: LaunchedProcess, flags: Flags, made?: () => void): number {
  try {
    made?.();
    sendPidfd(flagText(flags, 'pidfd-socket'), launched.pid);
    launched.start();
    writePidFile(flagText(flags, 'pid-file'), launched.pid);
    return launched.pid;
  } finally {
    launched.release();
  }
}

/** The init as a descriptor: the process that was recorded, not a later one with its number. */
function openInit({ pid, startTicks }: ContainerRecord): number {
  const init = syscall('pidfd_open', String(pid), pid, 0);
  if (startTicksOf(pid) === startTicks) return init;
  closeSync(init);
  throw new EngineError('conflict', 'cannot exec in a stopped container');
}

async function openTerminal() {
  const { ForegroundTerminal } = await import('../foreground-terminal.ts');
  return new ForegroundTerminal();
}
