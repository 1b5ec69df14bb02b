import { EngineError } from '../../base/errors.ts';

/** When a container waits too much: `percent` of a window during which some, or all, of its processes waited. */
export type PressureLimit = {
  resource: 'cpu' | 'memory' | 'io';
  kind: 'some' | 'full';
  percent: number;
  windowUs: number;
};

/** What follows, besides the event: best-effort containers get less CPU time for a while, or one of them is stopped. */
export type PressureAction = 'event' | 'throttle' | 'stop';

const US: Readonly<Record<string, number>> = { ms: 1000, s: 1_000_000 };
/** WINDOW_MIN_US and WINDOW_MAX_US (kernel/sched/psi.c). */
const SHORTEST_US = 500_000;
const LONGEST_US = 10_000_000;
/** Between two looks of the kernel's own for all triggers (PSI_FREQ). */
const COARSE_US = 2_000_000;
const WANTED = 'want RESOURCE=KIND:PERCENT:WINDOW, such as memory=some:10:1s';

/** `memory=some:10:1s`. @throws EngineError invalid-parameter whose message says what would be right */
export function parsePressureLimit(text: string): PressureLimit {
  const match = /^(cpu|memory|io)=(some|full):(\d{1,3}(?:\.\d{1,3})?):(\d{1,5})(ms|s)$/.exec(text);
  if (match === null) throw invalid(WANTED);
  const [, resource, kind, share, window, unit = ''] = match;
  const [percent, windowUs] = [Number(share), Number(window) * US[unit]!];
  if (!(percent > 0 && percent <= 100)) throw invalid('want more than 0 and at most 100 percent');
  if (windowUs < SHORTEST_US || windowUs > LONGEST_US) throw invalid('want a window from 500ms to 10s');
  return { resource, kind, percent, windowUs } as PressureLimit;
}

/** As it was written. */
export function formatPressureLimit({ resource, kind, percent, windowUs }: PressureLimit): string {
  return `${resource}=${kind}:${percent}:${windowUs / 1000}ms`;
}

/**
 * The trigger that the kernel is told (Documentation/accounting/psi.rst), in the cgroup's file for the resource.
 * @param isPrivileged whether the engine has CAP_SYS_RESOURCE: without it the kernel takes only windows of whole multiples
 *   of 2 s, and a shorter one becomes that
 */
export function pressureTrigger(
  directory: string,
  limit: PressureLimit,
  isPrivileged: boolean,
): { path: string; data: string } {
  const { resource, kind, percent } = limit;
  const windowUs = isPrivileged ? limit.windowUs : Math.ceil(limit.windowUs / COARSE_US) * COARSE_US;
  return {
    path: `${directory}/${resource}.pressure`,
    data: `${kind} ${Math.round((windowUs * percent) / 100)} ${windowUs}`,
  };
}

function invalid(message: string): EngineError {
  return new EngineError('invalid-parameter', message);
}
