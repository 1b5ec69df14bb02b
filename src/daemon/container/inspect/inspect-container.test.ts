import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ContainerInspect, HostConfig } from '../../../api/types.ts';
import { TestDaemon } from '../../testing/test-daemon.ts';

const MAC = '02:42:ac:11:00:55';

test('a MAC address is shown as asked for, then as it is, and no longer when nothing is connected', async t => {
  const engine = await TestDaemon.open(t);
  const networks = { EndpointsConfig: { bridge: { MacAddress: MAC } } };
  await engine.create('web', { NetworkingConfig: networks });
  const shown = async () => {
    const { Config, NetworkSettings }: ContainerInspect = await engine.backend.containerInspect('web', {
      size: false,
    });
    const { MacAddress, NetworkID } = NetworkSettings.Networks.bridge ?? {};
    return [Config.MacAddress, MacAddress, NetworkID];
  };
  const { id } = engine.daemon.networks.find('bridge');
  assert.deepEqual(await shown(), [MAC, MAC, '']);
  await engine.backend.containerStart('web');
  assert.deepEqual(await shown(), [MAC, MAC, id]);
  await engine.backend.containerStop('web', { timeoutSeconds: 0 });
  assert.deepEqual(await shown(), [MAC, '', id]);
});

test('limits of 64 bits are exact, also for the next engine, and after an update', async t => {
  const engine = await TestDaemon.open(t);
  const most = 2n ** 63n - 1n;
  const HostConfig: HostConfig = {
    Memory: 2n ** 53n + 1n,
    MemorySwap: most,
    ShmSize: most,
    PidsLimit: most,
    Ulimits: [{ Name: 'core', Hard: most, Soft: most }],
    BlkioDeviceReadBps: [{ Path: '/dev/x', Rate: 2n ** 64n - 1n }],
    RestartPolicy: { Name: 'on-failure', MaximumRetryCount: most },
  };
  const Healthcheck = { Interval: most, Timeout: most, Retries: most };
  await engine.create('web', { HostConfig, Healthcheck, StopTimeout: most });
  await engine.backend.containerUpdate('web', { CpuShares: most });
  await engine.close();
  await engine.open();
  const inspected = await engine.backend.containerInspect('web', { size: false });
  for (const [name, value] of Object.entries({ ...HostConfig, CpuShares: most }))
    assert.deepEqual(inspected.HostConfig[name as keyof HostConfig], value, name);
  assert.deepEqual([inspected.Config.Healthcheck, inspected.Config.StopTimeout], [Healthcheck, most]);
});

test('beside the list of networks only the default one is shown', async t => {
  const engine = await TestDaemon.open(t);
  await engine.run('alone', { HostConfig: { NetworkMode: 'none' } });
  const { NetworkSettings } = await engine.backend.containerInspect('alone', { size: false });
  assert.equal(NetworkSettings.EndpointID, '');
  assert.notEqual(NetworkSettings.Networks.none?.EndpointID, '');
});

test('a container that shares the host’s UTS namespace has a name of its own in its configuration', async t => {
  const engine = await TestDaemon.open(t);
  const id = await engine.create('web', { HostConfig: { UTSMode: 'host' } });
  const { Config } = await engine.backend.containerInspect('web', { size: false });
  assert.equal(Config.Hostname, id.slice(0, 12));
});

test('zero values that Docker prints are there, and events have exec commands as Docker has them', async t => {
  const engine = await TestDaemon.open(t);
  await engine.run('web');
  const { HostConfig } = await engine.backend.containerInspect('web', { size: false });
  const { CpuCount, CpuPercent, IOMaximumIOps, IOMaximumBandwidth } = HostConfig;
  assert.deepEqual([CpuCount, CpuPercent, IOMaximumIOps, IOMaximumBandwidth], [0, 0, 0, 0]);
  await engine.backend.execCreate('web', { Cmd: ['true'] });
  const events = await Array.fromAsync(
    engine.daemon.events.subscribe({
      filters: new Map(),
      sinceNs: 0n,
      untilNs: BigInt(Date.now() + 50) * 1_000_000n,
      signal: AbortSignal.timeout(5000),
    }),
  );
  assert.ok(events.some(({ Action }) => Action === 'exec_create: true '));
});
