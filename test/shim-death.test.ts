/** A container ends with its shim, whatever it does to outlive it, since without a shim it could not be controlled. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { DaemonProcess } from './fixtures/daemon-process.ts';
import { until } from '../src/base/testing/until.ts';

/** Asks the kernel not to be killed with its parent. `outlive CHILDREN`: as many more, in sessions of their own. */
const OUTLIVE = `
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int children = argc > 1 ? atoi(argv[1]) : 0;
	prctl(PR_SET_PDEATHSIG, 0);
	for (int i = 0; i < children; i++)
		if (fork() == 0) {
			setsid();
			for (;;)
				pause();
		}
	write(1, "outliving\\n", 10);
	for (;;)
		pause();
}
`;

type State = { Status: string; Pid: number; ExitCode: number };

describe('the death of a shim', () => {
  let daemon: DaemonProcess;

  before(async () => {
    daemon = await DaemonProcess.startWithBusybox();
    writeFileSync(join(daemon.base, 'outlive.c'), OUTLIVE);
    execFileSync('musl-gcc', ['-static', '-o', 'outlive', 'outlive.c'], { cwd: daemon.base });
  });

  after(async () => {
    await daemon.dispose();
  });

  /** A container of the program, once it has done what it does. */
  async function outlive(children: number, ...flags: string[]): Promise<string> {
    const program = ['-v', `${daemon.base}/outlive:/outlive`, 'busybox', '/outlive', String(children)];
    const { code, stdout, stderr } = await daemon.slipway('run', '-d', ...flags, ...program);
    assert.equal(code, 0, stderr);
    const id = stdout.trim();
    await until(async () => (await daemon.slipway('logs', id)).stdout.includes('outliving'));
    return id;
  }

  const stateOf = async (id: string) =>
    ((await daemon.api('GET', `/containers/${id}/json`)) as { State: State; RestartCount: number }).State;

  async function killShim(id: string, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const { Pid } = await stateOf(id);
    const [, shim] = /^PPid:\s*(\d+)$/m.exec(readFileSync(`/proc/${Pid}/status`, 'utf8')) ?? [];
    assert.equal(readFileSync(`/proc/${shim}/comm`, 'utf8'), 'slipway-shim\n');
    process.kill(Number(shim), signal);
  }

  async function untilState(id: string, isReached: (state: State) => boolean): Promise<State> {
    for (;;) {
      const state = await stateOf(id);
      if (isReached(state)) return state;
      await delay(20);
    }
  }

  /** Of the container, wherever they have got to. Of dead ones that are yet to be reaped the cgroup is deleted. */
  function processesOf(id: string): string[] {
    return readdirSync('/proc')
      .filter(entry => /^\d+$/.test(entry))
      .filter(pid => new RegExp(`/${id}$`, 'm').test(read(`/proc/${pid}/cgroup`)));
  }

  function cgroupsOf(id: string): string[] {
    return ['', ...readdirSync('/sys/fs/cgroup')]
      .map(hierarchy => join('/sys/fs/cgroup', hierarchy, daemon.cgroupParent, id))
      .filter(existsSync);
  }

  /** Those that the kernel has begun to take away may be seen for a moment. */
  async function running(id: string, count: number): Promise<void> {
    for (let attempt = 0; processesOf(id).length > count && attempt < 20; attempt++) await delay(50);
    assert.equal(processesOf(id).length, count);
  }

  const nothingRuns = (id: string) => running(id, 0);

  async function nothingIsLeft(id: string): Promise<void> {
    await nothingRuns(id);
    assert.deepEqual(cgroupsOf(id), []);
  }

  test('ends its container, that of another pid namespace and that of the host’s, and its execs', async () => {
    for (const flags of [[], ['--pid', 'host'], ['--init']]) {
      const id = await outlive(20, ...flags);
      await daemon.slipway('exec', '-d', id, 'sleep', '1000');
      assert.ok(processesOf(id).length > 20);
      await killShim(id);
      const state = await untilState(id, ({ Status }) => Status !== 'running');
      assert.deepEqual([state.Status, state.ExitCode, state.Pid], ['exited', 255, 0]);
      await nothingRuns(id);
      await daemon.slipway('start', id);
      assert.equal((await stateOf(id)).Status, 'running');
      await daemon.slipway('rm', '-f', id);
      await nothingIsLeft(id);
    }
  });

  test('ends a container that is paused', async () => {
    const id = await outlive(2);
    await killShimOfPaused(id);
    await untilState(id, ({ Status }) => Status === 'exited');
    await nothingRuns(id);
    await daemon.slipway('rm', id);
    await nothingIsLeft(id);
  });

  async function killShimOfPaused(id: string): Promise<void> {
    assert.equal((await daemon.slipway('pause', id)).code, 0);
    await killShim(id);
  }

  test('has the restart policy start it once, when the first has gone', async () => {
    const id = await outlive(3, '--restart', 'always');
    const { Pid } = await stateOf(id);
    await killShim(id);
    await untilState(id, state => state.Status === 'running' && state.Pid !== Pid);
    await until(async () => (await daemon.slipway('logs', id)).stdout.split('outliving').length >= 3);
    // The program and its three children, and none of the first run.
    await running(id, 4);
    await daemon.slipway('rm', '-f', id);
    await nothingIsLeft(id);
  });

  test('is brought about where it does not answer, so that its container can be ended', async () => {
    const [killed, removed, kept] = [await outlive(2), await outlive(2), await outlive(2)];
    for (const id of [killed, removed, kept]) await killShim(id, 'SIGSTOP');
    const [kill, remove] = await Promise.all([
      daemon.slipway('kill', killed),
      daemon.slipway('rm', '-f', removed),
    ]);
    assert.deepEqual([kill.code, remove.code], [0, 0], kill.stderr + remove.stderr);
    await daemon.kill();
    await daemon.start();
    assert.equal((await daemon.slipway('rm', '-f', kept)).code, 0);
    assert.equal((await daemon.slipway('rm', killed)).code, 0);
    for (const id of [killed, removed, kept]) await nothingIsLeft(id);
  });

  test('is noticed by a daemon that starts afterwards', async () => {
    const [stays, restarts] = [await outlive(3), await outlive(3, '--restart', 'always')];
    const before = await stateOf(restarts);
    const shims = [stays, restarts];
    for (const id of shims) assert.equal(processesOf(id).length, 4);
    const states = await Promise.all(shims.map(stateOf));
    await daemon.kill();
    for (const { Pid } of states) {
      const [, shim] = /^PPid:\s*(\d+)$/m.exec(readFileSync(`/proc/${Pid}/status`, 'utf8')) ?? [];
      process.kill(Number(shim), 'SIGKILL');
    }
    await daemon.start();
    const state = await untilState(stays, ({ Status }) => Status !== 'running');
    assert.deepEqual([state.Status, state.ExitCode], ['exited', 255]);
    await nothingRuns(stays);
    await untilState(restarts, ({ Status, Pid }) => Status === 'running' && Pid !== before.Pid);
    await until(async () => (await daemon.slipway('logs', restarts)).stdout.split('outliving').length >= 3);
    await running(restarts, 4);
    for (const id of shims) await daemon.slipway('rm', '-f', id);
    for (const id of shims) await nothingIsLeft(id);
  });

  test('need not have come: what a lost exec root tells nothing of is ended as well', async () => {
    const id = await outlive(3, '--restart', 'always');
    const { Pid } = await stateOf(id);
    await daemon.kill();
    rmSync(join(daemon.base, 'exec'), { recursive: true });
    await daemon.start();
    await untilState(id, state => state.Status === 'running' && state.Pid !== Pid);
    await until(async () => (await daemon.slipway('logs', id)).stdout.split('outliving').length >= 3);
    await running(id, 4);
    await daemon.slipway('rm', '-f', id);
    await nothingIsLeft(id);
  });
});

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
