import { parseProcStat } from '../../kernel/proc-stat.ts';
import { readFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { EngineError, messageOf } from '../../base/errors.ts';
import type { ExecDriver } from '../../execdriver/driver.ts';
import type { Resources } from '../../oci/runtime-spec.ts';
import { checkCgroupParent } from '../container/config/check-cgroup-parent.ts';
import { defaultCgroupParent } from '../container/start/build-spec.ts';
import type { DaemonOptions, SystemReserve } from '../model/daemon-options.ts';

const PERIOD_US = 100_000;

/**
 * Keeps from all containers of the default parent together what is the system's: they get what the machine has less the
 * reserve. Without a reserve nothing is touched.
 * @throws EngineError invalid-parameter, system
 */
export async function reserveResources(execDriver: ExecDriver, options: DaemonOptions): Promise<void> {
  const { systemReserve: reserve, cgroupParent, cgroupDriver } = options;
  checkCgroupParent(cgroupParent, cgroupDriver);
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
  if (reserve.cpus === 0 && reserve.memoryBytes === 0) return;
  try {
    await execDriver.limitParent(defaultCgroupParent(options), limits(reserve, machine));
  } catch (cause) {
    throw new EngineError('system', `what is the system's could not be reserved: ${messageOf(cause)}`, {
      cause,
    });
  }
}

function limits(reserve: SystemReserve, machine: SystemReserve): Resources {
  const quota = Math.trunc((machine.cpus - reserve.cpus) * PERIOD_US);
  return {
    ...(reserve.cpus > 0 ? { cpu: { quota, period: PERIOD_US } } : {}),
    ...(reserve.memoryBytes > 0 ? { memory: { limit: machine.memoryBytes - reserve.memoryBytes } } : {}),
  };
}

/** All CPUs of the machine, also those that this process may not use. */
function machineCpus(): number {
  return parseProcStat(readFileSync('/proc/stat', 'latin1')).cpus;
}
