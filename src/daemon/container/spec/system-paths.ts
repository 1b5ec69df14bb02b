import { existsSync, readdirSync } from 'node:fs';

const CPUS = '/sys/devices/system/cpu';

/** Hidden in a container. */
const MASKED_PATHS: readonly string[] = [
  '/proc/asound',
  '/proc/acpi',
  '/proc/interrupts',
  '/proc/kcore',
  '/proc/keys',
  '/proc/latency_stats',
  '/proc/timer_list',
  '/proc/timer_stats',
  '/proc/sched_debug',
  '/proc/scsi',
  '/sys/firmware',
  '/sys/devices/virtual/powercap',
];

/** Hidden in a container: what leaks the host's secrets or its activity, as far as this host has it. */
export function defaultMaskedPaths(): string[] {
  const cpus = existsSync(CPUS) ? readdirSync(CPUS).filter(name => /^cpu\d+$/.test(name)) : [];
  const throttling = cpus.map(name => `${CPUS}/${name}/thermal_throttle`).filter(path => existsSync(path));
  return [...MASKED_PATHS, ...throttling];
}

/** Not to be written in a container: what changes the host. */
export const DEFAULT_READONLY_PATHS: readonly string[] = [
  '/proc/bus',
  '/proc/fs',
  '/proc/irq',
  '/proc/sys',
  '/proc/sysrq-trigger',
];
