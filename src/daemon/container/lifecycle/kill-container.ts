import { EngineError } from '../../../base/errors.ts';
import { isSignal, signalNumber } from '../../../base/signal-number.ts';
import { settlesWithin } from '../../../base/settles-within.ts';
import type { Container } from '../../model/container.ts';
import { stopSignalOf } from '../config/signals.ts';
import type { Daemon } from '../daemon.ts';
import { conflict, invalid, prefixed } from '../../model/errors.ts';
import { containerEvent } from '../../model/container-event.ts';
import { resumeHealthChecks } from '../health/start-health-checks.ts';
import { cancelRestart } from './restart-policy.ts';

const SIGKILL = 9;
/** As dockerd: a process may wait for a broken disk, or be held by another container that traces it. */
const PATIENCE_MS = 10_000;

/**
 * `docker kill`: sends a signal; with SIGKILL, waits for the end.
 * @throws EngineError conflict when it does not run, invalid-parameter for a bad signal
 */
export async function killContainer(
  daemon: Daemon,
  container: Container,
  reference: string,
  signal: string,
): Promise<void> {
  try {
    const number = signalNumber(signal || 'SIGKILL');
    if (!isSignal(number)) throw invalid(`the linux daemon does not support signal ${number}`);
    if (!container.isRunning) throw conflict(`container ${container.id} is not running`);
    markStopped(daemon, container, number);
    if (container.state.status === 'restarting') return cancelRestart(daemon, container);
    if (number === SIGKILL) await killAndWait(daemon, container);
    else await sendSignal(daemon, container, number);
  } catch (error) {
    throw prefixed(`cannot kill container: ${reference}`, error);
  }
}

function markStopped(daemon: Daemon, container: Container, signal: number): void {
  if (isStop(container, signal)) container.restartCancelled = true;
  container.state.manuallyStopped = true;
  daemon.store.saveState(container.id, container.state);
}

/** Whether the signal is meant to end the container, which its restart policy respects then: as Docker decides it. */
function isStop({ record: { config } }: Container, signal: number): boolean {
  return !config.StopSignal || signal === SIGKILL || stopSignalOf(config) === signal;
}

/**
 * Returns when the container has ended.
 * @throws EngineError system, in Docker's words, when it does not
 */
export async function killAndWait(daemon: Daemon, container: Container): Promise<void> {
  const stopped = container.waitStopped(Number.POSITIVE_INFINITY);
  await sendSignal(daemon, container, SIGKILL);
  if (!(await settlesWithin(stopped, PATIENCE_MS)) && container.isRunning)
    throw new EngineError('system', 'tried to kill container, but did not receive an exit event');
}

/**
 * A container that has just ended is fine. A paused one is thawed by a signal that is to end it, so that it can. Whatever
 * comes of the signal is told of after it.
 */
export async function sendSignal(daemon: Daemon, container: Container, signal: number): Promise<void> {
  const { promise: sent, resolve } = Promise.withResolvers<void>();
  container.signals.add(sent);
  try {
    await deliver(daemon, container, signal);
    containerEvent(daemon, container, 'kill', { signal: String(signal) });
  } finally {
    container.signals.delete(sent);
    resolve();
  }
}

async function deliver(daemon: Daemon, container: Container, signal: number): Promise<void> {
  const { runtime, state } = container;
  try {
    await runtime?.kill(signal);
  } catch (error) {
    if (!(error instanceof EngineError) || error.kind !== 'conflict') throw error;
  }
  if (state.status !== 'paused' || !isStop(container, signal)) return;
  await runtime?.resume();
  state.status = 'running';
  resumeHealthChecks(daemon, container);
  daemon.store.saveState(container.id, state);
}
