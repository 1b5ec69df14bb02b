import { detectCgroupLayout } from '../cgroups/layout.ts';
import type { Mount, NamespaceType, Spec } from '../oci/runtime-spec.ts';
import { SPEC_VERSION } from './version.ts';

const CAPABILITIES = ['CAP_AUDIT_WRITE', 'CAP_KILL', 'CAP_NET_BIND_SERVICE'];
const MASKED = `/proc/acpi /proc/asound /proc/kcore /proc/keys /proc/latency_stats /proc/timer_list
  /proc/timer_stats /proc/sched_debug /sys/firmware /proc/scsi`.split(/\s+/);
const READONLY = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'];

/** What `spec` writes: a starting point, the same as runc's. */
export function exampleSpec(rootless: boolean): Spec {
  const process: Spec['process'] = {
    terminal: true,
    user: { uid: 0, gid: 0 },
    args: ['sh'],
    env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'TERM=xterm'],
    cwd: '/',
    capabilities: { bounding: CAPABILITIES, effective: CAPABILITIES, permitted: CAPABILITIES },
    rlimits: [{ type: 'RLIMIT_NOFILE', hard: 1024, soft: 1024 }],
    noNewPrivileges: true,
  };
  return {
    ociVersion: SPEC_VERSION,
    process,
    root: { path: 'rootfs', readonly: true },
    hostname: 'slipway',
    mounts: mounts(rootless),
    linux: {
      ...(rootless ? maps() : { resources: { devices: [{ allow: false, access: 'rwm' }] } }),
      namespaces: namespaces(rootless).map(type => ({ type })),
      maskedPaths: MASKED,
      readonlyPaths: READONLY,
    },
  };
}

function maps() {
  const map = (hostID: number) => [{ containerID: 0, hostID, size: 1 }];
  return { uidMappings: map(process.geteuid?.() ?? 0), gidMappings: map(process.getegid?.() ?? 0) };
}

function namespaces(rootless: boolean): NamespaceType[] {
  const shared: NamespaceType[] = ['ipc', 'uts', 'mount'];
  const cgroup: NamespaceType[] = detectCgroupLayout().mode === 'v2' ? ['cgroup'] : [];
  return rootless ? ['pid', ...shared, ...cgroup, 'user'] : ['pid', 'network', ...shared, ...cgroup];
}

function mounts(rootless: boolean): Mount[] {
  const quiet = ['nosuid', 'noexec', 'nodev'];
  return [
    { destination: '/proc', type: 'proc', source: 'proc' },
    {
      destination: '/dev',
      type: 'tmpfs',
      source: 'tmpfs',
      options: ['nosuid', 'strictatime', 'mode=755', 'size=65536k'],
    },
    {
      destination: '/dev/pts',
      type: 'devpts',
      source: 'devpts',
      options: [
        'nosuid',
        'noexec',
        'newinstance',
        'ptmxmode=0666',
        'mode=0620',
        ...(rootless ? [] : ['gid=5']),
      ],
    },
    {
      destination: '/dev/shm',
      type: 'tmpfs',
      source: 'shm',
      options: [...quiet, 'mode=1777', 'size=65536k'],
    },
    { destination: '/dev/mqueue', type: 'mqueue', source: 'mqueue', options: quiet },
    rootless
      ? { destination: '/sys', type: 'none', source: '/sys', options: ['rbind', ...quiet, 'ro'] }
      : { destination: '/sys', type: 'sysfs', source: 'sysfs', options: [...quiet, 'ro'] },
    {
      destination: '/sys/fs/cgroup',
      type: 'cgroup',
      source: 'cgroup',
      options: [...quiet, 'relatime', 'ro'],
    },
  ];
}
