import { homedir } from 'node:os';
import { join } from 'node:path';
import {
  bool,
  bytes,
  custom,
  type Flag,
  type FlagValues,
  integer,
  list,
  map,
  splitPair,
  string,
} from '../flags/flag.ts';
import { parseCsvLine } from '../values/csv.ts';
import { parseInteger } from '../values/go-numbers.ts';
import { checkAddress, checkLabel, checkSearchDomain } from '../values/host-values.ts';
import { checkInsecureRegistry, checkMirror } from '../values/registry-values.ts';
import { parseSystemReserve } from '../values/system-reserve.ts';
import { parseUlimit } from '../values/ulimit.ts';
import { GOVERNANCE_FLAGS } from '../container/governance-flags.ts';
import { parseCachePolicy } from '../../api/cache-policy.ts';
import type { AddressPool } from '../../api/engine-options.ts';
import { DEFAULT_DAEMON_FLAGS as DEFAULTS } from '../daemon-flags.ts';

const DEFAULT_CONFIG_FILE = '/etc/slipway/daemon.json';

export const DAEMON_FLAG_TABLE = {
  'api-name': list('', 'Further name of this machine that clients may use over TCP without TLS'),
  bip: string('', "The default bridge's address, in CIDR notation", DEFAULTS.bridgeIp),
  bip6: string('', "The default bridge's IPv6 address, in CIDR notation", DEFAULTS.bridgeIp6),
  bridge: string(
    'b',
    'Attach containers to an existing bridge; "none" for no bridge network',
    DEFAULTS.bridge,
  ),
  'cfs-quota-burst-percent': withDefault(
    GOVERNANCE_FLAGS['cfs-quota-burst-percent'],
    DEFAULTS.burst.cfsQuotaBurstPercent,
  ),
  'cfs-quota-burst-period': withDefault(
    GOVERNANCE_FLAGS['cfs-quota-burst-period'],
    DEFAULTS.burst.cfsQuotaBurstPeriodSeconds,
  ),
  'cpu-burst-percent': withDefault(GOVERNANCE_FLAGS['cpu-burst-percent'], DEFAULTS.burst.cpuBurstPercent),
  'cpu-burst-policy': withDefault(GOVERNANCE_FLAGS['cpu-burst-policy'], DEFAULTS.burst.policy),
  'build-cache-limit': string(
    '',
    'What the build cache may take on the disk (default: a tenth of the file system; 0: no limit)',
  ),
  'build-cache-min-free': string(
    '',
    'What of the disk the build cache leaves free, as far as it can (default: nothing in particular)',
  ),
  'build-cache-policy': list(
    '',
    'Rule of what may stay in the build cache, instead of a limit: "all,unused-for=48h,max-used-space=10GB"; in their order',
    rule => {
      parseCachePolicy(rule);
      return rule;
    },
  ),
  'cgroup-parent': string('', 'Parent cgroup for all containers', DEFAULTS.cgroupParent),
  'config-file': string('', 'Daemon configuration file', DEFAULT_CONFIG_FILE),
  'data-root': string('', 'Root directory of persistent state', DEFAULTS.dataRoot),
  debug: bool('D', 'Enable debug mode'),
  'default-address-pool': addressPoolFlag(),
  'default-cgroupns-mode': string(
    '',
    'Default cgroup namespace of containers ("host", "private"; default: "private" where all cgroups are v2)',
  ),
  'default-gateway': string('', 'Default route of containers on the default bridge', '', checkAddress),
  'default-gateway-v6': string(
    '',
    'Default IPv6 route of containers on the default bridge',
    '',
    checkAddress,
  ),
  'default-ipc-mode': string(
    '',
    'Default ipc namespace of containers ("shareable", "private")',
    DEFAULTS.ipcMode,
  ),
  'default-network-opt': networkOptionFlag(),
  'default-shm-size': {
    ...bytes('', 'Size of /dev/shm of containers'),
    initial: DEFAULTS.shmSizeBytes,
    defaultText: '64MiB',
  },
  'default-ulimit': ulimitFlag(),
  'discard-blobs': bool('', 'Keep layers only unpacked; rebuild their archives when they are needed'),
  dns: list('', 'DNS server to use', checkAddress),
  'dns-opt': list('', 'DNS options to use'),
  'dns-search': list('', 'DNS search domains to use', checkSearchDomain),
  'exec-opt': list('', 'Runtime execution options: native.cgroupdriver=cgroupfs or systemd'),
  'exec-root': string('', 'Root directory of execution state', DEFAULTS.execRoot),
  'firewall-mode': string(
    '',
    'Whether other firewalls of the host decide about published ports ("host"), or are made to let them through ("docker")',
    'host',
  ),
  'fixed-cidr': string('', 'Where the default bridge has addresses of containers from', DEFAULTS.fixedCidr),
  'fixed-cidr-v6': string(
    '',
    'Where the default bridge has IPv6 addresses of containers from',
    DEFAULTS.fixedCidr6,
  ),
  group: string('G', 'Group of the unix socket (default "docker" or "slipway", where there is one)'),
  host: list('H', 'Sockets to listen on: unix:///path, tcp://address:port, fd://'),
  'host-gateway-ip': string('', 'Address that `host-gateway` of --add-host stands for', '', checkAddress),
  'http-proxy': string('', 'Proxy for what the daemon asks by HTTP (default: $HTTP_PROXY)'),
  'https-proxy': string('', 'Proxy for what the daemon asks by HTTPS (default: $HTTPS_PROXY)'),
  icc: bool('', 'Let containers of the default bridge reach each other without links', true),
  'image-gc-high': integer('', 'Percent of disk use above which unused images are removed (0: never)', 0),
  'image-gc-low': integer('', 'Percent of disk use down to which unused images are removed', 0),
  'image-policy': string(
    '',
    'File that says which images may be pulled, in the form of containers-policy.json',
    DEFAULTS.imagePolicyFile,
  ),
  init: bool('', 'Run an init in containers to forward signals and reap processes'),
  'insecure-registry': list(
    '',
    'Registry, or network of them, whose HTTPS is not verified; HTTP will do',
    checkInsecureRegistry,
  ),
  ip: string('', 'Host address for published ports that name none', DEFAULTS.publishIp, checkAddress),
  'ip-masq': bool('', "Give containers' outgoing connections the host's address", true),
  ipv6: bool('', 'Give the default bridge IPv6'),
  label: list('', "Set key=value labels of the daemon's own", checkLabel),
  'live-restore': bool('', 'Keep containers running without a daemon (always so)', true),
  'log-driver': string('', 'Default driver for container logs', DEFAULTS.logDriver),
  'log-format': string('', 'Format of the log ("text", "json"; default: "text" on a terminal)'),
  'log-level': string(
    'l',
    'Set the logging level ("debug", "info", "warn", "error", "fatal")',
    DEFAULTS.logLevel,
  ),
  'log-opt': map('', 'Default log driver options'),
  'max-concurrent-downloads': {
    ...integer('', 'Layers that are downloaded at once', DEFAULTS.maxConcurrentDownloads),
    initial: DEFAULTS.maxConcurrentDownloads,
  },
  'max-concurrent-uploads': {
    ...integer('', 'Layers that are uploaded at once', DEFAULTS.maxConcurrentUploads),
    initial: DEFAULTS.maxConcurrentUploads,
  },
  'max-download-attempts': {
    ...integer('', 'Attempts of a download that does not get any further', DEFAULTS.maxDownloadAttempts),
    initial: DEFAULTS.maxDownloadAttempts,
  },
  'metrics-addr': string('', 'Serve metrics for Prometheus at HOST:PORT', DEFAULTS.metricsAddress),
  mtu: {
    ...integer(
      '',
      "MTU of the default bridge network (default: that of the default route's interface)",
      DEFAULTS.mtu,
    ),
    initial: DEFAULTS.mtu,
  },
  'no-proxy': string('', 'Hosts that are asked without a proxy (default: $NO_PROXY)'),
  'no-new-privileges': bool('', 'Set no-new-privileges for new containers that do not say otherwise'),
  pidfile: string('p', 'Path of the PID file', DEFAULTS.pidfile),
  'raw-logs': bool('', 'Log in text without colors'),
  'registry-mirror': list('', 'Preferred mirror of Docker Hub: a URL', checkMirror),
  'share-pool-threshold': integer(
    '',
    "Percent of the machine's CPUs in use from which on none are lent to containers (above 100: always)",
    DEFAULTS.sharePoolThreshold,
  ),
  'shutdown-timeout': {
    ...integer('', 'Seconds to wait at shutdown', DEFAULTS.shutdownTimeoutSeconds),
    initial: DEFAULTS.shutdownTimeoutSeconds,
  },
  'sysctl-guard': withDefault(GOVERNANCE_FLAGS['sysctl-guard'], DEFAULTS.sysctlGuard),
  'storage-driver': string('s', 'Storage driver to use'),
  'storage-opt': list('', 'Storage driver options'),
  'system-reserved': string('', 'What is kept from all containers together: cpu=1.5,memory=2g', '', text => {
    parseSystemReserve(text);
    return text;
  }),
  tls: bool('', 'Use TLS on TCP; implied by --tlsverify'),
  tlscacert: string('', 'Trust clients whose certificates this CA has signed', defaultTlsFile('ca.pem')),
  tlscert: string('', 'Path of the TLS certificate', defaultTlsFile('cert.pem')),
  tlskey: string('', 'Path of the TLS key', defaultTlsFile('key.pem')),
  tlsverify: bool('', 'Use TLS on TCP, and verify clients'),
  'userland-proxy': bool('', 'Publish ports of containers without IPv6 at IPv6 addresses, too', true),
  validate: bool('', 'Validate the configuration and exit'),
};

export type DaemonFlagValues = FlagValues<typeof DAEMON_FLAG_TABLE>;

/** What containers have that do not say it themselves. */
function withDefault(flag: Flag<string>, value: string | number): Flag<string> {
  const text = String(value);
  return { ...flag, initial: text, defaultText: flag.kind === 'int' ? text : JSON.stringify(text) };
}

/** Where docker keeps its certificates. */
function defaultTlsFile(name: string): string {
  return join(process.env.DOCKER_CERT_PATH || join(homedir(), '.docker'), name);
}

function ulimitFlag() {
  return custom({
    short: '',
    usage: 'Default ulimits of containers',
    kind: 'ulimit',
    initial: [] as ReturnType<typeof parseUlimit>[],
    set: (text, before) => [...before, parseUlimit(text)],
    defaultText: '[]',
  });
}

function addressPoolFlag() {
  return custom({
    short: '',
    usage: 'Pools of subnets for networks that name none: base=10.10.0.0/16,size=24',
    kind: 'pool-options',
    initial: [] as AddressPool[],
    set: (text, before) => [...before, parseAddressPool(text)],
  });
}

/** `DRIVER=KEY=VALUE`, by driver. */
function networkOptionFlag() {
  return custom({
    short: '',
    usage: 'Options of new networks: bridge=com.docker.network.driver.mtu=1450',
    kind: 'mapmap',
    initial: {},
    set: (text, before: Record<string, Record<string, string>>) => {
      const [driver, option] = splitPair(text);
      const [key, value] = splitPair(option);
      if (driver === '' || key === '') throw new Error(`invalid key value pair format: ${text}`);
      return { ...before, [driver]: { ...before[driver], [key]: value } };
    },
    defaultText: 'map[]',
  });
}

/** @throws Error in dockerd's words */
function parseAddressPool(text: string): AddressPool {
  const fields = Object.fromEntries(parseCsvLine(text).map(field => splitPair(field)));
  const unknown = Object.keys(fields).find(name => name !== 'base' && name !== 'size');
  if (unknown !== undefined) throw new Error(`unexpected key '${unknown}' in '${text}'`);
  return { base: fields.base ?? '', size: parseInteger(fields.size ?? '') };
}
