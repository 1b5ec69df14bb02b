import { messageOf } from '../../base/errors.ts';
import { startTimer } from '../../base/start-timer.ts';
import { nowNs } from '../model/clock.ts';
import type { Container } from '../model/container.ts';
import type { Daemon } from '../container/daemon.ts';
import { createExec } from './create-exec.ts';
import type { Exec } from '../model/exec.ts';
import { forget, start } from './start-exec.ts';
import { goDuration } from '../container/health/go-duration.ts';
import { OutputCollector } from './output-collector.ts';

type Outcome = { exitCode: number; output: string };
export type ProbeResult = Outcome & { startNs: bigint; endNs: bigint };

/** One run of a container's health check. */
export type Probe = {
  /** At the latest when its time is over, whatever it has got to. Never rejects: what goes wrong is the result. */
  readonly result: Promise<ProbeResult>;
  /** Settles when nothing of it is left, which may take longer. Never rejects. */
  readonly ended: Promise<void>;
  /** Ends it before its time. */
  readonly end: () => void;
};

export type ProbeOptions = { command: string[]; timeoutMs: number };

export function startProbe(daemon: Daemon, container: Container, options: ProbeOptions): Probe {
  const startNs = nowNs();
  const { command, timeoutMs } = options;
  const collector = new OutputCollector();
  const over = new AbortController();
  const run = execute(daemon, container, { command, collector, signal: over.signal });
  const timedOut = new Promise<Outcome>(resolve => {
    over.signal.addEventListener('abort', () => resolve(exceeded(timeoutMs, collector.text())));
  });
  const cancelTimer = startTimer(timeoutMs, () => over.abort());
  const result = Promise.race([run, timedOut]).then(outcome => {
    cancelTimer();
    return { startNs, endNs: nowNs(), ...outcome };
  });
  return { result, ended: run.then(() => undefined), end: () => over.abort() };
}

/** In Docker's words. */
export function exceeded(timeoutMs: number, output = ''): Outcome {
  const message = `Health check exceeded timeout (${goDuration(timeoutMs)})`;
  return { exitCode: -1, output: output === '' ? message : `${message}: ${output}` };
}

type Execution = { command: string[]; collector: OutputCollector; signal: AbortSignal };

async function execute(
  daemon: Daemon,
  container: Container,
  { command, collector, signal }: Execution,
): Promise<Outcome> {
  let exec: Exec | undefined;
  try {
    const config = { Cmd: command, AttachStdout: true, AttachStderr: true };
    exec = await createExec(daemon, container, container.name, config);
    await start(daemon, exec, { attach: true, signal }, collector.stream);
    await exec.exited;
    await exec.bridge?.done;
    return { exitCode: exec.record.exitCode ?? -1, output: collector.text() };
  } catch (error) {
    return { exitCode: -1, output: messageOf(error) };
  } finally {
    // Nobody asks for it, and there may be thousands of them.
    if (exec !== undefined) forget(daemon, exec);
  }
}
