import type { Int64 } from '../../../base/int64.ts';
import type { Health } from '../../../api/types.ts';
import { messageOf } from '../../../base/errors.ts';
import { startTimer } from '../../../base/start-timer.ts';
import type { Container } from '../../model/container.ts';
import type { Daemon } from '../daemon.ts';
import { formatTime, nowNs, parseTime } from '../../model/clock.ts';
import { containerEvent } from '../../model/container-event.ts';
import { exceeded, type ProbeResult } from '../probe.ts';

const NS_PER_MS = 1_000_000;
const DEFAULT_INTERVAL_MS = 30_000;
const DEFAULT_TIMEOUT_MS = 30_000;
const DEFAULT_START_INTERVAL_MS = 5_000;
const DEFAULT_RETRIES = 3;
const KEPT_RESULTS = 5;

type Settings = {
  command: string[];
  intervalMs: number;
  timeoutMs: number;
  startPeriodMs: number;
  startIntervalMs: number;
  retries: number;
};

/** The health of a container that has just started, with what it had before; undefined without health check. */
export function initialHealth(container: Container): Health | undefined {
  if (settingsOf(container) === undefined) return undefined;
  return { ...healthOf(container), Status: 'starting', FailingStreak: 0 };
}

function healthOf({ state }: Container): Health {
  return state.health ?? { Status: 'starting', FailingStreak: 0, Log: [] };
}

/** Probes the container until its run is over, from the state of health that it has. */
export function startHealthChecks(daemon: Daemon, container: Container): void {
  const settings = settingsOf(container);
  if (settings === undefined) container.stopRun = () => undefined;
  else watchHealth(daemon, container, settings);
}

/** After a pause, or a restart of the engine: goes on where it was. */
export function resumeHealthChecks(daemon: Daemon, container: Container): void {
  const settings = settingsOf(container);
  if (settings !== undefined && container.state.status === 'running')
    watchHealth(daemon, container, settings);
}

/** When the container has ended or is paused: Docker calls it unhealthy then. The caller stores the state. */
export function stopHealthChecks({ state, stopRun }: Container): void {
  stopRun();
  if (state.health !== undefined) state.health = { ...state.health, Status: 'unhealthy' };
}

function watchHealth(daemon: Daemon, container: Container, settings: Settings): void {
  const over = new AbortController();
  let cancelTimer = (): void => undefined;
  const next = (): void => {
    const { startIntervalMs, intervalMs } = settings;
    cancelTimer = startTimer(isStarting(container, settings, nowNs()) ? startIntervalMs : intervalMs, check);
  };
  const check = (): void => {
    const isOver = (): boolean => over.signal.aborted || daemon.closing.aborted;
    void probeOnce(daemon, container, settings, over.signal)
      .then(result => {
        if (!isOver()) record(daemon, container, settings, result);
      })
      .catch(error =>
        daemon.log.error({ container: container.id, error: messageOf(error) }, 'a check of its health'),
      )
      .then(() => {
        if (!isOver()) next();
      });
  };
  container.stopRun = () => {
    over.abort();
    cancelTimer();
  };
  next();
}

/** A probe that does not end, having been killed, is not joined by another: it has failed again. */
async function probeOnce(
  daemon: Daemon,
  container: Container,
  { command, timeoutMs }: Settings,
  over: AbortSignal,
): Promise<ProbeResult> {
  const startNs = nowNs();
  if (!(await settlesWithin(container.probed, timeoutMs, over)))
    return { startNs, endNs: nowNs(), ...exceeded(timeoutMs) };
  const probe = daemon.startProbe(container, { command, timeoutMs });
  container.probed = probe.ended;
  over.addEventListener('abort', probe.end);
  try {
    return await probe.result;
  } finally {
    over.removeEventListener('abort', probe.end);
  }
}

async function settlesWithin(promise: Promise<void>, timeoutMs: number, over: AbortSignal): Promise<boolean> {
  const { promise: isOver, resolve } = Promise.withResolvers<boolean>();
  const giveUp = (): void => resolve(false);
  const cancelTimer = startTimer(timeoutMs, giveUp);
  over.addEventListener('abort', giveUp);
  try {
    return (await Promise.race([promise.then(() => true), isOver])) && !over.aborted;
  } finally {
    cancelTimer();
    over.removeEventListener('abort', giveUp);
  }
}

function settingsOf({ record: { config } }: Container): Settings | undefined {
  const { Healthcheck: health } = config;
  if (health === null) return undefined;
  const {
    Test: [kind, ...rest],
    Retries: retries,
  } = health;
  if (kind !== 'CMD' && kind !== 'CMD-SHELL') return undefined;
  const shell = config.Shell.length > 0 ? config.Shell : ['/bin/sh', '-c'];
  return {
    command: kind === 'CMD' ? rest : [...shell, ...rest],
    intervalMs: toMs(health.Interval, DEFAULT_INTERVAL_MS),
    timeoutMs: toMs(health.Timeout, DEFAULT_TIMEOUT_MS),
    startPeriodMs: toMs(health.StartPeriod, 0),
    startIntervalMs: toMs(health.StartInterval, DEFAULT_START_INTERVAL_MS),
    retries: retries > 0 ? Number(retries) : DEFAULT_RETRIES,
  };
}

function toMs(ns: Int64, fallback: number): number {
  return ns ? Math.max(1, Number(ns) / NS_PER_MS) : fallback;
}

/** Within the start period, and not yet healthy: probes come more often, and failures do not count. */
function isStarting({ state }: Container, { startPeriodMs }: Settings, atNs: bigint): boolean {
  if (state.health?.Status !== 'starting') return false;
  return Number(atNs - parseTime(state.startedAt)) / NS_PER_MS < startPeriodMs;
}

function record(daemon: Daemon, container: Container, settings: Settings, result: ProbeResult): void {
  const { state } = container;
  const health = healthOf(container);
  const before = health.Status;
  const { startNs, endNs, exitCode, output } = result;
  const entry = { Start: formatTime(startNs), End: formatTime(endNs), ExitCode: exitCode, Output: output };
  health.Log = [...health.Log, entry].slice(-KEPT_RESULTS);
  if (exitCode === 0) {
    health.FailingStreak = 0;
    health.Status = 'healthy';
  } else if (!isStarting(container, settings, startNs)) {
    health.FailingStreak += 1;
    if (health.FailingStreak >= settings.retries) health.Status = 'unhealthy';
  }
  state.health = health;
  daemon.store.saveState(container.id, state);
  if (health.Status !== before) containerEvent(daemon, container, `health_status: ${health.Status}`);
}
