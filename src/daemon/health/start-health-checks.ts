import type { Health, HealthConfig } from '../../api/types.ts';
import type { Container } from '../containers/container.ts';
import type { Daemon } from '../daemon.ts';
import { formatTime, nowNs, parseTime } from '../clock.ts';
import { containerEvent } from '../events/container-event.ts';
import { probe, type ProbeResult } from './probe.ts';

const NS_PER_MS = 1_000_000;
const DEFAULT_INTERVAL_MS = 30_000;
const DEFAULT_TIMEOUT_MS = 30_000;
const DEFAULT_START_INTERVAL_MS = 5_000;
const DEFAULT_RETRIES = 3;
const KEPT_RESULTS = 5;
const LONGEST_TIMER_MS = 2 ** 31 - 1;

type Settings = {
  command: string[];
  intervalMs: number;
  timeoutMs: number;
  startPeriodMs: number;
  startIntervalMs: number;
  retries: number;
};

/** The health of a container that has just started; undefined without health check. */
export function initialHealth(container: Container): Health | undefined {
  if (settingsOf(container) === undefined) return undefined;
  return { Status: 'starting', FailingStreak: 0, Log: [] };
}

/** Probes the container until its run is over, from the state of health that it has. */
export function startHealthChecks(daemon: Daemon, container: Container): void {
  const settings = settingsOf(container);
  if (settings === undefined) container.stopRun = () => undefined;
  else watchHealth(daemon, container, settings);
}

function watchHealth(daemon: Daemon, container: Container, settings: Settings): void {
  const over = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const next = (): void => {
    if (over.signal.aborted || daemon.closing.aborted) return;
    timer = setTimeout(
      check,
      isStarting(container, settings) ? settings.startIntervalMs : settings.intervalMs,
    );
  };
  const check = (): void => {
    if (container.state.status !== 'running') return next();
    const { command, timeoutMs } = settings;
    void probe(daemon, container, { command, timeoutMs, signal: over.signal }).then(result => {
      if (over.signal.aborted || daemon.closing.aborted) return;
      record(daemon, container, settings, result);
      next();
    });
  };
  container.stopRun = () => {
    over.abort();
    clearTimeout(timer);
  };
  next();
}

function settingsOf({ record: { config } }: Container): Settings | undefined {
  const health: HealthConfig = config.Healthcheck ?? {};
  const [kind, ...rest] = health.Test ?? [];
  if (kind !== 'CMD' && kind !== 'CMD-SHELL') return undefined;
  const shell = config.Shell ?? ['/bin/sh', '-c'];
  return {
    command: kind === 'CMD' ? rest : [...shell, ...rest],
    intervalMs: toMs(health.Interval, DEFAULT_INTERVAL_MS),
    timeoutMs: toMs(health.Timeout, DEFAULT_TIMEOUT_MS),
    startPeriodMs: toMs(health.StartPeriod, 0),
    startIntervalMs: toMs(health.StartInterval, DEFAULT_START_INTERVAL_MS),
    retries: (health.Retries ?? 0) > 0 ? (health.Retries ?? 0) : DEFAULT_RETRIES,
  };
}

/** Whole milliseconds that timers take: an image may ask for less than one, and anybody for years. */
function toMs(ns: number | undefined, fallback: number): number {
  return ns ? Math.min(Math.max(1, Math.ceil(ns / NS_PER_MS)), LONGEST_TIMER_MS) : fallback;
}

/** Within the start period, and not yet healthy: probes come more often, and failures do not count. */
function isStarting({ state }: Container, { startPeriodMs }: Settings): boolean {
  if (state.health?.Status !== 'starting') return false;
  return Number(nowNs() - parseTime(state.startedAt)) / NS_PER_MS < startPeriodMs;
}

function record(daemon: Daemon, container: Container, settings: Settings, result: ProbeResult): void {
  const { state } = container;
  const health = state.health ?? { Status: 'starting', FailingStreak: 0, Log: [] };
  const before = health.Status;
  const { startNs, endNs, exitCode, output } = result;
  const entry = { Start: formatTime(startNs), End: formatTime(endNs), ExitCode: exitCode, Output: output };
  health.Log = [...health.Log, entry].slice(-KEPT_RESULTS);
  if (exitCode === 0) {
    health.FailingStreak = 0;
    health.Status = 'healthy';
  } else if (!isStarting(container, settings)) {
    health.FailingStreak += 1;
    if (health.FailingStreak >= settings.retries) health.Status = 'unhealthy';
  }
  state.health = health;
  daemon.store.saveState(container.id, state);
  if (health.Status !== before) containerEvent(daemon, container, `health_status: ${health.Status}`);
}
