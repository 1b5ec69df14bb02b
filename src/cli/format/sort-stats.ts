import { compareNaturally } from './compare-naturally.ts';
import {
  blockBytes,
  type ContainerStats,
  cpuShare,
  networkBytes,
  type StatsEntry,
  usedMemory,
} from './stats-rows.ts';

const MEASURES: Record<string, (stats: ContainerStats) => number> = {
  cpu: cpuShare,
  memory: usedMemory,
  network: stats => networkBytes(stats).received + networkBytes(stats).sent,
  block: stats => blockBytes(stats).read + blockBytes(stats).written,
  pids: stats => stats.pids_stats?.current ?? 0,
};

/** By what rows can be ordered. */
export const SORT_NAMES: readonly string[] = ['name', ...Object.keys(MEASURES)];

/** @throws Error that names the orders */
export function checkSort(name: string): string {
  if (!SORT_NAMES.includes(name)) throw new Error(`must be one of ${SORT_NAMES.join(', ')}`);
  return name;
}

/** By name from A, or by a measure from the largest; '' leaves them as they are. What has no numbers yet comes last. */
export function sortStats(entries: readonly StatsEntry[], by: string): readonly StatsEntry[] {
  if (by === '') return entries;
  if (by === 'name') return entries.toSorted((a, b) => compareNaturally(nameOf(a), nameOf(b)));
  const measure = MEASURES[by]!;
  const valueOf = ({ stats }: StatsEntry) => (stats === undefined ? -1 : measure(stats));
  return entries.toSorted((a, b) => valueOf(b) - valueOf(a));
}

function nameOf({ stats, container }: StatsEntry): string {
  return stats?.name ?? container;
}
