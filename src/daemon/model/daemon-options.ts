import { join } from 'node:path';
import type { BurstSettings } from '../../governor/burst/burst-settings.ts';
import type { SysctlMode } from '../../governor/governance.ts';
import type { EngineSettings } from '../../api/engine-options.ts';
import type { Patience, Proxies } from '../../registry/client/registry-options.ts';

/** What is kept from all containers together. */
export type SystemReserve = { cpus: number; memoryBytes: number };

export type CgroupDriver = 'cgroupfs' | 'systemd';

export type DaemonOptions = EngineSettings & {
  /** Absolute: what outlives the machine's next start. */
  dataRoot: string;
  /** Absolute: what does not (sockets of the shims). */
  execRoot: string;
  /** How CPU time is lent to containers that do not say it themselves. */
  burst: BurstSettings;
  /** Who makes the cgroups of containers; with `systemd`, their parents are slices. */
  cgroupDriver: CgroupDriver;
  /** Percent of the machine's CPUs from which on none is lent. */
  sharePoolThreshold: number;
  /** What is kept from all containers of the default cgroup parent together. */
  systemReserve: SystemReserve;
  /** What writes to sysctls meet in containers with extra privileges that do not say it themselves. */
  sysctlGuard: SysctlMode;
  /** Containers that name no network have none, and there is no default one. */
  bridgeDisabled: boolean;
  /** What was wrong when the daemon was set up; `docker info` shows it. */
  warnings: string[];
  certificateDirectories: readonly string[];
  proxies: Proxies;
  registryPatience: Partial<Patience>;
  /** The executable mounted at /sbin/docker-init for containers that ask for an init. */
  initPath: string;
  /** Slipway's own version. */
  version: string;
};

export function containerDirectory(options: DaemonOptions, id: string): string {
  return join(options.dataRoot, 'containers', id);
}

/** The exec driver's own directory for a container. */
export function runDirectory(options: DaemonOptions, id: string): string {
  return join(options.execRoot, 'containers', id);
}

export function logPath(options: DaemonOptions, id: string): string {
  return join(containerDirectory(options, id), `${id}-json.log`);
}

/** The files that are mounted into every container, by their names in /etc. */
export function hostFilePath(
  options: DaemonOptions,
  id: string,
  name: 'hostname' | 'hosts' | 'resolv.conf',
): string {
  return join(containerDirectory(options, id), name);
}
