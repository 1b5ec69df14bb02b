/** CPU burst by the daemon: flags, annotations, labels, update, and what a dead daemon leaves. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { until } from '../src/base/testing/until.ts';
import { DaemonProcess } from './fixtures/daemon-process.ts';

const isV2 = existsSync('/sys/fs/cgroup/cgroup.controllers');
type Inspected = { HostConfig: { Annotations?: Record<string, string> } };

describe('CPU burst', () => {
  let daemon: DaemonProcess;

  before(async () => {
    // However busy the machine is, it counts as idle.
    daemon = await DaemonProcess.start('--share-pool-threshold', '1000');
    const { code, stderr } = await daemon.slipway('image', 'bootstrap', 'busybox');
    assert.equal(code, 0, stderr);
  });

  after(async () => {
    await daemon.dispose();
  });

  async function run(flags: string[], command = ['sleep', '1000']): Promise<string> {
    const { code, stdout, stderr } = await daemon.slipway('run', '-d', ...flags, 'busybox', ...command);
    assert.equal(code, 0, stderr);
    return stdout.trim();
  }

  async function update(...args: string[]): Promise<void> {
    const { code, stderr } = await daemon.slipway('update', ...args);
    assert.equal(code, 0, stderr);
  }

  const read = (id: string, v1: string, v2: string) =>
    readFileSync(
      isV2
        ? `/sys/fs/cgroup${daemon.cgroupParent}/${id}/${v2}`
        : `/sys/fs/cgroup/cpu${daemon.cgroupParent}/${id}/${v1}`,
      'utf8',
    ).trim();
  const burstOf = (id: string) => Number(read(id, 'cpu.cfs_burst_us', 'cpu.max.burst'));
  const quotaOf = (id: string) => Number(read(id, 'cpu.cfs_quota_us', 'cpu.max').split(' ')[0]);
  const annotationsOf = async (id: string) =>
    ((await daemon.api('GET', `/containers/${id}/json`)) as Inspected).HostConfig.Annotations;

  test('--cpu-burst sets the burst of the kernel, as a time or a share of the limit, up to the limit', async () => {
    assert.equal(burstOf(await run(['--cpus', '0.5', '--cpu-burst', '20ms'])), 20_000);
    assert.equal(burstOf(await run(['--cpus', '0.5', '--cpu-burst', '50%'])), 25_000);
    assert.equal(burstOf(await run(['--cpus', '0.5', '--cpu-burst', '200%'])), 50_000);
    assert.equal(burstOf(await run(['--cpu-burst', '20ms'])), 0);
  });

  test('labels and annotations of docker and compose mean the same, and inspect shows them', async () => {
    const labelled = await run(['--cpus', '0.5', '--label', 'io.slipway.cpu-burst=10ms']);
    assert.equal(burstOf(labelled), 10_000);
    assert.deepEqual(await annotationsOf(labelled), { 'io.slipway.cpu-burst': '10ms' });
    const both = await run([
      '--cpus',
      '0.5',
      '--label',
      'io.slipway.cpu-burst=10ms',
      '--annotation',
      'io.slipway.cpu-burst=11ms',
      '--annotation',
      'other=1',
    ]);
    assert.equal(burstOf(both), 11_000);
    assert.deepEqual(await annotationsOf(both), { 'io.slipway.cpu-burst': '11ms', other: '1' });
  });

  test('update changes burst, limit and policy of a running container, each alone', async () => {
    const id = await run(['--cpus', '0.5', '--cpu-burst-policy', 'cpuBurstOnly']);
    assert.equal(burstOf(id), 50_000);
    await update('--cpus', '0.2', id);
    assert.deepEqual([quotaOf(id), burstOf(id)], [20_000, 20_000]);
    await update('--cpus', '0.4', id);
    assert.deepEqual([quotaOf(id), burstOf(id)], [40_000, 40_000]);
    await update('--cpu-burst-percent', '10', id);
    assert.equal(burstOf(id), 4000);
    await update('--cpu-burst-policy', 'none', id);
    assert.equal(burstOf(id), 0);
  });

  test('classes have shares and bursts of their own', async () => {
    const shares = (id: string) => Number(read(id, 'cpu.shares', 'cpu.weight'));
    const idle = (id: string) => read(id, 'cpu.idle', 'cpu.idle');
    const plain = await run([]);
    const sensitive = await run(['--qos', 'latency-sensitive', '--cpus', '0.5', '-m', '64m']);
    assert.ok(shares(sensitive) > shares(plain));
    assert.equal(burstOf(sensitive), 50_000);
    if (isV2) assert.equal(read(sensitive, '', 'memory.low'), String(32 << 20));
    const bestEffort = await run(['--qos', 'best-effort']);
    assert.equal(idle(bestEffort), '1');
    await update('--qos', 'none', bestEffort);
    assert.equal(idle(bestEffort), '0');
    assert.equal(shares(bestEffort), shares(plain));
  });

  test('what is wrong is refused before anything is made', async () => {
    const refused = async (...flags: string[]) => {
      const { code, stderr } = await daemon.slipway('create', ...flags, 'busybox');
      assert.notEqual(code, 0);
      return stderr;
    };
    assert.match(
      await refused('--cpu-burst-percent', '10001'),
      /invalid argument "10001" for "--cpu-burst-percent" flag: want a number from 0 to 10000/,
    );
    assert.match(
      await refused('--label', 'io.slipway.qos=gold'),
      /invalid qos "gold": want one of none, latency-sensitive, best-effort/,
    );
    assert.match(
      await refused('--annotation', 'io.slipway.x=1'),
      /unknown option io\.slipway\.x: want one of/,
    );
    assert.match(
      await refused('-m', '64m', '--annotation', 'io.slipway.memory-low=65m'),
      /invalid memory-low 68157440: want at most the memory limit, 67108864/,
    );
    const useless = await daemon.slipway('create', '--cpu-burst', '20ms', 'busybox');
    assert.match(useless.stderr, /cpu-burst needs a CPU limit/);
    const id = await run([]);
    const { stderr } = await daemon.slipway('update', '--cpu-burst-policy', 'all', id);
    assert.match(stderr, /want one of none, cpuBurstOnly/);
  });

  test('the quota of a throttled container goes up; a daemon that was killed leaves none above its limit', async () => {
    const id = await run(
      ['--cpus', '0.1', '--cpu-burst-policy', 'auto'],
      ['sh', '-c', 'while :; do :; done'],
    );
    await until(() => quotaOf(id) > 10_000);
    await daemon.kill('SIGKILL');
    await until(() => quotaOf(id) === 10_000);
    await daemon.start();
    await until(() => quotaOf(id) > 10_000);
    await daemon.kill('SIGTERM');
    assert.equal(quotaOf(id), 10_000);
    await daemon.start();
    await daemon.slipway('rm', '-f', id);
  });
});
