import { statfsSync, statSync } from 'node:fs';
import { posix } from 'node:path';
import { EngineError } from '../base/errors.ts';
import { isBindMount } from './mount-options.ts';
import type { Mount } from '../oci/runtime-spec.ts';

/** linux/magic.h */
const PROC_SUPER_MAGIC = 0x9fa0;
/** The inode of the root of every proc file system (linux/proc_ns.h). */
const PROC_ROOT_INO = 1;

/** What LXCFS and others show a container in place of the host's; runc allows the same. */
const REPLACEABLE = new Set(
  'cpuinfo diskstats meminfo stat swaps uptime loadavg slabinfo sys/kernel/ns_last_pid sys/crypto/fips_enabled'
    .split(' ')
    .map(name => `/proc/${name}`),
);

/**
 * A container's /proc is always the kernel's: the engine writes there who the process is to be, and hides the host's
 * part of it. Links of the image that lead there are followed only by the shim.
 * @throws EngineError invalid-parameter in runc's words
 */
export function checkProcMount(mount: Mount): void {
  const target = posix.normalize(`/${mount.destination}`).replace(/\/$/, '');
  if (target === '/proc' && !isProc(mount)) throw refused(mount, target, 'it is not of type proc');
  if (target.startsWith('/proc/') && !REPLACEABLE.has(target))
    throw refused(mount, target, 'it is inside /proc');
}

function isProc(mount: Mount): boolean {
  if (!isBindMount(mount)) return mount.type === 'proc';
  const { source = '' } = mount;
  try {
    return statfsSync(source).type === PROC_SUPER_MAGIC && statSync(source).ino === PROC_ROOT_INO;
  } catch {
    return false;
  }
}

function refused({ source, type }: Mount, target: string, reason: string): EngineError {
  const what = JSON.stringify(source || type);
  return new EngineError(
    'invalid-parameter',
    `unable to start container process: error during container init: error mounting ${what} to rootfs at "${target}": create mountpoint for ${target} mount: check proc-safety of ${target} mount: "${target}" cannot be mounted because ${reason}`,
  );
}
