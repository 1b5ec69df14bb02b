import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { describeConfig } from './config.ts';
import { newState } from './container-record.ts';
import { describeEndpointConfig, EMPTY_ENDPOINT_CONFIG } from './endpoint-config.ts';
import { describeHostConfig } from './host-config.ts';
import { StateStore } from './state-store.ts';

/** As versions before the completed configurations stored it. */
const EARLIER = {
  id: 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
  name: 'web',
  createdAt: '2026-01-02T03:04:05.6Z',
  imageId: '',
  imageReference: 'busybox',
  path: 'sh',
  args: [],
  config: {
    Hostname: 'aaaaaaaaaaaa',
    Domainname: '',
    User: '',
    AttachStdin: false,
    AttachStdout: false,
    AttachStderr: false,
    ExposedPorts: {
      '80/tcp': {},
    },
    Tty: false,
    OpenStdin: false,
    StdinOnce: false,
    Env: ['A=1'],
    Cmd: ['sh'],
    Healthcheck: { Test: ['CMD', 'true'], Interval: 5_000_000_000 },
    Image: 'busybox',
    Volumes: null,
    WorkingDir: '',
    Entrypoint: null,
    OnBuild: null,
    Labels: {
      a: 'b',
    },
    StopTimeout: 0,
  },
  hostConfig: {
    Binds: null,
    ContainerIDFile: '',
    LogConfig: {
      Type: 'json-file',
      Config: {},
    },
    NetworkMode: 'container:ffffffffffff',
    PortBindings: {
      '80/tcp': [
        {
          HostIp: '',
          HostPort: '8080',
        },
      ],
    },
    RestartPolicy: {
      Name: 'always',
      MaximumRetryCount: 0,
    },
    AutoRemove: false,
    VolumeDriver: '',
    VolumesFrom: null,
    ConsoleSize: [0, 0],
    CapAdd: null,
    CapDrop: null,
    CgroupnsMode: 'host',
    Dns: [],
    DnsOptions: null,
    DnsSearch: null,
    ExtraHosts: null,
    GroupAdd: null,
    IpcMode: 'shareable',
    Cgroup: '',
    Links: null,
    OomScoreAdj: 0,
    PidMode: 'host',
    Privileged: false,
    PublishAllPorts: false,
    ReadonlyRootfs: false,
    SecurityOpt: ['label=disable'],
    UTSMode: '',
    UsernsMode: '',
    ShmSize: 67108864,
    Sysctls: {
      'net.x': '1',
    },
    Runtime: 'slipway',
    Isolation: '',
    CpuShares: 0,
    Memory: 67108864,
    NanoCpus: 0,
    CgroupParent: '',
    BlkioWeight: 0,
    BlkioWeightDevice: null,
    BlkioDeviceReadBps: null,
    BlkioDeviceWriteBps: null,
    BlkioDeviceReadIOps: null,
    BlkioDeviceWriteIOps: null,
    CpuPeriod: 0,
    CpuQuota: 0,
    CpuRealtimePeriod: 0,
    CpuRealtimeRuntime: 0,
    CpusetCpus: '',
    CpusetMems: '',
    Devices: null,
    DeviceCgroupRules: null,
    DeviceRequests: null,
    MemoryReservation: 0,
    MemorySwap: 134217728,
    MemorySwappiness: null,
    OomKillDisable: false,
    PidsLimit: null,
    Ulimits: null,
    CpuCount: 0,
    CpuPercent: 0,
    IOMaximumIOps: 0,
    IOMaximumBandwidth: 0,
    MaskedPaths: [
      '/proc/asound',
      '/proc/acpi',
      '/proc/interrupts',
      '/proc/kcore',
      '/proc/keys',
      '/proc/latency_stats',
      '/proc/timer_list',
      '/proc/timer_stats',
      '/proc/sched_debug',
      '/proc/scsi',
      '/sys/firmware',
      '/sys/devices/virtual/powercap',
    ],
    ReadonlyPaths: ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'],
  },
  mounts: [],
  networks: { back: { Aliases: ['web'], IPAMConfig: { IPv4Address: '10.0.0.7' } }, bridge: {} },
  links: [
    {
      containerId: 'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb',
      alias: 'db',
    },
  ],
};

test('a record of an earlier version has nothing open, and is shown as it was', t => {
  const directory = mkdtempSync(join(tmpdir(), 'store-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const path = join(directory, 'state.db');
  new StateStore(path).close();
  const database = new DatabaseSync(path);
  database
    .prepare('INSERT INTO containers (id, name, record, state) VALUES (?, ?, ?, ?)')
    .run(EARLIER.id, EARLIER.name, JSON.stringify(EARLIER), JSON.stringify(newState()));
  database.close();
  const store = new StateStore(path);
  const read = () => store.containers()[0]!.record;
  const { hostConfig, config, links, networks } = read();
  assert.deepEqual(hostConfig.NetworkMode, { kind: 'container', id: 'f'.repeat(12) });
  assert.deepEqual([hostConfig.PidMode, hostConfig.IpcMode], [{ kind: 'host' }, { kind: 'shareable' }]);
  assert.deepEqual([hostConfig.Binds, hostConfig.Annotations, hostConfig.Init], [[], {}, null]);
  assert.deepEqual(
    [config.Entrypoint, config.Shell, config.Healthcheck?.Retries, config.StopTimeout],
    [[], [], 0, 0],
  );
  assert.deepEqual(links, [{ containerId: 'b'.repeat(64), alias: 'db', name: 'b'.repeat(64) }]);
  assert.deepEqual(networks.bridge, EMPTY_ENDPOINT_CONFIG);
  assert.deepEqual(
    [networks.back?.Aliases, networks.back?.Links, networks.back?.IPAMConfig.IPv6Address],
    [['web'], [], ''],
  );
  assert.deepEqual(networks.back && describeEndpointConfig(networks.back), {
    IPAMConfig: { IPv4Address: '10.0.0.7' },
    Links: null,
    Aliases: ['web'],
    MacAddress: '',
    DriverOpts: null,
    GwPriority: 0,
  });
  // The order of the fields, too.
  assert.equal(JSON.stringify(describeHostConfig(hostConfig)), JSON.stringify(EARLIER.hostConfig));
  assert.equal(JSON.stringify(describeConfig(config)), JSON.stringify(EARLIER.config));
  const record = read();
  store.saveRecord(record);
  assert.deepEqual(read(), record);
  store.close();
});
