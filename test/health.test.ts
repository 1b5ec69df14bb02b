/** Health checks of real containers: their time-outs, and what is left of a probe whose time is over. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { DaemonProcess } from './fixtures/daemon-process.ts';

type Health = { Status: string; FailingStreak: number; Log: { ExitCode: number; Output: string }[] };

describe('health checks', () => {
  let daemon: DaemonProcess;

  before(async () => {
    daemon = await DaemonProcess.startWithBusybox();
  });

  after(async () => {
    await daemon.dispose();
  });

  async function run(...flags: string[]): Promise<string> {
    const args = ['run', '-d', '--init', ...flags, 'busybox', 'sleep', '1000'];
    const { code, stdout, stderr } = await daemon.slipway(...args);
    assert.equal(code, 0, stderr);
    return stdout.trim();
  }

  async function healthOf(id: string): Promise<Health> {
    const { State } = (await daemon.api('GET', `/containers/${id}/json`)) as { State: { Health: Health } };
    return State.Health;
  }

  async function until(id: string, isReached: (health: Health) => boolean): Promise<Health> {
    for (;;) {
      const health = await healthOf(id);
      if (isReached(health)) return health;
      await delay(20);
    }
  }

  const unified = (id: string) => {
    const mountPoint = existsSync('/sys/fs/cgroup/cgroup.procs')
      ? '/sys/fs/cgroup'
      : '/sys/fs/cgroup/unified';
    return join(mountPoint, daemon.cgroupParent, id);
  };
  const processesOf = (id: string) =>
    readFileSync(join(unified(id), 'cgroup.procs'), 'utf8')
      .split('\n')
      .filter(Boolean).length;

  test('a probe that exceeds its time is ended, and what it wrote is told', async () => {
    const command = ['--health-cmd', 'echo so far; echo and here >&2; sleep 1000'];
    // Long enough for a busy machine to make the probe and to let it write.
    const id = await run(...command, ...'--health-timeout 2s --health-interval 50ms'.split(' '));
    const { Log, Status } = await until(id, ({ FailingStreak }) => FailingStreak >= 3);
    assert.equal(Status, 'unhealthy');
    for (const { ExitCode, Output } of Log) {
      assert.equal(ExitCode, -1);
      assert.match(Output, /^Health check exceeded timeout \(2s\): /);
      assert.deepEqual(Output.split(/: |\n/).slice(1, 3).toSorted(), ['and here', 'so far']);
    }
    // The init, its sleep, and those of one probe.
    assert.ok(processesOf(id) <= 4, `${processesOf(id)} processes`);
    await daemon.slipway('rm', '-f', id);
  });

  test('a probe that cannot even be made fails in its time, and is joined by no other', async () => {
    const flags = '--health-timeout 200ms --health-interval 50ms --health-retries 2'.split(' ');
    const id = await run('--health-cmd', 'true', ...flags);
    await until(id, ({ Status }) => Status === 'healthy');
    // What joins a frozen cgroup comes to no end.
    writeFileSync(join(unified(id), 'cgroup.freeze'), '1');
    const { Log } = await until(id, ({ FailingStreak }) => FailingStreak >= 5);
    assert.equal(Log.at(-1)?.Output, 'Health check exceeded timeout (200ms)');
    assert.ok(processesOf(id) <= 3, `${processesOf(id)} processes`);
    writeFileSync(join(unified(id), 'cgroup.freeze'), '0');
    await until(id, ({ Status }) => Status === 'healthy');
    await daemon.slipway('rm', '-f', id);
  });

  test('an interval of a month is one', async () => {
    const id = await run('--health-cmd', 'true', '--health-interval', '720h', '--health-timeout', '720h');
    await delay(500);
    assert.deepEqual(await healthOf(id), { Status: 'starting', FailingStreak: 0, Log: [] });
    await daemon.slipway('rm', '-f', id);
  });
});
