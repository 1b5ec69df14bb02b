import { messageOf } from '../../base/errors.ts';
import { createExec } from '../exec/create-exec.ts';
import { start } from '../exec/start-exec.ts';
import { nowNs } from '../clock.ts';
import type { Container } from '../containers/container.ts';
import type { Daemon } from '../daemon.ts';
import { goDuration } from './go-duration.ts';
import { OutputCollector } from './output-collector.ts';

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
  try {
    const config = { Cmd: options.command, AttachStdout: true, AttachStderr: true };
    const exec = await createExec(daemon, container, container.name, config);
    await start(daemon, exec, { attach: true }, collector.stream);
    const timeout = AbortSignal.any([AbortSignal.timeout(options.timeoutMs), options.signal]);
    const isTimedOut = await Promise.race([
      exec.exited.then(() => false),
      new Promise<true>(resolve => timeout.addEventListener('abort', () => resolve(true), { once: true })),
    ]);
    if (isTimedOut) {
      await exec.process?.kill(SIGKILL).catch(() => undefined);
      const limit = goDuration(options.timeoutMs);
      return { startNs, endNs: nowNs(), exitCode: -1, output: `Health check exceeded timeout (${limit})` };
    }
    await exec.bridge?.done;
    return { startNs, endNs: nowNs(), exitCode: exec.record.exitCode ?? -1, output: collector.text() };
  } catch (error) {
    return { startNs, endNs: nowNs(), exitCode: -1, output: messageOf(error) };
  }
}
