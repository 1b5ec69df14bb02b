import type { Int64 } from '../base/int64.ts';

/**
 * The OCI runtime specification's config.json for Linux, version 1.2 (opencontainers/runtime-spec,
 * config.md and config-linux.md), as types. Field names are the specification's.
 */
export type Spec = {
  ociVersion: string;
  root?: { path: string; readonly?: boolean };
  hostname?: string;
  domainname?: string;
  mounts?: Mount[];
  process?: Process;
  hooks?: Hooks;
  annotations?: Record<string, string>;
  linux?: Linux;
};

export type Process = {
  terminal?: boolean;
  consoleSize?: { height: number; width: number };
  user: User;
  args?: string[];
  env?: string[];
  cwd: string;
  capabilities?: Capabilities;
  rlimits?: { type: string; hard: Int64; soft: Int64 }[];
  noNewPrivileges?: boolean;
  apparmorProfile?: string;
  selinuxLabel?: string;
  oomScoreAdj?: number;
  scheduler?: Scheduler;
  ioPriority?: { class: 'IOPRIO_CLASS_RT' | 'IOPRIO_CLASS_BE' | 'IOPRIO_CLASS_IDLE'; priority?: number };
  execCPUAffinity?: { initial?: string; final?: string };
};

export type User = { uid: number; gid: number; umask?: number; additionalGids?: number[] };

export type Capabilities = {
  effective?: string[];
  bounding?: string[];
  inheritable?: string[];
  permitted?: string[];
  ambient?: string[];
};

export type Scheduler = {
  policy: string;
  nice?: number;
  priority?: number;
  flags?: string[];
  runtime?: number;
  deadline?: number;
  period?: number;
};

export type Mount = {
  destination: string;
  type?: string;
  source?: string;
  options?: string[];
  uidMappings?: IdMapping[];
  gidMappings?: IdMapping[];
};

export type IdMapping = { containerID: number; hostID: number; size: number };

export type Hook = { path: string; args?: string[]; env?: string[]; timeout?: number };

export type Hooks = {
  prestart?: Hook[];
  createRuntime?: Hook[];
  createContainer?: Hook[];
  startContainer?: Hook[];
  poststart?: Hook[];
  poststop?: Hook[];
};

export type NamespaceType = 'pid' | 'network' | 'mount' | 'ipc' | 'uts' | 'user' | 'cgroup' | 'time';

export type Linux = {
  namespaces?: { type: NamespaceType; path?: string }[];
  uidMappings?: IdMapping[];
  gidMappings?: IdMapping[];
  timeOffsets?: Record<string, { secs?: number; nanosecs?: number }>;
  devices?: Device[];
  cgroupsPath?: string;
  resources?: Resources;
  rootfsPropagation?: string;
  seccomp?: Seccomp;
  sysctl?: Record<string, string>;
  maskedPaths?: string[];
  readonlyPaths?: string[];
  mountLabel?: string;
  personality?: { domain: string; flags?: string[] };
  intelRdt?: Record<string, unknown>;
  memoryPolicy?: { mode?: string; nodes?: string; flags?: string[] };
  netDevices?: Record<string, { name?: string }>;
};

export type Device = {
  type: 'c' | 'b' | 'u' | 'p';
  path: string;
  major?: number;
  minor?: number;
  fileMode?: number;
  uid?: number;
  gid?: number;
};

export type SeccompAction =
  | 'SCMP_ACT_KILL'
  | 'SCMP_ACT_KILL_PROCESS'
  | 'SCMP_ACT_KILL_THREAD'
  | 'SCMP_ACT_TRAP'
  | 'SCMP_ACT_ERRNO'
  | 'SCMP_ACT_TRACE'
  | 'SCMP_ACT_ALLOW'
  | 'SCMP_ACT_LOG'
  | 'SCMP_ACT_NOTIFY';

export type SeccompOperator =
  | 'SCMP_CMP_NE'
  | 'SCMP_CMP_LT'
  | 'SCMP_CMP_LE'
  | 'SCMP_CMP_EQ'
  | 'SCMP_CMP_GE'
  | 'SCMP_CMP_GT'
  | 'SCMP_CMP_MASKED_EQ';

export type Seccomp = {
  defaultAction: SeccompAction;
  defaultErrnoRet?: number;
  architectures?: string[];
  flags?: string[];
  listenerPath?: string;
  listenerMetadata?: string;
  syscalls?: SeccompRule[];
};

export type SeccompRule = {
  names: string[];
  action: SeccompAction;
  errnoRet?: number;
  args?: SeccompArgument[];
};

export type SeccompArgument = {
  index: number;
  /** May exceed 2^53 in theory; a bigint is accepted too. */
  value: number | bigint;
  valueTwo?: number | bigint;
  op: SeccompOperator;
};

/** What the runtime spec calls resources (config-linux.md, "Control groups"). */
export type Resources = {
  devices?: readonly DeviceRule[];
  memory?: {
    limit?: Int64;
    reservation?: Int64;
    swap?: Int64;
    kernel?: Int64;
    kernelTCP?: Int64;
    swappiness?: number;
    disableOOMKiller?: boolean;
    useHierarchy?: boolean;
    checkBeforeUpdate?: boolean;
  };
  cpu?: {
    shares?: Int64;
    quota?: Int64;
    burst?: Int64;
    period?: Int64;
    realtimeRuntime?: Int64;
    realtimePeriod?: Int64;
    cpus?: string;
    mems?: string;
    idle?: number;
  };
  pids?: { limit: Int64 };
  blockIO?: {
    weight?: number;
    leafWeight?: number;
    weightDevice?: { major: number; minor: number; weight?: number; leafWeight?: number }[];
    throttleReadBpsDevice?: ThrottleDevice[];
    throttleWriteBpsDevice?: ThrottleDevice[];
    throttleReadIOPSDevice?: ThrottleDevice[];
    throttleWriteIOPSDevice?: ThrottleDevice[];
  };
  hugepageLimits?: { pageSize: string; limit: Int64 }[];
  network?: { classID?: number; priorities?: { name: string; priority: number }[] };
  rdma?: Record<string, { hcaHandles?: number; hcaObjects?: number }>;
  unified?: Record<string, string>;
};

export type DeviceRule = {
  allow: boolean;
  /** `a` (or absent) means every type. */
  type?: 'a' | 'c' | 'b';
  major?: number;
  minor?: number;
  /** Any of `rwm`; absent means all three. */
  access?: string;
};

export type ThrottleDevice = { major: number; minor: number; rate: Int64 };
