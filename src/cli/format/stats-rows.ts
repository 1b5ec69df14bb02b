import { shortId } from '../../base/short-id.ts';
import { formatBinarySize, formatSize } from '../values/size.ts';
import type { RowType } from './write-rows.ts';

export const STATS_TABLE =
  'table {{.ID}}\\t{{.Name}}\\t{{.CPUPerc}}\\t{{.MemUsage}}\\t{{.MemPerc}}\\t{{.NetIO}}\\t{{.BlockIO}}\\t{{.PIDs}}';

/** The fields of `GET /containers/{id}/stats` that are shown. */
export type ContainerStats = {
  id?: string;
  name?: string;
  cpu_stats?: CpuStats;
  precpu_stats?: CpuStats;
  memory_stats?: { usage?: number; limit?: number; stats?: Record<string, number> };
  networks?: Record<string, { rx_bytes: number; tx_bytes: number }> | null;
  blkio_stats?: { io_service_bytes_recursive?: { op: string; value: number }[] | null };
  pids_stats?: { current?: number };
};

type CpuStats = {
  cpu_usage?: { total_usage?: number; percpu_usage?: number[] | null };
  system_cpu_usage?: number;
  online_cpus?: number;
};

/** A container as it was asked for, and its latest numbers, if any have come. */
export type StatsEntry = { container: string; stats: ContainerStats | undefined };

const HEADER = {
  Container: 'CONTAINER',
  Name: 'NAME',
  ID: 'CONTAINER ID',
  CPUPerc: 'CPU %',
  MemUsage: 'MEM USAGE / LIMIT',
  MemPerc: 'MEM %',
  NetIO: 'NET I/O',
  BlockIO: 'BLOCK I/O',
  PIDs: 'PIDS',
};

export function statsRows(options: { truncate: boolean }): RowType<StatsEntry> {
  return { typeName: 'stats', header: HEADER, fields: entry => statsFields(entry, options.truncate) };
}

function statsFields({ container, stats }: StatsEntry, truncate: boolean) {
  const known = (show: (stats: ContainerStats) => string, unknown = '--') =>
    stats === undefined ? unknown : show(stats);
  const id = stats?.id ?? '';
  return {
    Container: () => container,
    Name: () => stats?.name?.slice(1) || '--',
    ID: () => (truncate ? shortId(id) : id),
    CPUPerc: () => known(value => percent(cpuShare(value))),
    MemUsage: () => known(memoryUse, '-- / --'),
    MemPerc: () => known(value => percent(memoryShare(value))),
    NetIO: () => known(networkUse),
    BlockIO: () => known(blockUse),
    PIDs: () => known(value => String(value.pids_stats?.current ?? 0)),
  };
}

function percent(share: number): string {
  return `${(share * 100).toFixed(2)}%`;
}

function cpuShare({ cpu_stats: now = {}, precpu_stats: before = {} }: ContainerStats): number {
  const used = (now.cpu_usage?.total_usage ?? 0) - (before.cpu_usage?.total_usage ?? 0);
  const available = (now.system_cpu_usage ?? 0) - (before.system_cpu_usage ?? 0);
  const cpus = now.online_cpus || (now.cpu_usage?.percpu_usage?.length ?? 0);
  return used > 0 && available > 0 ? (used / available) * cpus : 0;
}

/** Without the page cache that can be dropped at once. */
function usedMemory({ memory_stats: memory = {} }: ContainerStats): number {
  const usage = memory.usage ?? 0;
  const cache = memory.stats?.total_inactive_file ?? memory.stats?.inactive_file ?? 0;
  return cache < usage ? usage - cache : usage;
}

function memoryUse(stats: ContainerStats): string {
  return `${formatBinarySize(usedMemory(stats))} / ${formatBinarySize(stats.memory_stats?.limit ?? 0)}`;
}

function memoryShare(stats: ContainerStats): number {
  const limit = stats.memory_stats?.limit ?? 0;
  return limit === 0 ? 0 : usedMemory(stats) / limit;
}

function networkUse({ networks }: ContainerStats): string {
  const all = Object.values(networks ?? {});
  const received = all.reduce((sum, network) => sum + network.rx_bytes, 0);
  const sent = all.reduce((sum, network) => sum + network.tx_bytes, 0);
  return `${formatSize(received, 3)} / ${formatSize(sent, 3)}`;
}

function blockUse({ blkio_stats: blkio = {} }: ContainerStats): string {
  const sum = (letter: string) =>
    (blkio.io_service_bytes_recursive ?? [])
      .filter(({ op }) => op.toLowerCase().startsWith(letter))
      .reduce((total, { value }) => total + value, 0);
  return `${formatSize(sum('r'), 3)} / ${formatSize(sum('w'), 3)}`;
}
