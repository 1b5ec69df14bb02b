/** The daemon dies, the containers do not (issue: the first container, item 6). */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { DaemonProcess } from './fixtures/daemon-process.ts';
import { until } from '../src/base/testing/until.ts';

describe('the daemon’s death', () => {
  let daemon: DaemonProcess;

  before(async () => {
    daemon = await DaemonProcess.startWithBusybox();
  });

  after(async () => {
    await daemon.dispose();
  });

  const out = (...args: string[]) => daemon.slipwayOut(...args);

  test('leaves running containers running: no line of their logs is lost or doubled', async () => {
    const script = 'i=0; while [ $i -lt 3000 ]; do echo line $i; i=$((i+1)); usleep 500; done; exit 11';
    await out('run', '-d', '--name', 'writer', 'busybox', 'sh', '-c', script);
    for (let round = 0; round < 3; round += 1) {
      await delay(200);
      await daemon.kill('SIGKILL');
      await delay(100);
      await daemon.start();
    }
    assert.equal(await out('wait', 'writer'), '11');
    const lines = (await out('logs', 'writer')).split('\n');
    assert.deepEqual(
      lines,
      Array.from({ length: 3000 }, (_, index) => `line ${index}`),
    );
    await out('rm', 'writer');
  });

  test('does not hide exits that happened meanwhile: code, time, auto-remove, restart policy', async () => {
    const exitWith = (code: number) => ['busybox', 'sh', '-c', `read x < /wait/pipe; exit ${code}`];
    await out('volume', 'create', 'wait');
    await out('run', '--rm', '-v', 'wait:/wait', 'busybox', 'mkfifo', '/wait/pipe');
    const share = ['-d', '-v', 'wait:/wait'];
    await out('run', ...share, '--name', 'one', ...exitWith(42));
    await out('run', ...share, '--rm', '--name', 'gone', ...exitWith(0));
    await out('run', ...share, '--restart', 'always', '--name', 'always', ...exitWith(1));
    const pid = await out('inspect', '-f', '{{.State.Pid}}', 'one');
    const pipe = await out('volume', 'inspect', '-f', '{{.Mountpoint}}', 'wait');
    await daemon.kill('SIGKILL');
    const killedAt = Date.now();
    const opened = daemon.run([
      'sh',
      '-c',
      `echo a > ${pipe}/pipe; echo b > ${pipe}/pipe; echo c > ${pipe}/pipe`,
    ]);
    await until(() => !existsSync(`/proc/${pid}`));
    await daemon.start();
    assert.equal(await out('wait', 'one'), '42');
    const finishedAt = Date.parse(await out('inspect', '-f', '{{.State.FinishedAt}}', 'one'));
    assert.ok(finishedAt >= killedAt && finishedAt <= Date.now());
    void opened;
    await out('rm', '-f', 'one', 'always');
    await daemon.slipway('rm', '-f', 'gone');
    await out('volume', 'rm', 'wait');
  });

  test('keeps execs, addresses and published ports', async () => {
    const serve = 'while :; do echo served | nc -l -p 80; done';
    await out('run', '-d', '--name', 'server', '-p', '8080:80', 'busybox', 'sh', '-c', serve);
    const address = await out('inspect', '-f', '{{.NetworkSettings.IPAddress}}', 'server');
    await daemon.kill('SIGKILL');
    await daemon.start();
    assert.equal(await out('exec', 'server', 'echo', 'inside'), 'inside');
    assert.equal(await out('inspect', '-f', '{{.NetworkSettings.IPAddress}}', 'server'), address);
    const answer = await daemon.inNetwork('sh', '-c', 'echo | /bin/busybox nc -w 3 127.0.0.1 8080');
    assert.equal(answer.stdout, 'served\n');
    const taken = await daemon.slipway('run', '--rm', '-p', '8080:80', 'busybox', 'true');
    assert.match(taken.stderr, /port is already allocated/);
    const other = await out('run', '--rm', 'busybox', 'hostname', '-i');
    assert.notEqual(other, address);
    await out('rm', '-f', 'server');
  });

  test('in the middle of many starts leaves nothing half-made', async () => {
    const starts = Array.from({ length: 10 }, (_, index) =>
      daemon.slipway('run', '-d', '--name', `half${index}`, 'busybox', 'sleep', '1000'),
    );
    await delay(300);
    await daemon.kill('SIGKILL');
    await Promise.all(starts);
    await daemon.start();
    const ids = (await out('ps', '-aq', '--no-trunc')).split('\n').filter(Boolean);
    for (const directory of ['data/containers', 'exec/containers']) {
      const left = readdirSync(join(daemon.base, directory)).filter(id => !ids.includes(id));
      assert.deepEqual(left, [], directory);
    }
    for (const id of ids) {
      const running = await out('inspect', '-f', '{{.State.Running}} {{.State.Pid}}', id);
      const [isRunning, pid] = running.split(' ');
      assert.equal(isRunning === 'true', existsSync(`/proc/${pid}`) && pid !== '0', running);
    }
    if (ids.length > 0) await out('rm', '-f', ...ids);
  });

  test('a second daemon on the same data root is refused, and the first goes on', async () => {
    const flags = ['--data-root', join(daemon.base, 'data'), '--exec-root', join(daemon.base, 'exec')];
    const second = await daemon.slipway(
      'daemon',
      '-H',
      `unix://${daemon.base}/second.sock`,
      '--pidfile',
      join(daemon.base, 'second.pid'),
      ...flags,
    );
    assert.notEqual(second.code, 0);
    assert.match(second.stderr, /another daemon \(process \d+\) is using the data root/);
    assert.equal(readFileSync(join(daemon.base, 'pid'), 'utf8'), `${daemon.pid}\n`);
    await out('version');
  });

  test('SIGTERM is a clean stop: containers keep running, the socket and the pidfile go', async () => {
    await out('run', '-d', '--name', 'stays', 'busybox', 'sleep', '1000');
    const pid = await out('inspect', '-f', '{{.State.Pid}}', 'stays');
    await daemon.kill('SIGTERM');
    assert.ok(existsSync(`/proc/${pid}`));
    assert.ok(!existsSync(join(daemon.base, 'slipway.sock')));
    assert.ok(!existsSync(join(daemon.base, 'pid')));
    await daemon.start();
    assert.equal(await out('inspect', '-f', '{{.State.Pid}}', 'stays'), pid);
    await out('rm', '-f', 'stays');
  });
});
