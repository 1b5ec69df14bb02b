import { totalmem } from 'node:os';
import { EngineError, messageOf } from '../../base/errors.ts';
import { detectCgroupLayout } from '../../cgroups/layout.ts';
import { machineCpus, reserveForSystem } from '../../cgroups/system-reserve.ts';
import { DEFAULT_CGROUP_PARENT } from '../container/start/build-spec.ts';
import type { DaemonOptions } from '../model/daemon-options.ts';

/** Keeps from all containers of the default parent together what is the system's. @throws EngineError invalid-parameter, system */
export function reserveResources({ systemReserve: reserve, cgroupParent }: DaemonOptions): void {
  const machine = { cpus: machineCpus(), memoryBytes: totalmem() };
  if (reserve.cpus >= machine.cpus)
    throw new EngineError(
      'invalid-parameter',
      `invalid system-reserved cpu ${reserve.cpus}: want less than the ${machine.cpus} CPUs that there are`,
    );
  if (reserve.memoryBytes >= machine.memoryBytes)
    throw new EngineError(
      'invalid-parameter',
      `invalid system-reserved memory ${reserve.memoryBytes}: want less than the ${machine.memoryBytes} bytes that there are`,
    );
  try {
    reserveForSystem(detectCgroupLayout(), cgroupParent || DEFAULT_CGROUP_PARENT, { reserve, machine });
  } catch (cause) {
    throw new EngineError('system', `what is the system's could not be reserved: ${messageOf(cause)}`, {
      cause,
    });
  }
}
