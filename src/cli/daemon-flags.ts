import type { Ulimit } from '../api/types.ts';
import {
  type BurstSettings,
  DEFAULT_BURST,
  DEFAULT_SHARE_POOL_THRESHOLD,
} from '../governor/burst/burst-settings.ts';
import type { SysctlMode } from '../governor/governance.ts';
import type { Int64 } from '../base/int64.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'fatal';

/** A network (CIDR), cut into subnets of `size` bits of prefix. */
export type AddressPool = { base: string; size: number };

/**
 * What `slipway daemon` was asked for: flags and configuration file together, shapes checked, defaults applied.
 * An empty string or list leaves the choice to the daemon.
 */
export type DaemonFlags = {
  /** `unix:///path`, `tcp://host:port`, `fd://`; never empty. */
  hosts: string[];
  dataRoot: string;
  execRoot: string;
  pidfile: string;
  storageDriver: string;
  storageOpts: string[];
  /** The default bridge's own address, CIDR. */
  bip: string;
  bip6: string;
  /** Whether the default bridge has IPv6. */
  ipv6: boolean;
  /** CIDR: parts of the default bridge's subnets that containers' addresses come from. */
  fixedCidr: string;
  fixedCidr6: string;
  /** Containers' default routes; empty: the default bridge's own addresses. */
  defaultGateway: string;
  defaultGateway6: string;
  /** Whether containers of the default bridge reach each other without links. */
  icc: boolean;
  /** By driver: options of new networks. */
  networkOptions: Record<string, Record<string, string>>;
  /** An existing bridge to attach containers to; `none` for no bridge network. */
  bridge: string;
  /** What networks that name no subnet get theirs from; empty: Docker's default pools. */
  addressPools: AddressPool[];
  /** Whether the default network's outgoing connections get the host's address. */
  masquerade: boolean;
  /** Bytes. */
  mtu: number;
  dns: string[];
  dnsSearch: string[];
  dnsOptions: string[];
  debug: boolean;
  logLevel: LogLevel;
  /** Empty: text on a terminal, JSON elsewhere. */
  logFormat: '' | 'text' | 'json';
  /** Text has no colors. */
  rawLogs: boolean;
  logDriver: string;
  logOpts: Record<string, string>;
  /** Names of this machine that TCP without TLS may be called by, besides those it knows of itself. */
  apiNames: string[];
  /** The unix socket's group, by name or number. Empty: `docker` or `slipway` where one exists. */
  group: string;
  cgroupParent: string;
  /** How CPU time is lent to containers that do not say it themselves. */
  burst: BurstSettings;
  sharePoolThreshold: number;
  /** Of containers with extra privileges. */
  sysctlGuard: SysctlMode;
  /** `HOST:PORT` where Prometheus gets its metrics; empty: nowhere. */
  metricsAddress: string;
  defaultUlimits: Required<Ulimit>[];
  defaultShmSizeBytes: Int64;
  labels: string[];
  /** TCP listeners are secured; undefined: they are not. */
  tls?: { cert: string; key: string; clientCa?: string };
  /** `private` or `host`; empty: as the machine's cgroups want it. */
  defaultCgroupnsMode: '' | 'private' | 'host';
  defaultIpcMode: 'private' | 'shareable';
  /** What `host-gateway` means; empty: the default bridge's address. */
  hostGatewayIp: string;
  /** Where ports are published that name no address. */
  ip: string;
  noNewPrivileges: boolean;
  /** Containers get an init process unless they say otherwise. */
  init: boolean;
  shutdownTimeoutSeconds: number;
  /** Layers' blobs are replaced by recipes once they are unpacked. */
  discardBlobs: boolean;
  /** Percent; 0 for no limit. */
  imageGcHigh: number;
  imageGcLow: number;
  /** `host[:port]` or CIDR. */
  insecureRegistries: string[];
  /** URLs. */
  registryMirrors: string[];
  /** A file: which images may come from registries. */
  imagePolicy: string;
  /** As the variables HTTP_PROXY, HTTPS_PROXY and NO_PROXY have them. */
  proxies: { http: string; https: string; none: string };
  maxConcurrentDownloads: number;
  maxConcurrentUploads: number;
  maxDownloadAttempts: number;
  /** Of what the configuration asks for and does not get. */
  warnings: string[];
};

export const DEFAULT_SOCKET = '/run/slipway/slipway.sock';

export const DEFAULT_DAEMON_FLAGS: DaemonFlags = {
  hosts: [`unix://${DEFAULT_SOCKET}`],
  dataRoot: '/var/lib/slipway',
  execRoot: '/run/slipway',
  pidfile: '/run/slipway/slipway.pid',
  storageDriver: '',
  storageOpts: [],
  bip: '',
  bip6: '',
  ipv6: false,
  fixedCidr: '',
  fixedCidr6: '',
  defaultGateway: '',
  defaultGateway6: '',
  icc: true,
  networkOptions: {},
  bridge: '',
  addressPools: [],
  masquerade: true,
  mtu: 1500,
  dns: [],
  dnsSearch: [],
  dnsOptions: [],
  debug: false,
  logLevel: 'info',
  logFormat: '',
  rawLogs: false,
  logDriver: 'json-file',
  logOpts: {},
  apiNames: [],
  group: '',
  cgroupParent: '',
  burst: DEFAULT_BURST,
  sharePoolThreshold: DEFAULT_SHARE_POOL_THRESHOLD,
  sysctlGuard: 'deny',
  metricsAddress: '',
  defaultUlimits: [],
  defaultShmSizeBytes: 64 * 1024 * 1024,
  labels: [],
  defaultCgroupnsMode: '',
  defaultIpcMode: 'private',
  hostGatewayIp: '',
  ip: '0.0.0.0',
  noNewPrivileges: false,
  init: false,
  shutdownTimeoutSeconds: 15,
  discardBlobs: false,
  imageGcHigh: 0,
  imageGcLow: 0,
  insecureRegistries: [],
  registryMirrors: [],
  imagePolicy: '/etc/slipway/policy.json',
  proxies: { http: '', https: '', none: '' },
  maxConcurrentDownloads: 3,
  maxConcurrentUploads: 5,
  maxDownloadAttempts: 5,
  warnings: [],
};
