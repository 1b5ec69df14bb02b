import { availableParallelism, totalmem } from 'node:os';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Daemon } from '../../container/daemon.ts';
import type { MetricFamily } from '../../../base/exposition.ts';

const NS_PER_SECOND = 1e9;
const RESOLUTION_MS = 50;
const STATES = { running: ['running', 'restarting'], paused: ['paused'] };

/** Metrics of the engine itself, under dockerd's names where it has them, and of the machine, under cAdvisor's. */
export function engineFamilies(daemon: Daemon): MetricFamily[] {
  const { options } = daemon;
  const family = (name: string, help: string, samples: MetricFamily['samples']): MetricFamily => ({
    name,
    type: 'gauge',
    help,
    samples,
  });
  return [
    family('engine_daemon_engine_info', 'The information related to the engine', [
      [{ version: options.version, graphdriver: daemon.graph.driverName, daemon_id: daemon.id }, 1],
    ]),
    family(
      'engine_daemon_container_states_containers',
      'The count of containers in various states',
      containerStates(daemon),
    ),
    family(
      'slipway_event_loop_delay_seconds',
      "How late the daemon's main thread was since the last scrape",
      loopDelays(),
    ),
    family('process_resident_memory_bytes', 'Resident memory size in bytes.', [
      [{}, process.memoryUsage.rss()],
    ]),
    family('machine_cpu_cores', 'Number of logical CPU cores.', [[{}, availableParallelism()]]),
    family('machine_memory_bytes', 'Amount of memory installed on the machine.', [[{}, totalmem()]]),
  ];
}

function containerStates({ containers }: Daemon): MetricFamily['samples'] {
  const all = containers.all().map(({ state }) => state.status);
  const running = all.filter(status => STATES.running.includes(status)).length;
  const paused = all.filter(status => STATES.paused.includes(status)).length;
  return [
    [{ state: 'paused' }, paused],
    [{ state: 'running' }, running],
    [{ state: 'stopped' }, all.length - running - paused],
  ];
}

/** The delays of this process's main thread, whichever number of engines it has. Measured from the first scrape on. */
let delays: ReturnType<typeof startMeasuring> | undefined;

function loopDelays(): MetricFamily['samples'] {
  delays ??= startMeasuring();
  const seconds = (ns: number) => Math.max(ns - RESOLUTION_MS * 1e6, 0) / NS_PER_SECOND;
  const samples = [0.5, 0.99, 1].map(
    quantile => [{ quantile: String(quantile) }, seconds(delays!.percentile(quantile * 100))] as const,
  );
  delays.reset();
  return samples;
}

function startMeasuring() {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  histogram.enable();
  return histogram;
}
