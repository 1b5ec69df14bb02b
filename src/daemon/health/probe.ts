import { messageOf } from '../../base/errors.ts';
import { createExec } from '../exec/create-exec.ts';
import { start } from '../exec/start-exec.ts';
import { nowNs } from '../clock.ts';
import type { Container } from '../containers/container.ts';
import type { Daemon } from '../daemon.ts';
import { goDuration } from './go-duration.ts';
import { OutputCollector } from './output-collector.ts';
import { untilAborted } from '../../base/until-aborted.ts';

const SIGKILL = 9;

export type ProbeOptions = { command: string[]; timeoutMs: number; signal: AbortSignal };
export type ProbeResult = { startNs: bigint; endNs: bigint; exitCode: number; output: string };

/** Runs a container's health check once. Never rejects: what goes wrong is the result. */
export async function probe(
  daemon: Daemon,
  container: Container,
  options: ProbeOptions,
): Promise<ProbeResult> {
  const startNs = nowNs();
  const collector = new OutputCollector();
  const timeout = AbortSignal.any([AbortSignal.timeout(options.timeoutMs), options.signal]);
  try {
    const exitCode = await untilAborted(
      timeout,
      execute(daemon, container, { ...options, timeout, collector }),
    );
    return { startNs, endNs: nowNs(), exitCode, output: collector.text() };
  } catch (error) {
    const output = timeout.aborted
      ? `Health check exceeded timeout (${goDuration(options.timeoutMs)})`
      : messageOf(error);
    return { startNs, endNs: nowNs(), exitCode: -1, output };
  }
}

type Execution = { command: string[]; timeout: AbortSignal; collector: OutputCollector };

/** Until its output has ended. Once the timeout is over the command is killed, also when it starts only then. */
async function execute(
  daemon: Daemon,
  container: Container,
  { command, timeout, collector }: Execution,
): Promise<number> {
  const config = { Cmd: command, AttachStdout: true, AttachStderr: true };
  const exec = await createExec(daemon, container, container.name, config);
  await start(daemon, exec, { attach: true }, collector.stream);
  const kill = () => void exec.process?.kill(SIGKILL).catch(() => undefined);
  if (timeout.aborted) kill();
  timeout.addEventListener('abort', kill, { once: true });
  await exec.exited;
  timeout.removeEventListener('abort', kill);
  await exec.bridge?.done;
  return exec.record.exitCode ?? -1;
}
