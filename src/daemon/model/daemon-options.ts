import type { Int64 } from '../../base/int64.ts';
import { join } from 'node:path';
import type { BurstSettings } from '../../governor/burst/burst-settings.ts';
import type { SysctlMode } from '../../governor/governance.ts';
import type { Ulimit } from '../../api/types.ts';
import type { Patience, Proxies } from '../../registry/client/registry-options.ts';

export type DaemonOptions = {
  /** Absolute: what outlives the machine's next start. */
  dataRoot: string;
  /** Absolute: what does not (sockets of the shims). */
  execRoot: string;
  /** Of containers that name no other; '' for the top. */
  cgroupParent: string;
  /** How CPU time is lent to containers that do not say it themselves. */
  burst: BurstSettings;
  /** Percent of the machine's CPUs from which on none is lent. */
  sharePoolThreshold: number;
  /** What writes to sysctls meet in containers with extra privileges that do not say it themselves. */
  sysctlGuard: SysctlMode;
  logDriver: string;
  logOptions: Record<string, string>;
  shmSizeBytes: Int64;
  ulimits: Required<Ulimit>[];
  init: boolean;
  /** Empty: as the machine's cgroups want it. */
  cgroupnsMode: '' | 'private' | 'host';
  ipcMode: 'private' | 'shareable';
  noNewPrivileges: boolean;
  /** What `host-gateway` means; '' for the default network's own address. */
  hostGatewayIp: string;
  /** Where ports are published that name no address. */
  publishIp: string;
  /** Of how the daemon was set up; `docker info` shows them. */
  warnings: string[];
  dns: string[];
  dnsSearch: string[];
  dnsOptions: string[];
  /** Containers that name no network have none, and there is no default one. */
  bridgeDisabled: boolean;
  /** The default network's own address (CIDR); '' for the first of Docker's pools that is free. */
  bridgeIp: string;
  /** Of its IPv6; '' likewise. */
  bridgeIp6: string;
  /** Whether the default network has IPv6. */
  ipv6: boolean;
  /** The part of the default network's subnet that containers' addresses come from (CIDR); '' for all of it. */
  fixedCidr: string;
  fixedCidr6: string;
  /** Where containers of the default network have their default routes; '' for the bridge. */
  defaultGateway: string;
  defaultGateway6: string;
  /** Whether containers of the default network reach each other, beside those that are linked. */
  icc: boolean;
  /** By driver: options of networks that are made, where they do not say otherwise. */
  networkOptions: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** What networks get subnets from, each cut into subnets of `size` bits of prefix; empty: Docker's default pools. */
  addressPools: readonly { base: string; size: number }[];
  /** Whether outgoing connections of the default network get the host's address. */
  masquerade: boolean;
  mtu: number;
  labels: string[];
  debug: boolean;
  /**
   * Percent of the data root's file system: when more is used than `high`, images that no container uses are removed,
   * longest unused first, until it is less than `low`. 0: never.
   */
  imageGcHigh: number;
  imageGcLow: number;
  /** How registries are reached: see RegistryOptions. */
  insecureRegistries: readonly string[];
  registryMirrors: readonly string[];
  certificateDirectories: readonly string[];
  /** Which images may come from registries: containers-policy.json(5). Read at each pull; all may where it is missing. */
  imagePolicyFile: string;
  proxies: Proxies;
  registryPatience: Partial<Patience>;
  /** Of layers, in all pulls and in all pushes together. */
  maxConcurrentDownloads: number;
  maxConcurrentUploads: number;
  /** The executable mounted at /sbin/docker-init for containers that ask for an init. */
  initPath: string;
  /** Of Slipway itself. */
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
