import { nowNs, parseTime, ZERO_TIME } from '../../model/clock.ts';
import type { StateRecord } from '../../model/container-record.ts';
import { humanDuration } from './human-duration.ts';

/** The STATUS column of `docker ps`. */
export function statusText(state: StateRecord, atNs: bigint = nowNs()): string {
  const since = (time: string): string => humanDuration(Number((atNs - parseTime(time)) / 1_000_000n));
  switch (state.status) {
    case 'paused':
      return `Up ${since(state.startedAt)} (Paused)`;
    case 'restarting':
      return `Restarting (${state.exitCode}) ${since(state.finishedAt)} ago`;
    case 'running':
      return `Up ${since(state.startedAt)}${healthText(state)}`;
    case 'removing':
      return 'Removal In Progress';
    case 'dead':
      return 'Dead';
    case 'created':
      return 'Created';
    case 'exited':
      return state.finishedAt === ZERO_TIME
        ? ''
        : `Exited (${state.exitCode}) ${since(state.finishedAt)} ago`;
  }
}

function healthText({ health }: StateRecord): string {
  if (health === undefined) return '';
  return health.Status === 'starting' ? ' (health: starting)' : ` (${health.Status})`;
}
