import type { Limits as WantedLimits } from '../../model/host-config.ts';
import type { Int64 } from '../../../base/int64.ts';
import type { Resources } from '../../../oci/runtime-spec.ts';
import type { CgroupStats } from '../../../execdriver/driver.ts';
import type { UsageReading } from '../../container/inspect/usage-reading.ts';
import { specLimits } from '../../container/spec/spec-resources.ts';
import type { Labels, MetricFamily } from '../../../base/exposition.ts';

const NS_PER_SECOND = 1e9;
const US_PER_SECOND = 1e6;
const DEFAULT_PERIOD_US = 100_000;
const DEFAULT_SHARES = 1024;

/** A running container, what it was asked for, and what it uses. */
export type MeasuredContainer = {
  labels: Labels;
  startedAtSeconds: number;
  hostConfig: WantedLimits;
  usage: UsageReading;
  /** Descriptors of all its processes together; `limit` is 0 when there is none. */
  files: { limit: number; refused: number };
  /** Writes that its guard has refused or told of. */
  sysctlReports: number;
};

type Values = (container: MeasuredContainer) => readonly (readonly [Labels, number])[];
type Metric = Pick<MetricFamily, 'type' | 'help'> & { values: Values };

/** All families, under the names that cAdvisor gives them (docs/storage/prometheus.md there); those that it lacks are our own. */
export function containerFamilies(containers: readonly MeasuredContainer[]): MetricFamily[] {
  return Object.entries(METRICS).map(([name, { type, help, values }]) => ({
    name,
    type,
    help,
    samples: containers.flatMap(container =>
      values(container).map(([labels, value]) => [{ ...container.labels, ...labels }, value] as const),
    ),
  }));
}

const one =
  (value: (container: MeasuredContainer) => number | undefined): Values =>
  container => {
    const number = value(container);
    return number === undefined ? [] : [[{}, number]];
  };
const counter = (help: string, values: Values): Metric => ({ type: 'counter', help, values });
const gauge = (help: string, values: Values): Metric => ({ type: 'gauge', help, values });
const fromCgroup = (value: (cgroup: CgroupStats) => number | undefined): Values =>
  one(({ usage }) => value(usage.cgroup));
const seconds = (ns: bigint): number => Number(ns) / NS_PER_SECOND;
type Limits = NonNullable<Resources['cpu']> & NonNullable<Resources['memory']>;

/** What was asked for, and what a container has that asked for nothing: 0 where that is no limit. */
const asked = (value: (limits: Limits) => Int64 | undefined, otherwise?: number): Values =>
  one(({ hostConfig }) => {
    const { cpu, memory } = specLimits(hostConfig);
    return Number(value({ ...cpu, ...memory }) ?? 0) || otherwise;
  });

/** memory.stat has a value for the cgroup and those below it under another name in v1. */
const memory = (v1: string, v2: string): Values =>
  fromCgroup(({ memory: { stat }, cgroupVersion }) =>
    cgroupVersion === 1 ? (stat[`total_${v1}`] ?? stat[v1]) : stat[v2],
  );

const METRICS: Record<string, Metric> = {
  container_cpu_usage_seconds_total: counter('Cumulative cpu time consumed in seconds.', cpuUsage),
  container_cpu_user_seconds_total: counter(
    'Cumulative user cpu time consumed in seconds.',
    fromCgroup(({ cpu }) => seconds(cpu.userNs)),
  ),
  container_cpu_system_seconds_total: counter(
    'Cumulative system cpu time consumed in seconds.',
    fromCgroup(({ cpu }) => seconds(cpu.systemNs)),
  ),
  container_cpu_cfs_periods_total: counter(
    'Number of elapsed enforcement period intervals.',
    fromCgroup(({ cpu }) => cpu.periods),
  ),
  container_cpu_cfs_throttled_periods_total: counter(
    'Number of throttled period intervals.',
    fromCgroup(({ cpu }) => cpu.throttledPeriods),
  ),
  container_cpu_cfs_throttled_seconds_total: counter(
    'Total time duration the container has been throttled.',
    fromCgroup(({ cpu }) => seconds(cpu.throttledNs)),
  ),
  container_cpu_cfs_burst_periods_total: counter(
    'Number of periods when burst occurs.',
    fromCgroup(({ cpu }) => cpu.burstPeriods),
  ),
  container_cpu_cfs_burst_seconds_total: counter(
    'Total time duration when container CPU usage above quota.',
    fromCgroup(({ cpu }) => seconds(cpu.burstNs)),
  ),
  container_memory_usage_bytes: gauge(
    'Current memory usage in bytes, including all memory regardless of when it was accessed',
    fromCgroup(({ memory: { usageBytes } }) => usageBytes),
  ),
  container_memory_max_usage_bytes: gauge(
    'Maximum memory usage recorded in bytes',
    fromCgroup(({ memory: { maxUsageBytes } }) => maxUsageBytes),
  ),
  container_memory_working_set_bytes: gauge('Current working set in bytes.', fromCgroup(workingSet)),
  container_memory_cache: gauge('Number of bytes of page cache memory.', memory('cache', 'file')),
  container_memory_rss: gauge('Size of RSS in bytes.', memory('rss', 'anon')),
  container_memory_mapped_file: gauge(
    'Size of memory mapped files in bytes.',
    memory('mapped_file', 'file_mapped'),
  ),
  container_memory_swap: gauge(
    'Container swap usage in bytes.',
    fromCgroup(({ memory: { swapBytes } }) => swapBytes),
  ),
  container_memory_failcnt: counter(
    'Number of memory usage hits limits',
    fromCgroup(({ memory: { failures } }) => failures),
  ),
  container_memory_failures_total: counter('Cumulative count of memory allocation failures.', memoryFailures),
  container_oom_events_total: counter(
    'Count of out of memory events observed for the container',
    fromCgroup(({ memory: { oomKills } }) => oomKills),
  ),
  container_fs_reads_bytes_total: counter('Cumulative count of bytes read', blockIo('Read', 'bytes')),
  container_fs_writes_bytes_total: counter('Cumulative count of bytes written', blockIo('Write', 'bytes')),
  container_fs_reads_total: counter('Cumulative count of reads completed', blockIo('Read', 'operations')),
  container_fs_writes_total: counter('Cumulative count of writes completed', blockIo('Write', 'operations')),
  container_blkio_device_usage_total: counter('Blkio Device bytes usage', deviceUsage),
  container_network_receive_bytes_total: counter('Cumulative count of bytes received', network('rx_bytes')),
  container_network_receive_packets_total: counter(
    'Cumulative count of packets received',
    network('rx_packets'),
  ),
  container_network_receive_errors_total: counter(
    'Cumulative count of errors encountered while receiving',
    network('rx_errors'),
  ),
  container_network_receive_packets_dropped_total: counter(
    'Cumulative count of packets dropped while receiving',
    network('rx_dropped'),
  ),
  container_network_transmit_bytes_total: counter(
    'Cumulative count of bytes transmitted',
    network('tx_bytes'),
  ),
  container_network_transmit_packets_total: counter(
    'Cumulative count of packets transmitted',
    network('tx_packets'),
  ),
  container_network_transmit_errors_total: counter(
    'Cumulative count of errors encountered while transmitting',
    network('tx_errors'),
  ),
  container_network_transmit_packets_dropped_total: counter(
    'Cumulative count of packets dropped while transmitting',
    network('tx_dropped'),
  ),
  container_processes: gauge(
    'Number of processes running inside the container.',
    one(({ usage }) => usage.openFiles.processes),
  ),
  container_threads: gauge(
    'Number of threads running inside the container',
    fromCgroup(({ pids }) => pids.current),
  ),
  container_threads_max: gauge(
    'Maximum number of threads allowed inside the container, infinity if value is zero',
    fromCgroup(({ pids }) => pids.limit),
  ),
  container_file_descriptors: gauge(
    'Number of open file descriptors for the container.',
    one(({ usage }) => usage.openFiles.descriptors),
  ),
  slipway_container_file_descriptors_limit: gauge(
    'Number of open file descriptors that the container may have, infinity if value is zero',
    one(({ files }) => files.limit),
  ),
  slipway_container_file_descriptors_refused_total: counter(
    'Calls that were refused as they would have exceeded the limit of open file descriptors.',
    one(({ files }) => files.refused),
  ),
  slipway_container_sysctl_reports_total: counter(
    'Writes to sysctls that a guard has refused or told of.',
    one(({ sysctlReports }) => sysctlReports),
  ),
  container_pressure_cpu_waiting_seconds_total: counter(
    'Total time duration tasks in the container have waited due to CPU congestion.',
    pressure('cpu', 'some'),
  ),
  container_pressure_cpu_stalled_seconds_total: counter(
    'Total time duration no tasks in the container could make progress due to CPU congestion.',
    pressure('cpu', 'full'),
  ),
  container_pressure_memory_waiting_seconds_total: counter(
    'Total time duration tasks in the container have waited due to memory congestion.',
    pressure('memory', 'some'),
  ),
  container_pressure_memory_stalled_seconds_total: counter(
    'Total time duration no tasks in the container could make progress due to memory congestion.',
    pressure('memory', 'full'),
  ),
  container_pressure_io_waiting_seconds_total: counter(
    'Total time duration tasks in the container have waited due to IO congestion.',
    pressure('io', 'some'),
  ),
  container_pressure_io_stalled_seconds_total: counter(
    'Total time duration no tasks in the container could make progress due to IO congestion.',
    pressure('io', 'full'),
  ),
  container_spec_cpu_period: gauge(
    'CPU period of the container.',
    asked(({ period }) => period, DEFAULT_PERIOD_US),
  ),
  container_spec_cpu_quota: gauge(
    'CPU quota of the container.',
    asked(({ quota }) => quota),
  ),
  container_spec_cpu_shares: gauge(
    'CPU share of the container.',
    asked(({ shares }) => shares, DEFAULT_SHARES),
  ),
  container_spec_memory_limit_bytes: gauge(
    'Memory limit for the container.',
    asked(({ limit: bytes }) => bytes, 0),
  ),
  container_spec_memory_reservation_limit_bytes: gauge(
    'Memory reservation limit for the container.',
    asked(({ reservation }) => reservation, 0),
  ),
  container_spec_memory_swap_limit_bytes: gauge(
    'Memory swap limit for the container.',
    asked(({ swap }) => swap, 0),
  ),
  container_start_time_seconds: gauge(
    'Start time of the container since unix epoch in seconds.',
    one(({ startedAtSeconds }) => startedAtSeconds),
  ),
  container_last_seen: gauge(
    'Last time a container was seen by the exporter',
    one(({ usage }) => Date.parse(usage.at) / 1000),
  ),
};

/** By CPU where the kernel tells it (v1), as cAdvisor; a sum over all is what boards make of it. */
function cpuUsage({ usage: { cgroup } }: MeasuredContainer): ReturnType<Values> {
  const { perCpuNs, usageNs } = cgroup.cpu;
  if (perCpuNs === undefined) return [[{ cpu: 'total' }, seconds(usageNs)]];
  return perCpuNs.flatMap((ns, index): [Labels, number][] =>
    ns === 0n ? [] : [[{ cpu: `cpu${String(index).padStart(2, '0')}` }, seconds(ns)]],
  );
}

/** Without the page cache that can be dropped at once. */
function workingSet({ memory: { usageBytes, stat } }: CgroupStats): number {
  const { inactive_file: inactive = 0, total_inactive_file: total = inactive } = stat;
  return Math.max(usageBytes - total, 0);
}

function memoryFailures({ usage: { cgroup } }: MeasuredContainer): ReturnType<Values> {
  const { stat } = cgroup.memory;
  return (['pgfault', 'pgmajfault'] as const).flatMap((name): [Labels, number][] => {
    const { [name]: own = 0, [`total_${name}`]: total = own } = stat;
    return [
      [{ failure_type: name, scope: 'container' }, own],
      [{ failure_type: name, scope: 'hierarchy' }, total],
    ];
  });
}

function blockIo(wanted: 'Read' | 'Write', value: 'bytes' | 'operations'): Values {
  return ({ usage: { cgroup } }) =>
    cgroup.blkio
      .filter(({ op }) => op === wanted)
      .map(entry => [{ device: `${entry.major}:${entry.minor}` }, entry[value]]);
}

function deviceUsage({ usage: { cgroup } }: MeasuredContainer): ReturnType<Values> {
  return cgroup.blkio.map(({ major, minor, op, bytes }) => [
    { device: '', major: String(major), minor: String(minor), operation: op },
    bytes,
  ]);
}

function network(
  value:
    | 'rx_bytes'
    | 'rx_packets'
    | 'rx_errors'
    | 'rx_dropped'
    | 'tx_bytes'
    | 'tx_packets'
    | 'tx_errors'
    | 'tx_dropped',
): Values {
  return ({ usage: { networks = {} } }) =>
    Object.entries(networks).map(([name, counters]) => [{ interface: name }, counters[value]]);
}

function pressure(resource: 'cpu' | 'memory' | 'io', kind: 'some' | 'full'): Values {
  return fromCgroup(({ pressure: { [resource]: measured } }) => {
    const total = measured?.[kind]?.total;
    return total === undefined ? undefined : total / US_PER_SECOND;
  });
}
