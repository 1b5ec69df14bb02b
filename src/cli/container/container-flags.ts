import {
  bool,
  bytes,
  custom,
  duration,
  type FlagValues,
  hidden,
  int64,
  integer,
  list,
  map,
  string,
  uint16,
} from '../flags/flag.ts';
import { parseCpus } from '../values/cpus.ts';
import {
  checkAddress,
  checkDeviceCgroupRule,
  checkEnvironment,
  checkExtraHost,
  checkLabel,
  checkLink,
  checkSearchDomain,
  checkStream,
  checkSysctl,
} from '../values/host-values.ts';
import { parseSize } from '../values/size.ts';
import { parseBytesThrottle, parseOperationsThrottle, parseWeightDevice } from '../values/throttle-device.ts';
import { parseUlimit } from '../values/ulimit.ts';
import { GOVERNANCE_FLAGS } from './governance-flags.ts';
import { mountFlag } from './mount-flag.ts';
import { networkFlag } from './network-flag.ts';

/** What `run` and `create` have in common. */
export const CONTAINER_FLAGS = {
  ...GOVERNANCE_FLAGS,
  'add-host': list('', 'Add a custom host-to-IP mapping (host:ip)', checkExtraHost),
  annotation: map('', 'Add an annotation to the container (handed to the OCI runtime)'),
  attach: list('a', 'Attach to STDIN, STDOUT or STDERR', checkStream),
  'blkio-weight': uint16('', 'Block IO (relative weight), between 10 and 1000, or 0 to disable'),
  'blkio-weight-device': parsedList('Block IO weight (relative device weight)', parseWeightDevice),
  'cap-add': list('', 'Add Linux capabilities'),
  'cap-drop': list('', 'Drop Linux capabilities'),
  'cgroup-parent': string('', 'Parent cgroup for the container'),
  cgroupns: string('', "Cgroup namespace to use (host|private); '' leaves it to the daemon"),
  cidfile: string('', 'Write the container ID to the file'),
  'cpu-period': int64('', 'Limit CPU CFS (Completely Fair Scheduler) period'),
  'cpu-quota': int64('', 'Limit CPU CFS (Completely Fair Scheduler) quota'),
  'cpu-rt-period': int64('', 'Limit CPU real-time period in microseconds'),
  'cpu-rt-runtime': int64('', 'Limit CPU real-time runtime in microseconds'),
  'cpu-shares': int64('c', 'CPU shares (relative weight)'),
  cpus: cpusFlag(),
  'cpuset-cpus': string('', 'CPUs in which to allow execution (0-3, 0,1)'),
  'cpuset-mems': string('', 'MEMs in which to allow execution (0-3, 0,1)'),
  device: list('', 'Add a host device to the container'),
  'device-cgroup-rule': list('', 'Add a rule to the cgroup allowed devices list', checkDeviceCgroupRule),
  'device-read-bps': parsedList('Limit read rate (bytes per second) from a device', parseBytesThrottle),
  'device-read-iops': parsedList('Limit read rate (IO per second) from a device', parseOperationsThrottle),
  'device-write-bps': parsedList('Limit write rate (bytes per second) to a device', parseBytesThrottle),
  'device-write-iops': parsedList('Limit write rate (IO per second) to a device', parseOperationsThrottle),
  'disable-content-trust': hidden(bool('', 'Skip image verification', true)),
  dns: list('', 'Set custom DNS servers', checkAddress),
  'dns-option': list('', 'Set DNS options'),
  'dns-opt': hidden(alias(list('', 'Set DNS options'), 'dns-option')),
  'dns-search': list('', 'Set custom DNS search domains', checkSearchDomain),
  domainname: string('', 'Container NIS domain name'),
  entrypoint: string('', 'Overwrite the default ENTRYPOINT of the image'),
  env: list('e', 'Set environment variables', checkEnvironment),
  'env-file': list('', 'Read in a file of environment variables'),
  expose: list('', 'Expose a port or a range of ports'),
  gpus: refused('gpu-request', 'GPU devices to add to the container', noGpus),
  'group-add': list('', 'Add additional groups to join'),
  'health-cmd': string('', 'Command to run to check health'),
  'health-interval': duration('', 'Time between running the check (ms|s|m|h)'),
  'health-retries': int64('', 'Consecutive failures needed to report unhealthy'),
  'health-start-interval': duration('', 'Time between checks during the start period (ms|s|m|h)'),
  'health-start-period': duration('', 'Time to initialize before failures count (ms|s|m|h)'),
  'health-timeout': duration('', 'Maximum time to allow one check to run (ms|s|m|h)'),
  help: bool('', 'Print usage'),
  hostname: string('h', 'Container host name'),
  init: bool('', 'Run an init inside the container that forwards signals and reaps processes'),
  interactive: bool('i', 'Keep STDIN open even if not attached'),
  ip: string('', 'IPv4 address (e.g., 172.30.100.104)'),
  ip6: string('', 'IPv6 address (e.g., 2001:db8::33)'),
  ipc: string('', 'IPC mode to use'),
  isolation: string('', 'Container isolation technology'),
  label: list('l', 'Set meta data on a container', checkLabel),
  'label-file': list('', 'Read in a line delimited file of labels'),
  link: list('', 'Add link to another container', checkLink),
  'link-local-ip': list('', 'Container IPv4/IPv6 link-local addresses'),
  'log-driver': string('', 'Logging driver for the container'),
  'log-opt': list('', 'Log driver options'),
  'mac-address': string('', 'Container MAC address (e.g., 92:d0:c6:0a:29:33)'),
  memory: bytes('m', 'Memory limit'),
  'memory-reservation': bytes('', 'Memory soft limit'),
  'memory-swap': swapFlag(),
  'memory-swappiness': { ...integer('', 'Tune container memory swappiness (0 to 100)', -1), initial: -1 },
  mount: mountFlag('Attach a filesystem mount to the container'),
  name: string('', 'Assign a name to the container'),
  network: networkFlag('Connect a container to a network'),
  net: hidden(alias(networkFlag('Connect a container to a network'), 'network')),
  'network-alias': list('', 'Add network-scoped alias for the container'),
  'net-alias': hidden(alias(list('', 'Add network-scoped alias for the container'), 'network-alias')),
  'no-healthcheck': bool('', 'Disable any container-specified HEALTHCHECK'),
  'oom-kill-disable': bool('', 'Disable OOM Killer'),
  'oom-score-adj': int64('', "Tune host's OOM preferences (-1000 to 1000)"),
  pid: string('', 'PID namespace to use'),
  'pids-limit': int64('', 'Tune container pids limit (set -1 for unlimited)'),
  platform: string('', 'Set platform if server is multi-platform capable'),
  privileged: bool('', 'Give extended privileges to this container'),
  publish: list('p', "Publish a container's port(s) to the host"),
  'publish-all': bool('P', 'Publish all exposed ports to random ports'),
  pull: string('', 'Pull image before running ("always", "missing", "never")', 'missing'),
  quiet: bool('q', 'Suppress the pull output'),
  'read-only': bool('', "Mount the container's root filesystem as read only"),
  restart: string('', 'Restart policy to apply when a container exits', 'no'),
  rm: bool('', 'Automatically remove the container and its anonymous volumes when it exits'),
  runtime: string('', 'Runtime to use for this container'),
  'security-opt': list('', 'Security Options'),
  'shm-size': bytes('', 'Size of /dev/shm'),
  'stop-signal': string('', 'Signal to stop the container'),
  'stop-timeout': int64('', 'Timeout (in seconds) to stop a container'),
  'storage-opt': list('', 'Storage driver options for the container'),
  sysctl: map('', 'Sysctl options', checkSysctl),
  tmpfs: list('', 'Mount a tmpfs directory'),
  tty: bool('t', 'Allocate a pseudo-TTY'),
  ulimit: { ...parsedList('Ulimit options', parseUlimit), kind: 'ulimit' },
  user: string('u', 'Username or UID (format: <name|uid>[:<group|gid>])'),
  userns: string('', 'User namespace to use'),
  uts: string('', 'UTS namespace to use'),
  volume: list('v', 'Bind mount a volume'),
  'volume-driver': string('', 'Volume driver for the container'),
  'volumes-from': list('', 'Mount volumes from the specified container(s)'),
  workdir: string('w', 'Working directory inside the container'),
};

export type ContainerFlags = FlagValues<typeof CONTAINER_FLAGS>;

/** Billionths of a CPU. */
function cpusFlag() {
  return custom({ short: '', usage: 'Number of CPUs', kind: 'decimal', initial: 0, set: parseCpus });
}

/** Bytes; -1 is unlimited. */
function swapFlag() {
  return custom({
    short: '',
    usage: "Swap limit equal to memory plus swap: '-1' to enable unlimited swap",
    kind: 'bytes',
    initial: 0,
    set: text => (text === '-1' ? -1 : parseSize(text)),
  });
}

function parsedList<T>(usage: string, parse: (text: string) => T) {
  const set = (text: string, before: T[]) => [...before, parse(text)];
  return custom({ short: '', usage, kind: 'list', initial: [] as T[], set, defaultText: '[]' });
}

function alias<F extends object>(flag: F, aliasOf: string): F & { aliasOf: string } {
  return { ...flag, aliasOf };
}

function refused(kind: string, usage: string, set: (text: string) => never) {
  return custom<undefined>({ short: '', usage, kind, initial: undefined, set });
}

function noGpus(): never {
  throw new Error('could not select device driver "" with capabilities: [[gpu]]');
}
