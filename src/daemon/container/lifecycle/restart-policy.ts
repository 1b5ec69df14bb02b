import type { Container } from '../../model/container.ts';
import type { Daemon } from '../daemon.ts';

const FIRST_DELAY_MS = 100;
const MAX_DELAY_MS = 60_000;
/** A run that lasted so long makes the delays begin anew. */
const LONG_RUN_NS = 10_000_000_000n;

/** Whether the policy wants a container that has exited to run again. */
export function wantsRestart({ record, state }: Container, exitCode: number): boolean {
  const { Name: name, MaximumRetryCount: maximum } = record.hostConfig.RestartPolicy;
  if (name === 'always') return true;
  if (name === 'unless-stopped') return !state.manuallyStopped;
  if (name !== 'on-failure') return false;
  return exitCode !== 0 && (maximum === 0 || state.restartCount < maximum);
}

/** In how many milliseconds it is to be started again; undefined for never. */
export function nextRestart(container: Container, exitCode: number, ranForNs: bigint): number | undefined {
  if (container.restartCancelled) return undefined;
  if (!wantsRestart(container, exitCode)) return undefined;
  const isFirst = container.restartDelayMs === 0 || ranForNs >= LONG_RUN_NS;
  container.restartDelayMs = isFirst ? FIRST_DELAY_MS : Math.min(2 * container.restartDelayMs, MAX_DELAY_MS);
  return container.restartDelayMs;
}

/** Replaces a restart that was scheduled before. */
export function scheduleRestart(daemon: Daemon, container: Container, delayMs: number): void {
  clearTimeout(container.restartTimer);
  container.restartTimer = setTimeout(() => {
    if (daemon.closing.aborted || container.state.status !== 'restarting') return;
    // Not in the background: removals of images wait for that, and a start may take long.
    void daemon
      .restart(container)
      .catch(error =>
        daemon.log.warn({ container: container.id, error: String(error) }, 'the restart policy failed'),
      );
  }, delayMs);
}

/** For a container that waits: it stays as it is. */
export function cancelRestart(daemon: Daemon, container: Container): void {
  container.restartCancelled = true;
  clearTimeout(container.restartTimer);
  if (container.state.status !== 'restarting') return;
  container.state.status = 'exited';
  daemon.store.saveState(container.id, container.state);
  container.announce('stopped');
}
