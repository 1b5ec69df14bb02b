import { resolve } from 'node:path';
import { parseSystemReserve } from '../values/system-reserve.ts';
import type { BurstPolicy } from '../../governor/burst/burst-settings.ts';
import type { SysctlMode } from '../../governor/governance.ts';
import { ENGINE_OPTIONS, type EngineSettings } from '../../api/engine-options.ts';
import { DEFAULT_DAEMON_FLAGS, type DaemonFlags, type LogLevel } from '../daemon-flags.ts';
import { parseSize } from '../values/size.ts';
import type { DaemonFlagValues } from './daemon-flag-table.ts';

const LOG_LEVELS: readonly string[] = ['debug', 'info', 'warn', 'error', 'fatal'];
const LOG_FORMATS: readonly string[] = ['', 'text', 'json'];
/** How far below the upper limit the lower one is, where it is not given; as the kubelet has it. */
const DEFAULT_GC_MARGIN = 5;
/** More than 100 %: the machine never counts as overloaded. */
const MOST_THRESHOLD = 1000;
const HOST = /^(unix:\/\/.+|tcp:\/\/.*|fd:\/\/.*)$/;

/** An address alone is one of TCP. */
const withScheme = (host: string) => (host === '' || host.includes('://') ? host : `tcp://${host}`);

/**
 * The daemon's own form of the flags, checked.
 * @throws Error with dockerd's wording
 */
export function toDaemonFlags(values: DaemonFlagValues, warnings: string[] = []): DaemonFlags {
  const level = values['log-level'];
  if (!LOG_LEVELS.includes(level)) throw new Error(`invalid logging level: ${level}`);
  if (!LOG_FORMATS.includes(values['log-format']))
    throw new Error(`invalid log format: ${values['log-format']}`);
  const given = new Set(values.host.map(withScheme));
  const hosts = given.size === 0 ? DEFAULT_DAEMON_FLAGS.hosts : [...given];
  for (const host of hosts) if (!HOST.test(host)) throw new Error(`invalid bind address format: ${host}`);
  if (values.mtu < 0) throw new Error(`invalid default MTU: ${values.mtu}`);
  for (const key of ['bip', 'bip6', 'fixed-cidr', 'fixed-cidr-v6'] as const) checkCidr(values[key]);
  if (values.bip !== '' && values.bridge !== '')
    throw new Error('You specified -b & --bip, mutually exclusive options. Please specify only one');
  checkModes(values);
  for (const key of ['build-cache-limit', 'build-cache-min-free'] as const) checkSize(values[key]);
  checkLabels(values.label);
  return {
    ...engineSettings(values),
    cgroupDriver: cgroupDriverOf(values),
    hosts,
    dataRoot: resolve(values['data-root']),
    execRoot: resolve(values['exec-root']),
    pidfile: values.pidfile === '' ? '' : resolve(values.pidfile),
    ipv6: values.ipv6 || values.bip6 !== '',
    bridge: values.bridge,
    mtu: values.mtu === 0 ? DEFAULT_DAEMON_FLAGS.mtu : values.mtu,
    logLevel: values.debug ? 'debug' : (level as LogLevel),
    logFormat: values['log-format'] as DaemonFlags['logFormat'],
    rawLogs: values['raw-logs'],
    apiNames: values['api-name'],
    group: values.group,
    ...burstFlags(values),
    metricsAddress: values['metrics-addr'],
    ...tlsFlags(values),
    shutdownTimeoutSeconds: values['shutdown-timeout'],
    ...imageLimits(values),
    ...registryFlags(values),
    warnings,
  };
}

/** The flags of the engine, by the names of its options. */
function engineSettings(values: DaemonFlagValues): EngineSettings {
  const settings: Record<string, unknown> = {};
  for (const [name, { flag }] of Object.entries(ENGINE_OPTIONS))
    settings[name] = values[flag as keyof DaemonFlagValues];
  return settings as EngineSettings;
}

const CGROUP_DRIVERS = ['cgroupfs', 'systemd'] as const;

/** Other options than this one mean nothing, as with dockerd. */
function cgroupDriverOf(values: DaemonFlagValues): DaemonFlags['cgroupDriver'] {
  const pairs = values['exec-opt'].map(option => option.split('='));
  const [, name = ''] = pairs.find(([key]) => key?.trim().toLowerCase() === 'native.cgroupdriver') ?? [];
  const driver = CGROUP_DRIVERS.find(one => one === name.trim());
  if (driver === undefined && name !== '')
    throw new Error(`native.cgroupdriver option ${name} not supported`);
  return driver ?? DEFAULT_DAEMON_FLAGS.cgroupDriver;
}

function checkCidr(text: string): void {
  if (text !== '' && !text.includes('/')) throw new Error(`invalid CIDR address: ${text}`);
}

function checkSize(text: string): void {
  if (text !== '') parseSize(text);
}

function checkModes(values: DaemonFlagValues): void {
  const ipc = values['default-ipc-mode'];
  if (!['private', 'shareable'].includes(ipc)) {
    throw new Error(`default IPC mode setting (${ipc}) is invalid; use "shareable" or "private"`);
  }
  const cgroupns = values['default-cgroupns-mode'];
  if (!['', 'private', 'host'].includes(cgroupns)) {
    throw new Error(`invalid default cgroup namespace (${cgroupns}): use "host" or "private"`);
  }
  const firewall = values['firewall-mode'];
  if (!['host', 'docker'].includes(firewall))
    throw new Error(`invalid firewall mode (${firewall}): use "host" or "docker"`);
}

function checkLabels(labels: readonly string[]): void {
  const values = new Map<string, string>();
  for (const label of labels) {
    const [key = '', ...rest] = label.split('=');
    const value = rest.join('=');
    const other = values.get(key);
    if (other !== undefined && other !== value) {
      throw new Error(`conflict labels for ${key}=${value} and ${key}=${other}`);
    }
    values.set(key, value);
  }
}

/** A TLS listener asks clients for a certificate only with `--tlsverify`. */
function tlsFlags({
  tls,
  tlsverify,
  tlscert,
  tlskey,
  tlscacert,
}: DaemonFlagValues): Pick<DaemonFlags, 'tls'> {
  if (!tls && !tlsverify) return {};
  return { tls: { cert: tlscert, key: tlskey, ...(tlsverify ? { clientCa: tlscacert } : {}) } };
}

/** Their values were checked when they were read. */
function burstFlags(
  values: DaemonFlagValues,
): Pick<DaemonFlags, 'burst' | 'sharePoolThreshold' | 'sysctlGuard' | 'systemReserve'> {
  const threshold = values['share-pool-threshold'];
  if (threshold < 0 || threshold > MOST_THRESHOLD)
    throw new Error(`invalid share-pool-threshold: ${threshold} is not from 0 to ${MOST_THRESHOLD}`);
  return {
    burst: {
      policy: values['cpu-burst-policy'] as BurstPolicy,
      cpuBurstPercent: Number(values['cpu-burst-percent']),
      cfsQuotaBurstPercent: Number(values['cfs-quota-burst-percent']),
      cfsQuotaBurstPeriodSeconds: Number(values['cfs-quota-burst-period']),
    },
    sharePoolThreshold: threshold,
    systemReserve: parseSystemReserve(values['system-reserved']),
    sysctlGuard: values['sysctl-guard'] as SysctlMode,
  };
}

type RegistryFlags = Pick<
  DaemonFlags,
  'proxies' | 'maxConcurrentDownloads' | 'maxConcurrentUploads' | 'maxDownloadAttempts'
>;

function registryFlags(values: DaemonFlagValues): RegistryFlags {
  const downloads = values['max-concurrent-downloads'];
  const uploads = values['max-concurrent-uploads'];
  const attempts = values['max-download-attempts'];
  if (downloads < 0) throw new Error(`invalid max concurrent downloads: ${downloads}`);
  if (uploads < 0) throw new Error(`invalid max concurrent uploads: ${uploads}`);
  if (attempts <= 0) throw new Error(`invalid max download attempts: ${attempts}`);
  const { env } = process;
  return {
    proxies: {
      http: values['http-proxy'] || env.HTTP_PROXY || env.http_proxy || '',
      https: values['https-proxy'] || env.HTTPS_PROXY || env.https_proxy || '',
      none: values['no-proxy'] || env.NO_PROXY || env.no_proxy || '',
    },
    maxConcurrentDownloads: downloads || DEFAULT_DAEMON_FLAGS.maxConcurrentDownloads,
    maxConcurrentUploads: uploads || DEFAULT_DAEMON_FLAGS.maxConcurrentUploads,
    maxDownloadAttempts: attempts,
  };
}

function imageLimits(values: DaemonFlagValues): { imageGcHigh: number; imageGcLow: number } {
  const [high, low] = [values['image-gc-high'], values['image-gc-low']];
  for (const [flag, percent] of Object.entries({ 'image-gc-high': high, 'image-gc-low': low }))
    if (percent < 0 || percent > 100) throw new Error(`invalid ${flag}: ${percent} is no percentage`);
  if (low !== 0 && low >= high)
    throw new Error(`invalid image-gc-low: ${low} must be less than image-gc-high (${high})`);
  return { imageGcHigh: high, imageGcLow: low === 0 ? Math.max(high - DEFAULT_GC_MARGIN, 0) : low };
}
