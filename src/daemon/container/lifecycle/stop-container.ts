import { EngineError } from '../../../base/errors.ts';
import { isSignal, signalNumber } from '../../../base/signal-number.ts';
import type { Container } from '../../model/container.ts';
import { stopSignalOf } from '../config/signals.ts';
import type { Daemon } from '../daemon.ts';
import { prefixed } from '../../model/errors.ts';
import { containerEvent } from '../../model/container-event.ts';
import { killAndWait, sendSignal } from './kill-container.ts';
import { cancelRestart } from './restart-policy.ts';

const DEFAULT_TIMEOUT_SECONDS = 10;

export type StopOptions = { signal?: string; timeoutSeconds?: number };

/**
 * Asks the container to end, and kills it when it has not after its timeout. Returns when it has ended.
 * @throws EngineError not-modified when it does not run, invalid-parameter for a bad signal
 */
export async function stopContainer(
  daemon: Daemon,
  container: Container,
  reference: string,
  options: StopOptions,
): Promise<void> {
  if (!container.isRunning) throw new EngineError('not-modified', 'container is already stopped');
  await stopRunning(daemon, container, options).catch(error => {
    throw prefixed(`cannot stop container: ${reference}`, error);
  });
}

export async function stopRunning(daemon: Daemon, container: Container, options: StopOptions): Promise<void> {
  const { config } = container.record;
  const signal = options.signal ? signalNumber(options.signal) : stopSignalOf(config);
  const seconds = options.timeoutSeconds ?? config.StopTimeout ?? DEFAULT_TIMEOUT_SECONDS;
  container.restartCancelled = true;
  container.state.manuallyStopped = true;
  daemon.store.saveState(container.id, container.state);
  if (container.state.status === 'restarting') {
    cancelRestart(daemon, container);
    containerEvent(daemon, container, 'stop');
    return;
  }
  container.stops += 1;
  try {
    await end(daemon, container, {
      signal,
      timeoutMs: seconds < 0 ? Number.POSITIVE_INFINITY : Number(seconds) * 1000,
    });
  } finally {
    container.stops -= 1;
  }
}

async function end(
  daemon: Daemon,
  container: Container,
  { signal, timeoutMs }: { signal: number; timeoutMs: number },
): Promise<void> {
  if (isSignal(signal)) {
    const stopped = container.waitStopped(timeoutMs);
    await sendSignal(daemon, container, signal);
    if (await stopped) return;
  }
  if (container.isRunning) await killAndWait(daemon, container);
}
