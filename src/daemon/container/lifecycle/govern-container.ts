import type { Task } from '../../../execdriver/driver.ts';
import type { Container } from '../../model/container.ts';
import { governanceOf } from '../config/governance-annotations.ts';
import { parseCpuset } from '../config/check-resources.ts';
import type { Daemon } from '../daemon.ts';
import { burstSettings, cpuLimit, wantedBurstUs } from '../spec/governed-resources.ts';

/** How long a container keeps what it has been lent while no daemon is there: a new one may come right away. */
const ABSENCE_MS = 5000;

/** Has the governor look after a container that runs: after its start, when it was found running, and after an update. */
export function governContainer({ governor, options }: Daemon, container: Container, task: Task): void {
  const { hostConfig } = container.record;
  const governance = governanceOf(hostConfig);
  const { quotaUs, periodUs } = cpuLimit(hostConfig);
  governor.govern({
    id: container.id,
    paths: task.cgroupPaths,
    baseUs: quotaUs,
    periodUs,
    burstUs: wantedBurstUs(hostConfig, governance, options.burst),
    settings: burstSettings(governance, options.burst),
    qos: governance.qos,
    pinnedCores: governance.qos === 'latency-sensitive' ? countCpus(hostConfig.CpusetCpus) : 0,
    whenAlone: writes => task.whenAlone(writes, ABSENCE_MS),
  });
}

/** How many CPUs a list names that has been checked. */
function countCpus(list: string): number {
  return parseCpuset(list)?.size ?? 0;
}
