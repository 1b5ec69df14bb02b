import type { Process, Resources, Spec } from '../oci/runtime-spec.ts';
import * as c from './checks.ts';

const unsigned = c.integer(0, Number.MAX_SAFE_INTEGER);
/** -1 is unlimited. */
const rlimit = c.integer(-1, 2n ** 64n - 1n);
const names = c.listOf(c.kernelText);
const ids = c.listOf(c.id);

const mappings = c.listOf(c.objectOf({ 'containerID!': c.uint32, 'hostID!': c.uint32, 'size!': c.uint32 }));

const hooks = c.listOf(
  c.objectOf({ 'path!': c.absolutePath, args: names, env: names, timeout: c.integer(1, 2 ** 31) }),
);

export const PROCESS_CHECK: c.DocumentCheck<Process> = c.objectOf({
  terminal: c.flag,
  consoleSize: c.objectOf({ 'height!': c.integer(0, 65_535), 'width!': c.integer(0, 65_535) }),
  user: c.objectOf({ uid: c.id, gid: c.id, umask: c.integer(0, 0o7777), additionalGids: ids }),
  args: names,
  env: names,
  'cwd!': c.absolutePath,
  capabilities: c.objectOf({
    bounding: names,
    effective: names,
    inheritable: names,
    permitted: names,
    ambient: names,
  }),
  rlimits: c.listOf(c.objectOf({ 'type!': c.text, 'hard!': rlimit, 'soft!': rlimit })),
  noNewPrivileges: c.flag,
  apparmorProfile: c.kernelText,
  selinuxLabel: c.kernelText,
  oomScoreAdj: c.integer(-1000, 1000),
  scheduler: c.objectOf({
    'policy!': c.text,
    nice: c.integer(-20, 19),
    priority: c.integer(0, 99),
    flags: names,
    runtime: unsigned,
    deadline: unsigned,
    period: unsigned,
  }),
  ioPriority: c.objectOf({
    'class!': c.oneOf('IOPRIO_CLASS_RT', 'IOPRIO_CLASS_BE', 'IOPRIO_CLASS_IDLE'),
    priority: c.integer(0, 7),
  }),
  execCPUAffinity: c.objectOf({ initial: c.text, final: c.text }),
});

const throttle = c.listOf(
  c.objectOf({ 'major!': c.safeInteger, 'minor!': c.safeInteger, 'rate!': c.uint64 }),
);

export const RESOURCES_CHECK: c.DocumentCheck<Resources> = c.objectOf({
  devices: c.listOf(
    c.objectOf({
      'allow!': c.flag,
      type: c.oneOf('a', 'b', 'c', ''),
      major: c.safeInteger,
      minor: c.safeInteger,
      access: c.text,
    }),
  ),
  memory: c.objectOf({
    limit: c.int64,
    reservation: c.int64,
    swap: c.int64,
    kernel: c.int64,
    kernelTCP: c.int64,
    swappiness: unsigned,
    disableOOMKiller: c.flag,
    useHierarchy: c.flag,
    checkBeforeUpdate: c.flag,
  }),
  cpu: c.objectOf({
    shares: c.uint64,
    quota: c.int64,
    burst: c.uint64,
    period: c.uint64,
    realtimeRuntime: c.int64,
    realtimePeriod: c.uint64,
    cpus: c.kernelText,
    mems: c.kernelText,
    idle: c.safeInteger,
  }),
  pids: c.objectOf({ limit: c.int64 }),
  blockIO: c.objectOf({
    weight: c.integer(0, 65_535),
    leafWeight: c.integer(0, 65_535),
    weightDevice: c.listOf(
      c.objectOf({ 'major!': c.safeInteger, 'minor!': c.safeInteger, weight: c.integer(0, 65_535) }),
    ),
    throttleReadBpsDevice: throttle,
    throttleWriteBpsDevice: throttle,
    throttleReadIOPSDevice: throttle,
    throttleWriteIOPSDevice: throttle,
  }),
  hugepageLimits: c.listOf(c.objectOf({ 'pageSize!': c.filledText, 'limit!': c.uint64 })),
  network: c.objectOf({
    classID: c.uint32,
    priorities: c.listOf(c.objectOf({ 'name!': c.filledText, 'priority!': c.uint32 })),
  }),
  rdma: c.mapOf(c.objectOf({ hcaHandles: c.uint32, hcaObjects: c.uint32 })),
  unified: c.mapOf(c.text),
});

const linux = c.objectOf({
  namespaces: c.listOf(
    c.objectOf({
      'type!': c.oneOf('pid', 'network', 'mount', 'ipc', 'uts', 'user', 'cgroup', 'time'),
      path: c.kernelText,
    }),
  ),
  uidMappings: mappings,
  gidMappings: mappings,
  timeOffsets: c.mapOf(c.objectOf({ secs: c.safeInteger, nanosecs: c.integer(0, 999_999_999) })),
  devices: c.listOf(
    c.objectOf({
      'type!': c.oneOf('c', 'b', 'u', 'p'),
      'path!': c.absolutePath,
      major: c.safeInteger,
      minor: c.safeInteger,
      fileMode: c.uint32,
      uid: c.id,
      gid: c.id,
    }),
  ),
  cgroupsPath: c.kernelText,
  resources: RESOURCES_CHECK,
  rootfsPropagation: c.oneOf(
    '',
    'private',
    'rprivate',
    'slave',
    'rslave',
    'shared',
    'rshared',
    'unbindable',
    'runbindable',
  ),
  seccomp: c.objectOf({
    'defaultAction!': c.text,
    defaultErrnoRet: c.uint32,
    architectures: names,
    flags: names,
    listenerPath: c.kernelText,
    listenerMetadata: c.text,
    syscalls: c.listOf(
      c.objectOf({
        'names!': names,
        'action!': c.text,
        errnoRet: c.uint32,
        args: c.listOf(
          c.objectOf({ 'index!': c.integer(0, 5), 'value!': c.uint64, valueTwo: c.uint64, 'op!': c.text }),
        ),
      }),
    ),
  }),
  sysctl: c.mapOf(c.kernelText),
  maskedPaths: c.listOf(c.absolutePath),
  readonlyPaths: c.listOf(c.absolutePath),
  mountLabel: c.kernelText,
  personality: c.objectOf({ 'domain!': c.text, flags: names }),
  intelRdt: c.objectOf({
    closID: c.kernelText,
    l3CacheSchema: c.kernelText,
    memBwSchema: c.kernelText,
    schemata: names,
    enableMonitoring: c.flag,
  }),
  memoryPolicy: c.objectOf({ mode: c.text, nodes: c.text, flags: names }),
  netDevices: c.mapOf(c.objectOf({ name: c.filledText })),
});

/** config.json (config.md and config-linux.md). */
export const SPEC_CHECK: c.DocumentCheck<Spec> = c.objectOf({
  'ociVersion!': c.filledText,
  'root!': c.objectOf({ 'path!': c.filledText, readonly: c.flag }),
  hostname: c.kernelText,
  domainname: c.kernelText,
  mounts: c.listOf(
    c.objectOf({
      'destination!': c.filledText,
      type: c.kernelText,
      source: c.kernelText,
      options: names,
      uidMappings: mappings,
      gidMappings: mappings,
    }),
  ),
  'process!': PROCESS_CHECK,
  hooks: c.objectOf({
    prestart: hooks,
    createRuntime: hooks,
    createContainer: hooks,
    startContainer: hooks,
    poststart: hooks,
    poststop: hooks,
  }),
  annotations: c.mapOf(c.text),
  linux,
});
