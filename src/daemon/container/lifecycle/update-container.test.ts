import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { ContainerUpdateRequest, HostConfig } from '../../../api/types.ts';
import { TestDaemon } from '../../testing/test-daemon.ts';

const MB = 1 << 20;

async function engineWith(t: TestContext, hostConfig: HostConfig) {
  const engine = await TestDaemon.open(t);
  const id = await engine.create('web', { HostConfig: hostConfig });
  return {
    engine,
    id,
    update: (request: ContainerUpdateRequest) => engine.backend.containerUpdate(id, request),
    shown: async (...names: (keyof HostConfig)[]) => {
      const { HostConfig } = await engine.backend.containerInspect(id, { size: false });
      return names.map(name => HostConfig[name]);
    },
  };
}

test('the limit of memory and swap is changed without that of memory', async t => {
  const { update, shown } = await engineWith(t, { Memory: 100 * MB });
  await update({ MemorySwap: 400 * MB });
  assert.deepEqual(await shown('Memory', 'MemorySwap'), [100 * MB, 400 * MB]);
});

test('a container with unlimited swap is updated like any other', async t => {
  const { engine, id, update, shown } = await engineWith(t, { Memory: 100 * MB, MemorySwap: -1 });
  await update({ CpuShares: 512 });
  await engine.backend.containerStart(id);
  await update({ CpuShares: 256, PidsLimit: 5, RestartPolicy: { Name: 'always' } });
  assert.deepEqual(await shown('CpuShares', 'MemorySwap', 'PidsLimit'), [256, -1, 5]);
  await update({ Memory: 200 * MB, MemorySwap: -1 });
  await assert.rejects(update({ Memory: 300 * MB }), {
    kind: 'conflict',
    message: `Cannot update container ${id}: Memory limit should be smaller than already set memoryswap limit, update the memoryswap at the same time`,
  });
});

test('a running container is given unlimited swap, and no limit that contradicts another', async t => {
  const { engine, id, update } = await engineWith(t, { Memory: 100 * MB });
  await engine.backend.containerStart(id);
  await assert.rejects(update({ MemorySwap: 50 * MB }), {
    kind: 'invalid-parameter',
    message: `Cannot update container ${id}: Minimum memoryswap limit should be larger than memory limit, see usage`,
  });
  engine.daemon.hostFacts.limits.swap = true;
  await update({ MemorySwap: -1 });
  const [resources] = engine.execDriver.last.updates as { memory?: object }[];
  assert.deepEqual(resources?.memory, { swap: -1 });
});

test('a limit of processes of zero or less takes the limit away', async t => {
  const { update, shown } = await engineWith(t, { PidsLimit: 5 });
  for (const PidsLimit of [0, -1, -2]) {
    await update({ PidsLimit });
    assert.deepEqual(await shown('PidsLimit'), [0]);
  }
  await update({ PidsLimit: 7 });
  await update({ PidsLimit: null });
  assert.deepEqual(await shown('PidsLimit'), [7]);
});

test('a container that is removed when it ends gets no restart policy', async t => {
  const { id, update, shown } = await engineWith(t, { AutoRemove: true });
  await assert.rejects(update({ RestartPolicy: { Name: 'always' } }), {
    kind: 'conflict',
    message: `Cannot update container ${id}: Restart policy cannot be updated because AutoRemove is enabled for the container`,
  });
  await update({ RestartPolicy: { Name: 'no' } });
  assert.deepEqual(await shown('RestartPolicy'), [{ Name: 'no', MaximumRetryCount: 0 }]);
});

test('limits of block devices and swappiness are changed, too', async t => {
  const null0 = { Path: '/dev/null', Rate: 1000 };
  const { engine, id, update, shown } = await engineWith(t, { BlkioDeviceReadBps: [null0] });
  Object.assign(engine.daemon.hostFacts.limits, { blkioThrottle: true, swappiness: true });
  await engine.backend.containerStart(id);
  const zero = { Path: '/dev/zero', Rate: 5 };
  await update({ BlkioDeviceReadBps: [zero], MemorySwappiness: 0 });
  assert.deepEqual(await shown('BlkioDeviceReadBps', 'MemorySwappiness'), [[null0, zero], 0]);
  const [first] = engine.execDriver.last.updates as { blockIO?: object; memory?: object }[];
  assert.deepEqual(first?.memory, { swappiness: 0 });
  assert.deepEqual(first?.blockIO, { throttleReadBpsDevice: [{ major: 1, minor: 5, rate: 5 }] });
  await update({ BlkioDeviceReadBps: [{ ...null0, Rate: 0 }], BlkioDeviceWriteIOps: [] });
  assert.deepEqual(await shown('BlkioDeviceReadBps', 'MemorySwappiness'), [[zero], 0]);
  await assert.rejects(update({ BlkioDeviceReadBps: [{ Path: '/dev/no-such', Rate: 1 }] }), {
    kind: 'invalid-parameter',
  });
});

test('an update changes nothing that Docker leaves as it is', async t => {
  const { update, shown } = await engineWith(t, {});
  const before = await shown('Ulimits', 'CgroupParent', 'OomKillDisable', 'Devices');
  await update({
    Ulimits: [{ Name: 'nofile', Hard: 5, Soft: 5 }],
    CgroupParent: '/x',
    OomKillDisable: true,
    Devices: [{ PathOnHost: '/dev/null', PathInContainer: '/dev/n', CgroupPermissions: 'r' }],
  });
  assert.deepEqual(await shown('Ulimits', 'CgroupParent', 'OomKillDisable', 'Devices'), before);
  await assert.rejects(update({ IOMaximumIOps: 4 }), {
    kind: 'invalid-parameter',
    message: 'Invalid QoS settings: linux does not support Maximum IO Bandwidth or Maximum IO IOps',
  });
});
