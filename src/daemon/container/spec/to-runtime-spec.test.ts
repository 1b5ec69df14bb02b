import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ContainerConfig, HostConfig } from '../../../api/types.ts';
import { ALL_CAPABILITIES } from '../../../libcontainer/capabilities.ts';
import type { Device, Mount } from '../../../oci/runtime-spec.ts';
import { fillConfig } from '../../model/config.ts';
import { fillExecConfig } from '../../model/exec.ts';
import { upgradeHostConfig } from '../../model/host-config.ts';
import { DEFAULT_READONLY_PATHS } from './system-paths.ts';
import type { HostFacts } from './host-facts.ts';
import { readLimitSupport } from './limit-support.ts';
import type { SpecInput, SpecMount } from './spec-input.ts';
import { execProcess } from './spec-process.ts';
import { toRuntimeSpec } from './to-runtime-spec.ts';

const ZERO: Device = { type: 'c', path: '/dev/zero', major: 1, minor: 5, fileMode: 0o666, uid: 0, gid: 0 };
const TUN: Device = { ...ZERO, path: '/dev/net/tun', major: 10, minor: 200 };
const DISK: Device = { ...ZERO, type: 'b', path: '/dev/sda', major: 8, minor: 0 };

const host: HostFacts = {
  architecture: 'x64',
  kernelVersion: '6.18.0',
  capabilities: ALL_CAPABILITIES.filter(name => name !== 'CAP_SYS_RESOURCE'),
  seccomp: true,
  limits: readLimitSupport({ mode: 'v2', v1: [] }),
  recursiveReadonly: true,
  maskedPaths: ['/proc/kcore'],
  hasSysctl: () => true,
  devices: {
    find: path =>
      [ZERO, TUN, DISK].filter(device => device.path === path || device.path.startsWith(`${path}/`)),
    numbers: path => {
      const { major = 0, minor = 0 } = [ZERO, TUN, DISK].find(device => device.path === path) ?? {};
      return { major, minor };
    },
    all: () => [ZERO, TUN],
  },
  mountPropagation: path => ({ mountPoint: path, shared: path === '/shared', slave: path === '/slave' }),
};

const DEFAULTS: HostConfig = {
  ShmSize: 67_108_864,
  CgroupnsMode: 'private',
  MaskedPaths: [...host.maskedPaths],
  ReadonlyPaths: [...DEFAULT_READONLY_PATHS],
};

function specOf(hostConfig: HostConfig = {}, config: ContainerConfig = {}, rest: Partial<SpecInput> = {}) {
  return toRuntimeSpec({
    id: 'ID',
    config: fillConfig({ Hostname: 'ID', Cmd: ['sh'], ...config }),
    hostConfig: upgradeHostConfig({ ...DEFAULTS, ...hostConfig }),
    cgroupsPath: '/slipway/ID',
    user: { uid: 0, gid: 0, additionalGids: [0], home: '/root' },
    mounts: [],
    host,
    ...rest,
  });
}

const mountLines = (mounts: Mount[] = []) =>
  mounts.map(
    ({ destination, type, source, options = [] }) => `${destination} ${type} ${source} ${options.join()}`,
  );

const bind = (fields: Partial<SpecMount>): SpecMount => ({
  type: 'bind',
  source: '/host',
  destination: '/mnt',
  writable: true,
  propagation: 'rprivate',
  nonRecursive: false,
  readonlyRecursion: 'when-possible',
  tmpfsOptions: [],
  ...fields,
});

const DEFAULT_MOUNTS = [
  '/proc proc proc nosuid,noexec,nodev',
  '/dev tmpfs tmpfs nosuid,strictatime,mode=755,size=65536k',
  '/dev/pts devpts devpts nosuid,noexec,newinstance,ptmxmode=0666,mode=0620,gid=5',
  '/sys sysfs sysfs nosuid,noexec,nodev,ro',
  '/sys/fs/cgroup cgroup cgroup ro,nosuid,noexec,nodev',
  '/dev/mqueue mqueue mqueue nosuid,noexec,nodev',
  '/dev/shm tmpfs shm nosuid,noexec,nodev,mode=1777,size=67108864',
];

test('a container that asks for nothing is what dockerd makes of it', () => {
  const { linux, process, mounts, root, hostname } = specOf(
    {},
    {},
    { resolvConfPath: '/r', hostnamePath: '/n', hostsPath: '/h' },
  );
  assert.deepEqual(mountLines(mounts), [
    ...DEFAULT_MOUNTS,
    '/etc/resolv.conf bind /r rbind,rprivate',
    '/etc/hostname bind /n rbind,rprivate',
    '/etc/hosts bind /h rbind,rprivate',
  ]);
  assert.deepEqual(root, { path: 'rootfs', readonly: false });
  assert.equal(hostname, 'ID');
  assert.deepEqual(process?.args, ['sh']);
  assert.deepEqual(process?.env, [
    'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    'HOSTNAME=ID',
    'HOME=/root',
  ]);
  assert.equal(process?.cwd, '/');
  assert.equal(process?.oomScoreAdj, 0);
  assert.equal(process?.noNewPrivileges, undefined);
  assert.equal(process?.capabilities?.bounding?.length, 14);
  assert.deepEqual(
    linux?.namespaces?.map(({ type }) => type),
    ['mount', 'network', 'uts', 'pid', 'ipc', 'cgroup'],
  );
  assert.equal(linux?.cgroupsPath, '/slipway/ID');
  assert.deepEqual(linux?.devices, []);
  assert.deepEqual(linux?.sysctl, {
    'net.ipv4.ping_group_range': '0 2147483647',
    'net.ipv4.ip_unprivileged_port_start': '0',
  });
  assert.deepEqual(linux?.maskedPaths, ['/proc/kcore']);
  assert.ok(linux?.readonlyPaths?.includes('/proc/sys'));
  assert.equal(linux?.seccomp?.defaultAction, 'SCMP_ACT_ERRNO');
  assert.deepEqual(linux?.resources?.devices?.[0], { allow: false, access: 'rwm' });
});

test('privileged lifts every restriction, but has only what the engine itself has', () => {
  const { linux, process, mounts } = specOf({ Privileged: true, Devices: [] });
  assert.deepEqual(process?.capabilities?.effective, host.capabilities);
  assert.equal(linux?.seccomp, undefined);
  assert.deepEqual([linux?.maskedPaths, linux?.readonlyPaths], [[], []]);
  assert.deepEqual(linux?.devices, [ZERO, TUN]);
  assert.deepEqual(linux?.resources?.devices?.at(-1), { allow: true, access: 'rwm' });
  const lines = mountLines(mounts);
  assert.ok(lines.includes('/sys sysfs sysfs nosuid,noexec,nodev'));
  assert.ok(lines.includes('/sys/fs/cgroup cgroup cgroup nosuid,noexec,nodev'));
});

test('mounts of the user take the place of default ones and come by depth', () => {
  const { mounts, linux } = specOf(
    { Tmpfs: { '/run': 'size=64m,exec' } },
    {},
    {
      hostsPath: '/h',
      mounts: [
        bind({ destination: '/a/b/c', writable: false }),
        bind({ destination: '/dev/shm', propagation: 'rslave', source: '/slave' }),
        bind({ destination: '/etc/hosts', nonRecursive: true, writable: false, readonlyRecursion: 'never' }),
        bind({ destination: '/t', type: 'tmpfs', source: '', writable: false, tmpfsOptions: ['size=4096'] }),
      ],
    },
  );
  assert.deepEqual(mountLines(mounts), [
    ...DEFAULT_MOUNTS.slice(0, -1),
    '/run tmpfs tmpfs nosuid,nodev,rprivate,size=64m,exec',
    '/t tmpfs tmpfs noexec,nosuid,nodev,rprivate,size=4096,ro',
    '/dev/shm bind /slave rbind,rslave',
    '/etc/hosts bind /host bind,ro,rprivate',
    '/a/b/c bind /host rbind,rro,rprivate',
  ]);
  assert.equal(linux?.rootfsPropagation, 'rslave');
});

test('a mount over /dev brings its own, and a source must propagate as asked', () => {
  const { mounts } = specOf({}, {}, { mounts: [bind({ destination: '/dev' })] });
  assert.deepEqual(
    mounts?.map(({ destination }) => destination),
    ['/proc', '/sys', '/sys/fs/cgroup', '/dev'],
  );
  assert.throws(() => specOf({}, {}, { mounts: [bind({ propagation: 'rshared' })] }), {
    message: 'path /host is mounted on /host but it is not a shared mount',
  });
});

test('namespaces follow the modes', () => {
  const modes = {
    NetworkMode: 'container:a',
    IpcMode: 'container:b',
    PidMode: 'host',
    UTSMode: 'host',
    CgroupnsMode: 'host' as const,
  };
  const { linux, hostname, mounts } = specOf(modes, { Domainname: 'd' }, { joined: { network: 7, ipc: 8 } });
  assert.deepEqual(linux?.namespaces, [
    { type: 'mount' },
    { type: 'network', path: '/proc/7/ns/net' },
    { type: 'ipc', path: '/proc/8/ns/ipc' },
  ]);
  assert.equal(hostname, undefined);
  assert.deepEqual(linux?.sysctl, {});
  assert.ok(mountLines(mounts).includes('/dev/shm bind /proc/8/root/dev/shm rbind,rprivate'));
  assert.throws(() => specOf({ PidMode: 'container:gone' }), /non running container: gone/);
});

test('capabilities are added and dropped by Docker’s rules', () => {
  const of = (CapAdd: string[], CapDrop: string[]) =>
    specOf({ CapAdd, CapDrop }).process?.capabilities?.bounding?.map(name => name.slice(4)) ?? [];
  assert.ok(of(['net_admin'], ['CHOWN']).includes('NET_ADMIN'));
  assert.ok(!of(['net_admin'], ['CHOWN']).includes('CHOWN'));
  assert.deepEqual(of(['KILL', 'CAP_MKNOD'], ['all']), ['KILL', 'MKNOD']);
  assert.deepEqual(of([], ['ALL']), []);
  assert.equal(of(['ALL'], ['SYS_ADMIN']).length, 39);
  assert.throws(() => of(['nope'], []), { message: 'unknown capability: "CAP_NOPE"' });
  assert.throws(() => of(['sys_resource'], []), /not supported by your kernel or not available/);
});

test('limits become resources', () => {
  const { linux, process } = specOf({
    Memory: 1 << 26,
    MemorySwap: 1 << 27,
    NanoCpus: 1.5e9,
    CpuShares: 512,
    CpusetCpus: '0-1',
    PidsLimit: 0,
    BlkioWeight: 300,
    BlkioDeviceReadBps: [{ Path: '/dev/sda', Rate: 1000 }],
    OomKillDisable: false,
    Ulimits: [{ Name: 'nofile', Soft: 10, Hard: -1 }],
  });
  const { devices: _, ...resources } = linux!.resources!;
  assert.deepEqual(resources, {
    memory: { limit: 1 << 26, swap: 1 << 27, disableOOMKiller: false },
    cpu: { shares: 512, cpus: '0-1', period: 100_000, quota: 150_000 },
    pids: { limit: -1 },
    blockIO: { weight: 300, throttleReadBpsDevice: [{ major: 8, minor: 0, rate: 1000 }] },
  });
  assert.deepEqual(process?.rlimits, [{ type: 'RLIMIT_NOFILE', soft: 10, hard: -1 }]);
  assert.throws(() => specOf({ Ulimits: [{ Name: 'x' }] }), { message: 'invalid ulimit type: x' });
});

test('devices and rules', () => {
  const { linux } = specOf({
    Devices: [
      { PathOnHost: '/dev/net', PathInContainer: '/dev/other', CgroupPermissions: 'r' },
      { PathOnHost: '/dev/zero', PathInContainer: '/dev/nought', CgroupPermissions: '' },
    ],
    DeviceCgroupRules: ['c 10:* rw'],
  });
  assert.deepEqual(
    linux?.devices?.map(({ path }) => path),
    ['/dev/other/tun', '/dev/nought'],
  );
  assert.deepEqual(linux?.resources?.devices?.slice(-3), [
    { allow: true, type: 'c', major: 10, minor: 200, access: 'r' },
    { allow: true, type: 'c', major: 1, minor: 5, access: 'rwm' },
    { allow: true, type: 'c', major: 10, minor: undefined, access: 'rw' },
  ]);
  assert.throws(() => specOf({ DeviceCgroupRules: ['x'] }), {
    message: "invalid device cgroup rule format: 'x'",
  });
});

test('sysctls must belong to a namespace of the container', () => {
  const refused = (Sysctls: Record<string, string>, hostConfig: HostConfig, message: string) =>
    assert.throws(() => specOf({ Sysctls, ...hostConfig }), { kind: 'invalid-parameter', message });
  assert.equal(specOf({ Sysctls: { 'kernel.msgmax': '1' } }).linux?.sysctl?.['kernel.msgmax'], '1');
  refused({ 'vm.swappiness': '1' }, {}, 'sysctl "vm.swappiness" is not in a separate kernel namespace');
  refused(
    { 'net.core.somaxconn': '1' },
    { NetworkMode: 'host' },
    'sysctl "net.core.somaxconn" not allowed in host network namespace',
  );
  refused(
    { 'fs.mqueue.msg_max': '1' },
    { IpcMode: 'host' },
    'sysctl "fs.mqueue.msg_max" is not allowed in the hosts ipc namespace',
  );
});

test('security options', () => {
  const of = (...SecurityOpt: string[]) => specOf({ SecurityOpt });
  assert.equal(of('seccomp=unconfined').linux?.seccomp, undefined);
  assert.equal(
    of('seccomp={"defaultAction":"SCMP_ACT_ALLOW"}').linux?.seccomp?.defaultAction,
    'SCMP_ACT_ALLOW',
  );
  assert.equal(of('no-new-privileges').process?.noNewPrivileges, true);
  assert.equal(of('no-new-privileges:false').process?.noNewPrivileges, undefined);
  assert.deepEqual(of('systempaths=unconfined').linux?.maskedPaths, []);
  assert.ok(
    mountLines(of('writable-cgroups').mounts).includes('/sys/fs/cgroup cgroup cgroup nosuid,noexec,nodev'),
  );
  assert.equal(of('apparmor=mine').process?.apparmorProfile, undefined);
  const withAppArmor = { host: { ...host, apparmorProfile: 'docker-default' } };
  assert.equal(specOf({ SecurityOpt: ['apparmor=mine'] }, {}, withAppArmor).process?.apparmorProfile, 'mine');
  assert.equal(specOf({}, {}, withAppArmor).process?.apparmorProfile, 'docker-default');
  assert.throws(() => of('nonsense'), { message: 'invalid --security-opt 1: "nonsense"' });
  assert.throws(() => of('a=b'), { message: 'invalid --security-opt 2: "a=b"' });
});

test('a read-only root, an init, a terminal, and an environment of its own', () => {
  const { process, root, mounts } = specOf(
    { ReadonlyRootfs: true, Init: true, ConsoleSize: [40, 120] },
    {
      Tty: true,
      Entrypoint: ['/e'],
      Cmd: ['c'],
      Env: ['PATH=/x', 'A=1', 'A=2', 'HOSTNAME', 'HOME='],
      WorkingDir: '/w',
    },
    { initPath: '/usr/bin/tini', hostsPath: '/h' },
  );
  assert.deepEqual(root, { path: 'rootfs', readonly: true });
  assert.deepEqual(process?.args, ['/sbin/docker-init', '--', '/e', 'c']);
  assert.deepEqual(process?.env, ['PATH=/x', 'TERM=xterm', 'A=2', 'HOME=/root']);
  assert.deepEqual(process?.consoleSize, { height: 40, width: 120 });
  assert.equal(process?.cwd, '/w');
  assert.deepEqual(mountLines(mounts).slice(-2), [
    '/sbin/docker-init bind /usr/bin/tini bind,ro',
    '/etc/hosts bind /h rbind,rro,rprivate',
  ]);
});

test('an exec’d process inherits what it does not change', () => {
  const process = specOf({}, { Env: ['A=1'] }).process!;
  const user = { uid: 5, gid: 6, additionalGids: [6], home: '/five' };
  const exec = execProcess({
    exec: fillExecConfig({ Cmd: ['id'], Env: ['A=2'], Tty: true, User: 'five', Privileged: true }),
    config: { Hostname: 'ID', Env: ['A=1'] },
    process,
    user,
    home: user.home,
    available: ['CAP_CHOWN'],
  });
  assert.deepEqual(exec.args, ['id']);
  assert.deepEqual(exec.env?.slice(1), ['HOSTNAME=ID', 'TERM=xterm', 'A=2', 'HOME=/five']);
  assert.deepEqual(exec.user, { uid: 5, gid: 6, additionalGids: [6] });
  assert.deepEqual(exec.capabilities?.bounding, ['CAP_CHOWN']);
  assert.equal(exec.cwd, '/');
});

test('a domain name is as long as the kernel takes it, and devices are in the container’s root', () => {
  assert.equal(specOf({}, { Domainname: 'd'.repeat(100) }).domainname, 'd'.repeat(64));
  const at = (PathInContainer: string) =>
    specOf({ Devices: [{ PathOnHost: '/dev/zero', PathInContainer }] }).linux?.devices?.map(
      ({ path }) => path,
    );
  assert.deepEqual(
    ['x', 'dev/x', '../../x', ''].map(at),
    ['/x', '/dev/x', '/x', '/dev/zero'].map(path => [path]),
  );
});

test('a tmpfs takes the place of what is mounted there from another container', () => {
  const mounts = [bind({ type: 'volume', source: '/volume', destination: '/data' })];
  const spec = specOf({ Tmpfs: { '/data/': '' } }, {}, { mounts });
  assert.deepEqual(
    spec.mounts?.filter(({ destination }) => destination.startsWith('/data')).map(({ type }) => type),
    ['tmpfs'],
  );
});

test('without a propagation in the request, that of the host is kept where it has one', () => {
  const from = (source: string) => {
    const { mounts, linux } = specOf(
      {},
      {},
      { mounts: [bind({ source, propagation: 'rslave', propagatesIfPossible: true })] },
    );
    return [mounts?.find(({ destination }) => destination === '/mnt')?.options, linux?.rootfsPropagation];
  };
  assert.deepEqual(from('/shared'), [['rbind', 'rslave'], 'rslave']);
  assert.deepEqual(from('/private'), [['rbind', 'rprivate'], undefined]);
});
