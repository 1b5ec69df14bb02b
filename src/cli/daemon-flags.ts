import { DEFAULT_SETTINGS, type EngineSettings } from '../api/engine-options.ts';
import {
  type BurstSettings,
  DEFAULT_BURST,
  DEFAULT_SHARE_POOL_THRESHOLD,
} from '../governor/burst/burst-settings.ts';
import type { SysctlMode } from '../governor/governance.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'fatal';

/**
 * What `slipway daemon` was asked for: flags and configuration file together, shapes checked, defaults applied.
 * An empty string or list leaves the choice to the daemon.
 */
export type DaemonFlags = EngineSettings & {
  /** `unix:///path`, `tcp://host:port`, `fd://`; never empty. */
  hosts: string[];
  dataRoot: string;
  execRoot: string;
  pidfile: string;
  /** An existing bridge to attach containers to; `none` for no bridge network. */
  bridge: string;
  logLevel: LogLevel;
  /** Empty: text on a terminal, JSON elsewhere. */
  logFormat: '' | 'text' | 'json';
  /** Text has no colors. */
  rawLogs: boolean;
  /** Names of this machine that TCP without TLS may be called by, besides those it knows of itself. */
  apiNames: string[];
  /** The unix socket's group, by name or number. Empty: `docker` or `slipway` where one exists. */
  group: string;
  /** How CPU time is lent to containers that do not say it themselves. */
  burst: BurstSettings;
  /** Who makes the cgroups of containers. */
  cgroupDriver: 'cgroupfs' | 'systemd';
  /** Percent of the machine's CPUs from which on none is lent. */
  sharePoolThreshold: number;
  /** Kept from all containers together; 0: nothing. */
  systemReserve: { cpus: number; memoryBytes: number };
  /** What writes to sysctls meet in containers with extra privileges that do not say it themselves. */
  sysctlGuard: SysctlMode;
  /** `HOST:PORT` where Prometheus gets its metrics; empty: nowhere. */
  metricsAddress: string;
  /** TCP listeners are secured; undefined: they are not. */
  tls?: { cert: string; key: string; clientCa?: string };
  shutdownTimeoutSeconds: number;
  /** As the variables HTTP_PROXY, HTTPS_PROXY and NO_PROXY have them. */
  proxies: { http: string; https: string; none: string };
  maxDownloadAttempts: number;
  /** What the configuration asks for and does not get, as messages. */
  warnings: string[];
};

export const DEFAULT_SOCKET = '/run/slipway/slipway.sock';

export const DEFAULT_DAEMON_FLAGS: DaemonFlags = {
  ...DEFAULT_SETTINGS,
  hosts: [`unix://${DEFAULT_SOCKET}`],
  dataRoot: '/var/lib/slipway',
  execRoot: '/run/slipway',
  pidfile: '/run/slipway/slipway.pid',
  bridge: '',
  logLevel: 'info',
  logFormat: '',
  rawLogs: false,
  apiNames: [],
  group: '',
  burst: DEFAULT_BURST,
  cgroupDriver: 'cgroupfs',
  sharePoolThreshold: DEFAULT_SHARE_POOL_THRESHOLD,
  sysctlGuard: 'deny',
  systemReserve: { cpus: 0, memoryBytes: 0 },
  metricsAddress: '',
  shutdownTimeoutSeconds: 15,
  proxies: { http: '', https: '', none: '' },
  maxDownloadAttempts: 5,
  warnings: [],
};
