import { TimeSlice } from '../../../base/time-slice.ts';
import type { Container } from '../../model/container.ts';
import type { Daemon } from '../../container/daemon.ts';
import { governanceOf } from '../../container/config/governance-annotations.ts';
import { readUsage } from '../../container/inspect/usage-reading.ts';
import { containerFamilies, type MeasuredContainer } from './container-metrics.ts';
import { engineFamilies } from './engine-metrics.ts';
import { expose, labelName, type Labels } from '../../../base/exposition.ts';

/**
 * Everything that is measured, in Prometheus' text format, piece by piece. Containers are read at the time of the call,
 * one after the other.
 */
export async function* collectMetrics(daemon: Daemon): AsyncGenerator<string, void, undefined> {
  const slice = new TimeSlice();
  const measured: MeasuredContainer[] = [];
  for (const container of daemon.containers.all()) {
    const one = await measure(daemon, container);
    if (one !== undefined) measured.push(one);
    if (slice.isOver) await slice.pause();
  }
  for (const family of [...engineFamilies(daemon), ...containerFamilies(measured)]) {
    yield expose(family);
    if (slice.isOver) await slice.pause();
  }
}

/** Undefined when it does not run. */
async function measure(daemon: Daemon, container: Container): Promise<MeasuredContainer | undefined> {
  const usage = await readUsage(container);
  if (usage === undefined) return undefined;
  const { record, state, runtime, filesRefused } = container;
  return {
    labels: labelsOf(container),
    hostConfig: record.hostConfig,
    startedAtSeconds: Date.parse(state.startedAt) / 1000,
    usage,
    files: { limit: governanceOf(record.hostConfig).filesLimit ?? 0, refused: filesRefused },
    sysctlReports: Number(daemon.sysctls.count(runtime?.cgroupPaths.unified)),
  };
}

/** As cAdvisor has them with Docker. */
function labelsOf({ id, name, record }: Container): Labels {
  const own = Object.entries(record.config.Labels);
  return {
    ...Object.fromEntries(own.map(([key, value]) => [labelName(key), value])),
    id: `/docker/${id}`,
    image: record.imageReference,
    name,
  };
}
