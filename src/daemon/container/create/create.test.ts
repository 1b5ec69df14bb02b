import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ContainerConfig, HostConfig } from '../../../api/types.ts';
import type { Int64 } from '../../../base/int64.ts';
import { parseSecurityOptions } from '../spec/security-options.ts';
import { resolvConf } from '../networking/resolv-conf.ts';
import { checkCommand, checkConfig } from '../config/check-config.ts';
import { checkCapabilities, checkHostConfig } from '../config/check-host-config.ts';
import { describeConfig, EMPTY_CONFIG, fillConfig } from '../../model/config.ts';
import { describeHostConfig, fillHostConfig } from '../../model/host-config.ts';
import { TestDaemon } from '../../testing/test-daemon.ts';
import { completeHostConfig, type HostDefaults } from '../config/complete-host-config.ts';
import { mergeImageConfig } from '../config/merge-image-config.ts';
import { exposedPorts, portBindings } from '../config/ports.ts';

const MB = 1 << 20;
const DEFAULTS: HostDefaults = {
  networkMode: 'bridge',
  shmSizeBytes: 64 * MB,
  logDriver: 'json-file',
  logOptions: { 'max-size': '1m' },
  init: true,
  cgroupnsMode: 'private',
  privilegedCgroupnsMode: 'host',
  ipcMode: 'private',
  maskedPaths: ['/proc/kcore'],
};

const check = (hostConfig: HostConfig) => checkHostConfig(EMPTY_CONFIG, fillHostConfig(hostConfig));
const merge = (wanted: ContainerConfig, image: ContainerConfig) =>
  describeConfig(mergeImageConfig(fillConfig(wanted), fillConfig(image)));
/** As `inspect` shows it. */
const completed = (wanted: HostConfig) =>
  describeHostConfig(completeHostConfig(fillHostConfig(wanted), DEFAULTS));
/** node:path would take seconds for it. */
const LONG_PATH = `/${'a'.repeat(MB)}${'/b/..'.repeat(5000)}`;

test('privileged containers have their own default of the cgroup namespace', () => {
  const modes = [{}, { Privileged: true }, { Privileged: true, CgroupnsMode: 'private' }] as const;
  assert.deepEqual(
    modes.map(wanted => completed(wanted).CgroupnsMode),
    ['private', 'host', 'private'],
  );
});

test('bad host configurations are refused in Docker’s words', () => {
  const cases: [HostConfig, string][] = [
    [{ Memory: MB }, 'Minimum memory limit allowed is 6MB'],
    [
      { MemorySwap: 10 * MB },
      'You should always set the Memory limit when using Memoryswap limit, see usage',
    ],
    [
      { Memory: 20 * MB, MemorySwap: 10 * MB },
      'Minimum memoryswap limit should be larger than memory limit, see usage',
    ],
    [
      { Memory: 20 * MB, MemoryReservation: 30 * MB },
      'Minimum memory limit can not be less than memory reservation limit, see usage',
    ],
    [{ NanoCpus: 1e9, CpuQuota: 10_000 }, 'Conflicting options: Nano CPUs and CPU Quota cannot both be set'],
    [
      { CpuPeriod: 1 },
      'CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)',
    ],
    [{ CpusetCpus: 'x' }, 'Invalid value x for cpuset cpus: invalid format: x'],
    [
      { CpusetCpus: '0,'.repeat(20_000) },
      `Invalid value ${'0,'.repeat(20_000)} for cpuset cpus: invalid format: ${'0,'.repeat(20_000)}`,
    ],
    [{ CgroupParent: LONG_PATH }, `${LONG_PATH.slice(0, 64)}…: file name too long`],
    [{ Sysctls: { [LONG_PATH]: '1' } }, `${LONG_PATH.slice(0, 64)}…: file name too long`],
    [{ Devices: [{ PathOnHost: LONG_PATH }] }, `${LONG_PATH.slice(0, 64)}…: file name too long`],
    [{ GroupAdd: Array(2000).fill('web') }, 'GroupAdd has 2000 entries, more than 1024'],
    [
      { Annotations: Object.fromEntries(Array.from({ length: 2000 }, (_, n) => [n, ''])) },
      'Annotations has 2000 entries, more than 1024',
    ],
    [{ OomScoreAdj: 2000 }, 'Invalid value 2000, range for oom score adj is [-1000, 1000]'],
    [{ IpcMode: 'foo' }, 'invalid IPC mode: foo'],
    [{ PidMode: 'foo' }, 'invalid PID mode: foo'],
    [{ Runtime: 'foo' }, 'unknown or invalid runtime name: foo'],
    [
      { RestartPolicy: { Name: 'always', MaximumRetryCount: 3 } },
      "invalid restart policy: maximum retry count can only be used with 'on-failure'",
    ],
    [
      { AutoRemove: true, RestartPolicy: { Name: 'always' } },
      "can't create 'AutoRemove' container with restart policy",
    ],
    [{ PortBindings: { '80/tcp': [{ HostPort: '99999' }] } }, 'invalid port specification: "99999"'],
    [{ PortBindings: { '80-81/tcp': [] } }, 'invalid port specification: "80-81"'],
    [{ PortBindings: { '80/tcp': [{ HostIp: 'foo' }] } }, 'invalid IP address: foo'],
    [{ Dns: ['x'] }, 'bad nameserver address x: ParseAddr("x"): unable to parse IP'],
    [{ ExtraHosts: ['foo'] }, 'bad format for add-host: "foo"'],
    [{ ExtraHosts: ['a=1.2.3.4'] }, 'bad format for add-host: "a=1.2.3.4"'],
    ...['', '1.2.3', '1.2.3.256', '01.2.3.4', '[::1]', 'b:1.2.3.4', 'fe80::1%eth0'].map(
      (address): [HostConfig, string] => [
        { ExtraHosts: [`a:${address}`] },
        `invalid IP address in add-host: "${address}"`,
      ],
    ),
    [{ Sysctls: { 'foo.bar': '1' } }, "sysctl 'foo.bar' is not allowed"],
    [{ NetworkMode: 'container:x', Dns: ['1.1.1.1'] }, 'conflicting options: dns and the network mode'],
    [{ IOMaximumIOps: 1 }, 'invalid option: QoS maximum IOPs configuration is not supported on linux'],
    [
      { IOMaximumBandwidth: 1 },
      'invalid option: QoS maximum bandwidth configuration is not supported on linux',
    ],
    [{ CpuShares: -1 }, 'invalid CPU shares (-1): value must be a positive integer'],
    [
      { Annotations: { '': 'x' } },
      'invalid Annotations: the empty string is not permitted as an annotation key',
    ],
    [{ ShmSize: -1 }, 'SHM size can not be less than 0'],
    [
      { DeviceRequests: [{ Driver: '', Capabilities: [['gpu']] }] },
      'could not select device driver "" with capabilities: [[gpu]]',
    ],
  ];
  for (const [hostConfig, message] of cases) {
    assert.throws(() => check(hostConfig), { kind: 'invalid-parameter', message });
  }
  check({ ExtraHosts: ['a:1.2.3.4', 'a:::1', 'a:::ffff:1.2.3.4', 'a:host-gateway'] });
  assert.deepEqual(check({ Memory: 10 * MB, NanoCpus: 5e8, CpusetCpus: '0' }), []);
});

test('bad configurations are refused in Docker’s words', () => {
  const cases: [ContainerConfig, string][] = [
    [
      { Cmd: ['x'], WorkingDir: 'rel' },
      "the working directory 'rel' is invalid, it needs to be an absolute path",
    ],
    [{ Cmd: ['x'], Env: ['=x'] }, 'invalid environment variable: =x'],
    [{ Cmd: ['x'], StopSignal: 'FOO' }, 'invalid signal: FOO'],
    [{ Cmd: ['x'], Healthcheck: { Interval: 1000 } }, 'Interval in Healthcheck cannot be less than 1ms'],
  ];
  for (const [config, message] of cases) assert.throws(() => checkConfig(fillConfig(config)), { message });
  assert.throws(() => checkCommand(EMPTY_CONFIG), { message: 'no command specified' });
});

test('capabilities and security options are checked', () => {
  checkCapabilities({ CapAdd: ['net_admin', 'CAP_CHOWN'], CapDrop: ['all'] });
  assert.throws(() => checkCapabilities({ CapAdd: ['foo'], CapDrop: [] }), {
    message: 'invalid CapAdd: unknown capability: "CAP_FOO"',
  });
  assert.throws(() => checkCapabilities({ CapAdd: [], CapDrop: ['CAP_ALL'] }), {
    message: 'invalid CapDrop: unknown capability: "CAP_ALL"',
  });
  parseSecurityOptions(['no-new-privileges', 'seccomp=unconfined', 'label:disable', 'apparmor=x']);
  assert.throws(() => parseSecurityOptions(['foo']), { message: 'invalid --security-opt 1: "foo"' });
  assert.throws(() => parseSecurityOptions(['foo=bar']), { message: 'invalid --security-opt 2: "foo=bar"' });
  assert.throws(() => parseSecurityOptions(['seccomp={']), /Decoding seccomp profile failed/);
});

test('an image’s defaults are merged by Docker’s rules', () => {
  const image = {
    Cmd: ['sh'],
    Entrypoint: ['/entry'],
    Env: ['A=1', 'B=2'],
    Labels: { x: '1', y: '2' },
    User: 'web',
    Volumes: { '/data': {} },
    ExposedPorts: { '80/tcp': {} },
  };
  const plain = merge({}, image);
  assert.deepEqual([plain.Entrypoint, plain.Cmd, plain.User], [['/entry'], ['sh'], 'web']);
  const own = merge({ Cmd: ['x'], Env: ['B=3'], Labels: { y: '3' }, ExposedPorts: { '81/tcp': {} } }, image);
  assert.deepEqual([own.Entrypoint, own.Cmd, own.Env], [['/entry'], ['x'], ['B=3', 'A=1']]);
  assert.deepEqual(
    [own.Labels, Object.keys(own.ExposedPorts ?? {})],
    [{ x: '1', y: '3' }, ['80/tcp', '81/tcp']],
  );
  const entry = merge({ Entrypoint: ['/other'] }, image);
  assert.deepEqual([entry.Entrypoint, entry.Cmd], [['/other'], null]);
  const reset = merge({ Entrypoint: [''], Cmd: ['x'] }, image);
  assert.deepEqual([reset.Entrypoint, reset.Cmd], [null, ['x']]);
});

test('ports are exposed when published, and published all when asked', () => {
  assert.deepEqual(exposedPorts({ '81': {} }, { '80/tcp': [] }), { '80/tcp': {}, '81/tcp': {} });
  const config = { ExposedPorts: { '80/tcp': {}, '53/udp': {} } };
  const bindings = portBindings(config, {
    PublishAllPorts: true,
    PortBindings: { '80/tcp': [{ HostIp: '127.0.0.1', HostPort: '8000-8010' }] },
  });
  assert.deepEqual(bindings, [
    { protocol: 'tcp', containerPort: 80, hostIp: '127.0.0.1', hostPort: 8000, hostPortEnd: 8010 },
    { protocol: 'udp', containerPort: 53, hostIp: '', hostPort: 0 },
  ]);
});

test('a host configuration is completed as inspect shows it', () => {
  const plain = completed({});
  assert.deepEqual(
    [plain.NetworkMode, plain.IpcMode, plain.ShmSize, plain.Init],
    ['bridge', 'private', 64 * MB, true],
  );
  assert.deepEqual(plain.LogConfig, { Type: 'json-file', Config: { 'max-size': '1m' } });
  const own = completed({ Memory: 10 * MB, PidsLimit: -5, Init: false, Privileged: true });
  assert.deepEqual([own.MemorySwap, own.PidsLimit, own.Init, own.MaskedPaths], [20 * MB, null, false, null]);
});

test('twice the memory that is too much for 64 bits is what Docker makes of it', () => {
  const swapOf = (Memory: Int64) => completed({ Memory }).MemorySwap;
  assert.equal(swapOf(2n ** 53n + 1n), 2n ** 54n + 2n);
  assert.equal(swapOf(2n ** 62n), -(2n ** 63n));
  assert.equal(swapOf(2n ** 63n - 1n), -2);
});

test('what was sent is shown as it was sent', () => {
  const lists = {
    CapAdd: ['NET_ADMIN', 'cap_chown', 'NET_ADMIN'],
    CapDrop: ['all'],
    Dns: [],
    DnsOptions: [],
    DnsSearch: [],
    Devices: [],
    Ulimits: [],
    BlkioWeightDevice: [],
    BlkioDeviceReadBps: [],
    BlkioDeviceWriteBps: [],
    BlkioDeviceReadIOps: [],
    BlkioDeviceWriteIOps: [],
  };
  const shown = (wanted: HostConfig) =>
    Object.fromEntries(Object.entries(completed(wanted)).filter(([name]) => Object.hasOwn(lists, name)));
  assert.deepEqual(shown(lists), lists);
  const left = completed({ Annotations: {}, StorageOpt: {}, Tmpfs: {}, Sysctls: {}, Mounts: [] });
  for (const name of ['Annotations', 'StorageOpt', 'Tmpfs', 'Sysctls', 'Mounts'])
    assert.equal(name in left, false, name);
  assert.deepEqual(shown({}), Object.fromEntries(Object.keys(lists).map(name => [name, null])));
});

test('a container that sees the host’s processes or memory has no labels, unless it asks for some', () => {
  const shown = (wanted: HostConfig) => completed(wanted).SecurityOpt;
  for (const open of [{ Privileged: true }, { PidMode: 'host' }, { IpcMode: 'host' }]) {
    assert.deepEqual(shown(open), ['label=disable']);
    assert.deepEqual(shown({ ...open, SecurityOpt: ['seccomp=unconfined'] }), [
      'seccomp=unconfined',
      'label=disable',
    ]);
    assert.deepEqual(shown({ ...open, SecurityOpt: ['label=type:x'] }), ['label=type:x']);
  }
  assert.deepEqual([shown({ UTSMode: 'host' }), shown({ SecurityOpt: [] })], [null, []]);
});

test('system paths are hidden as Docker shows it', () => {
  const shown = (wanted: HostConfig) => completed(wanted).MaskedPaths;
  assert.equal(shown({ Privileged: true }), null);
  assert.deepEqual(shown({ Privileged: true, MaskedPaths: ['/x'] }), ['/x']);
  assert.deepEqual(shown({ SecurityOpt: ['systempaths=unconfined'] }), []);
  assert.ok(shown({})?.includes('/proc/kcore'));
});

test('what this host has to hide besides, the sensors of its processors, is hidden', async t => {
  const engine = await TestDaemon.open(t);
  const sensor = '/sys/devices/system/cpu/cpu0/thermal_throttle';
  Object.assign(engine.daemon.hostFacts, { maskedPaths: ['/proc/kcore', sensor] });
  const id = await engine.run('web');
  const { HostConfig } = await engine.backend.containerInspect(id, { size: false });
  assert.deepEqual(HostConfig.MaskedPaths, ['/proc/kcore', sensor]);
  assert.deepEqual(engine.execDriver.last.options.spec.linux?.maskedPaths, ['/proc/kcore', sensor]);
});

test('resolv.conf keeps what can be reached, and what was asked for', () => {
  const host = '# mine\nnameserver 127.0.0.53\nnameserver 10.0.0.1\nsearch a.example\noptions ndots:2\n';
  const nothing = { servers: [], search: [], options: [] };
  assert.equal(resolvConf(host, nothing), 'nameserver 10.0.0.1\nsearch a.example\noptions ndots:2\n');
  assert.equal(resolvConf('nameserver ::1\nnameserver fe80::1%eth0\n', nothing), '\n');
  assert.equal(
    resolvConf(host, { servers: ['9.9.9.9'], search: ['.'], options: ['rotate'] }),
    'nameserver 9.9.9.9\noptions rotate\n',
  );
});

test('no more ports are published than are of use', () => {
  const ports = (count: number) => Array.from({ length: count }, (_, n) => `${n + 1}/tcp`);
  const bindings = (count: number) =>
    Object.fromEntries(ports(count).map(port => [port, [{ HostPort: '0' }]]));
  const error = {
    kind: 'invalid-parameter',
    message: /^cannot publish \d+ ports: at most 20480 are published/,
  };
  assert.throws(() => check({ PortBindings: bindings(20_481) }), error);
  check({ PortBindings: bindings(20_480) });
  const all = { PublishAllPorts: true, PortBindings: {} };
  const none = { PublishAllPorts: false, PortBindings: {} };
  for (const exposed of [['1-65535'], ['1-12000', '1-12000/udp'], ports(20_481)]) {
    const ExposedPorts = Object.fromEntries(exposed.map(port => [port, {}]));
    assert.throws(() => portBindings({ ExposedPorts }, all), error);
    assert.deepEqual(portBindings({ ExposedPorts }, none), []);
  }
  const ExposedPorts = { '1-20480': {} };
  assert.equal(
    portBindings(
      { ExposedPorts },
      { ...all, PortBindings: fillHostConfig({ PortBindings: bindings(9000) }).PortBindings },
    ).length,
    20_480,
  );
});
