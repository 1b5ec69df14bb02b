import { messageOf } from '../../base/errors.ts';
import { startTimer } from '../../base/start-timer.ts';
import { nowNs } from '../model/clock.ts';
import type { Container } from '../model/container.ts';
import type { Daemon } from '../container/daemon.ts';
import { createExec } from './create-exec.ts';
import type { Exec } from '../model/exec.ts';
import { exceeded, type Probe, type ProbeOptions, type ProbeOutcome } from '../container/probe.ts';
import { forgetExec } from '../model/forget-exec.ts';
import { start } from './start-exec.ts';
import { OutputCollector } from './output-collector.ts';

/** One run of a container's health check, as an exec. */
export function startProbe(daemon: Daemon, container: Container, options: ProbeOptions): Probe {
  const startNs = nowNs();
  const { command, timeoutMs } = options;
  const collector = new OutputCollector();
  const over = new AbortController();
  const run = execute(daemon, container, { command, collector, signal: over.signal });
  const timedOut = new Promise<ProbeOutcome>(resolve => {
    over.signal.addEventListener('abort', () => resolve(exceeded(timeoutMs, collector.text())));
  });
  const cancelTimer = startTimer(timeoutMs, () => over.abort());
  const result = Promise.race([run, timedOut]).then(outcome => {
    cancelTimer();
    return { startNs, endNs: nowNs(), ...outcome };
  });
  return { result, ended: run.then(() => undefined), end: () => over.abort() };
}

type Execution = { command: string[]; collector: OutputCollector; signal: AbortSignal };

async function execute(
  daemon: Daemon,
  container: Container,
  { command, collector, signal }: Execution,
): Promise<ProbeOutcome> {
  let exec: Exec | undefined;
  try {
    const config = { Cmd: command, AttachStdout: true, AttachStderr: true };
    exec = await createExec(daemon, container, container.name, config);
    const bridge = await start(daemon, exec, { attach: true, signal }, collector.stream);
    await exec.exited;
    await bridge?.done;
    return { exitCode: exec.record.exitCode ?? -1, output: collector.text() };
  } catch (error) {
    return { exitCode: -1, output: messageOf(error) };
  } finally {
    // Clients do not inspect probes, and there may be thousands of them.
    if (exec !== undefined) forgetExec(daemon, exec);
  }
}
