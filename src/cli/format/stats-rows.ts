import type { PressureStats, SlipwayStats } from '../../api/stats.ts';
import { shortId } from '../../base/short-id.ts';
import { formatBinarySize, formatSize } from '../values/size.ts';
import { sparkline } from './sparkline.ts';
import type { RowType } from './write-rows.ts';

export const STATS_TABLE =
  'table {{.ID}}\\t{{.Name}}\\t{{.CPUPerc}}\\t{{.MemUsage}}\\t{{.MemPerc}}\\t{{.NetIO}}\\t{{.BlockIO}}\\t{{.PIDs}}';
/** The table of the live view on a terminal. */
export const LIVE_STATS_TABLE = `${STATS_TABLE}\\t{{.CPUTrend}}`;

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
  slipway?: SlipwayStats;
};

type CpuStats = {
  cpu_usage?: { total_usage?: number; percpu_usage?: number[] | null };
  system_cpu_usage?: number;
  online_cpus?: number;
  throttling_data?: { periods?: number; throttled_periods?: number };
};

/** A container as it was asked for, and its latest numbers, if any have come. */
export type StatsEntry = {
  container: string;
  stats: ContainerStats | undefined;
  /** The latest CPU percentages, oldest first: what a live view draws. */
  trend?: readonly number[];
};

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
  CPUTrend: 'CPU TREND',
  Throttled: 'THROTTLED',
  Swap: 'SWAP',
  OpenFiles: 'OPEN FILES',
  OOMKills: 'OOM KILLS',
  CPUPressure: 'CPU PSI',
  MemPressure: 'MEM PSI',
  IOPressure: 'IO PSI',
};

/** @param options.isWhole the format shows a row whole (`json`): then it is as docker's, to the field */
export function statsRows(options: { truncate: boolean; isWhole: boolean }): RowType<StatsEntry> {
  return {
    typeName: 'stats',
    header: HEADER,
    fields: entry => ({
      ...dockerFields(entry, options.truncate),
      ...(options.isWhole ? {} : ownFields(entry)),
    }),
  };
}

function dockerFields({ container, stats }: StatsEntry, truncate: boolean) {
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

function ownFields({ stats, trend = [] }: StatsEntry) {
  const added = (show: (stats: SlipwayStats) => string) =>
    stats?.slipway === undefined ? '--' : show(stats.slipway);
  return {
    CPUTrend: () => sparkline(trend),
    Throttled: () => (stats === undefined ? '--' : percent(throttledShare(stats))),
    Swap: () => added(({ memory_swap }) => formatBinarySize(memory_swap)),
    OpenFiles: () => added(({ open_files }) => String(open_files)),
    OOMKills: () => added(({ oom_kills }) => String(oom_kills)),
    CPUPressure: () => added(({ pressure }) => pressureText(pressure.cpu)),
    MemPressure: () => added(({ pressure }) => pressureText(pressure.memory)),
    IOPressure: () => added(({ pressure }) => pressureText(pressure.io)),
  };
}

function percent(share: number): string {
  return `${(share * 100).toFixed(2)}%`;
}

/**
 * Percent of one CPU. Other engines send no percentage: it is then computed from their counters as docker's CLI does.
 */
export function cpuShare({
  cpu_stats: now = {},
  precpu_stats: before = {},
  slipway,
}: ContainerStats): number {
  if (typeof slipway?.cpu_percent === 'number') return slipway.cpu_percent / 100;
  const used = (now.cpu_usage?.total_usage ?? 0) - (before.cpu_usage?.total_usage ?? 0);
  const available = (now.system_cpu_usage ?? 0) - (before.system_cpu_usage ?? 0);
  const cpus = now.online_cpus || (now.cpu_usage?.percpu_usage?.length ?? 0);
  return used > 0 && available > 0 ? (used / available) * cpus : 0;
}

/** Which share of the periods between two readings was throttled. */
function throttledShare({ cpu_stats: now = {}, precpu_stats: before = {} }: ContainerStats): number {
  const since = (name: 'periods' | 'throttled_periods') =>
    (now.throttling_data?.[name] ?? 0) - (before.throttling_data?.[name] ?? 0);
  const periods = since('periods');
  return periods > 0 ? since('throttled_periods') / periods : 0;
}

function pressureText(pressure: PressureStats | undefined): string {
  return pressure === undefined ? '--' : percent(pressure.some.avg10 / 100);
}

/** Without the page cache that can be dropped at once. */
export function usedMemory({ memory_stats: memory = {} }: ContainerStats): number {
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

function networkUse(stats: ContainerStats): string {
  const { received, sent } = networkBytes(stats);
  return `${formatSize(received, 3)} / ${formatSize(sent, 3)}`;
}

export function networkBytes({ networks }: ContainerStats): { received: number; sent: number } {
  const all = Object.values(networks ?? {});
  return {
    received: all.reduce((sum, network) => sum + network.rx_bytes, 0),
    sent: all.reduce((sum, network) => sum + network.tx_bytes, 0),
  };
}

function blockUse(stats: ContainerStats): string {
  const { read, written } = blockBytes(stats);
  return `${formatSize(read, 3)} / ${formatSize(written, 3)}`;
}

export function blockBytes({ blkio_stats: blkio = {} }: ContainerStats): { read: number; written: number } {
  const sum = (letter: string) =>
    (blkio.io_service_bytes_recursive ?? [])
      .filter(({ op }) => op.toLowerCase().startsWith(letter))
      .reduce((total, { value }) => total + value, 0);
  return { read: sum('r'), written: sum('w') };
}
