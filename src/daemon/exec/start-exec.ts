import type { Duplex } from 'node:stream';
import type * as api from '../../api/types.ts';
import type { ExecProcess, ExitStatus } from '../../execdriver/driver.ts';
import { answerRead } from '../container/streams/answer-read.ts';
import { outputConverter } from '../container/streams/convert-output.ts';
import { parseDetachKeys } from '../container/streams/detach-keys.ts';
import type { AttachSession } from '../../api/backend.ts';
import { StreamBridge } from '../container/streams/stream-bridge.ts';
import type { Daemon } from '../container/daemon.ts';
import { conflict } from '../model/errors.ts';
import { containerEvent } from '../model/container-event.ts';
import { buildExecProcess } from '../container/start/build-spec.ts';
import { describeExecFailure, startExitCode } from '../container/start/start-failure.ts';
import { checkExecutable } from './create-exec.ts';
import type { Exec } from '../model/exec.ts';
import type { ClientSession } from '../model/client-session.ts';

const SIGKILL = 9;

/**
 * Starts what {@link createExec} noted: at once when detached; otherwise when the session runs, so that what
 * fails can be told on the client's stream, as Docker does. Whether that is framed is said here, whatever kind of
 * process was noted.
 * @throws EngineError conflict
 */
export async function startExec(
  daemon: Daemon,
  exec: Exec,
  { Detach: detached = false, Tty: raw = false, ConsoleSize: size }: api.ExecStartConfig,
): Promise<AttachSession | undefined> {
  const { container, record } = exec;
  checkExecutable(container, container.id);
  const [rows, columns] = raw && size ? size : record.config.ConsoleSize;
  if (detached) {
    await start(daemon, exec, { rows, columns, attach: false });
    return undefined;
  }
  return {
    multiplexed: !raw,
    run: async client => {
      const ready = answerRead(client);
      const bridge = await start(daemon, exec, { rows, columns, attach: true, raw, ready }, client);
      await bridge?.done;
    },
  };
}

type StartOptions = {
  rows?: number;
  columns?: number;
  attach: boolean;
  /** Whether the client wants standard output as it is, and nothing else: as from a terminal. */
  raw?: boolean;
  /** It is started no sooner. */
  ready?: Promise<void>;
  /** When aborted, ends the process in any stage of its start. */
  signal?: AbortSignal;
};

/** @throws EngineError in the words of Docker */
export async function start(
  daemon: Daemon,
  exec: Exec,
  options: StartOptions,
  client?: Duplex,
): Promise<ClientSession | undefined> {
  const { container, record } = exec;
  let process: ExecProcess | undefined;
  let bridge: ClientSession | undefined;
  exec.claim();
  containerEvent(daemon, container, `exec_start: ${exec.command}`, { execID: exec.id });
  try {
    process = await createProcess(daemon, exec, options);
    exec.process = process;
    if (options.signal !== undefined) endWith(options.signal, process);
    if (client !== undefined) bridge = await connect(exec, process, { client, ...options });
    exec.bridge = bridge;
    void bridge?.done.then(() => (exec.bridge = undefined));
    if (daemon.closing.aborted) exec.bridge?.abandon();
    await options.ready;
    await process.start();
  } catch (error) {
    fail(daemon, exec, error);
    throw describeExecFailure(error);
  }
  Object.assign(record, { state: 'running', pid: process.pid });
  saveExec(daemon, exec);
  watchExec(daemon, exec, process);
  return bridge;
}

async function createProcess(
  daemon: Daemon,
  { id, container, record, spec }: Exec,
  { rows, columns, attach, signal }: StartOptions,
): Promise<ExecProcess> {
  const { runtime } = container;
  if (runtime === undefined) throw conflict(`container ${container.id} is not running`);
  const { Tty: terminal, AttachStdin: stdin } = record.config;
  return runtime.exec({
    id,
    process: spec ?? (await buildExecProcess(daemon, container, record.config)),
    ...(signal ? { signal } : {}),
    io: {
      terminal,
      stdin: stdin && attach,
      stdinOnce: stdin && attach,
      ...(rows && columns ? { rows, columns } : {}),
    },
  });
}

function endWith(signal: AbortSignal, process: ExecProcess): void {
  const kill = (): void => void process.kill(SIGKILL).catch(() => undefined);
  if (signal.aborted) kill();
  else signal.addEventListener('abort', kill);
}

async function connect(
  { record: { config } }: Exec,
  process: ExecProcess,
  { client, raw = false }: { client: Duplex; raw?: boolean },
): Promise<StreamBridge> {
  const { Tty: terminal, AttachStdin: stdin, AttachStdout: stdout, AttachStderr: stderr } = config;
  const upstream = await process.attach({ stdin, stdout, stderr: stderr && (terminal || !raw) });
  const detachKeys = parseDetachKeys(config.DetachKeys);
  const convert = outputConverter({ terminal, raw });
  return new StreamBridge({ client, upstream, terminal, stdin, closeStdin: true, detachKeys, convert });
}

/** Notes its exit, whenever that comes. */
export function watchExec(daemon: Daemon, exec: Exec, process: ExecProcess): void {
  void process.exited.then(status => {
    if (daemon.closing.aborted) return;
    exec.settle(status);
    daemon.background.run(`the exit of exec ${exec.id}`, announceExit(daemon, exec, status));
  });
}

/** The event of the signal that ended it comes first. */
async function announceExit(daemon: Daemon, exec: Exec, { code }: ExitStatus): Promise<void> {
  const { container } = exec;
  forgetLater(daemon, exec);
  saveExec(daemon, exec);
  await Promise.all(container.signals);
  if (container.isRemoved) return;
  containerEvent(daemon, container, 'exec_die', { execID: exec.id, exitCode: String(code) });
}

function fail(daemon: Daemon, exec: Exec, error: unknown): void {
  const code = startExitCode(error);
  exec.bridge?.abandon();
  exec.settle({ code });
  saveExec(daemon, exec);
  forgetLater(daemon, exec);
}

/** It is forgotten with its container. */
function saveExec({ store }: Daemon, { id, container, record }: Exec): void {
  if (!container.isRemoved) store.saveExec(id, container.id, record);
}

/** It can be inspected for a while. */
export function forgetLater({ endedExecs }: Daemon, { id, container, size }: Exec): void {
  endedExecs.keep(id, { id, containerId: container.id }, size);
}
