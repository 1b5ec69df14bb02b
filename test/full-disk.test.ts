/** On a disk that is full, or without inodes, everything can be deleted, and nothing is lost. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { DaemonProcess } from './fixtures/daemon-process.ts';
import { until } from '../src/base/testing/until.ts';

/** A daemon whose data and exec root are on a small file system. */
async function smallDaemon(options: string): Promise<DaemonProcess> {
  const daemon = new DaemonProcess();
  for (const name of ['data', 'exec']) {
    mkdirSync(join(daemon.base, name));
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', join(daemon.base, name)]);
  }
  await daemon.start();
  return daemon;
}

async function dispose(daemon: DaemonProcess): Promise<void> {
  await daemon.dispose({ keepFiles: true });
  for (const name of ['data', 'exec']) execFileSync('umount', ['-l', join(daemon.base, name)]);
  rmSync(daemon.base, { recursive: true });
}

/** Takes what is left of a file system, to the last byte and inode. */
function fillUp(directory: string): void {
  try {
    for (let count = 0; ; count++) writeFileSync(join(directory, `fill-${count}`), Buffer.alloc(1 << 16));
  } catch {
    for (let bytes = 1 << 16; bytes > 0; bytes >>= 1)
      try {
        writeFileSync(join(directory, 'fill-last'), Buffer.alloc(bytes), { flag: 'a' });
      } catch {
        // Not that much.
      }
  }
  const { bavail, ffree } = statfsSync(directory);
  assert.ok(bavail === 0 || ffree === 0, `${bavail} blocks, ${ffree} inodes`);
}

function emptyOut(directory: string): void {
  for (let count = 0; existsSync(join(directory, `fill-${count}`)); count++)
    rmSync(join(directory, `fill-${count}`));
  rmSync(join(directory, 'fill-last'), { force: true });
}

type State = { State: { Status: string; ExitCode: number; Pid: number } };

for (const [name, options] of [
  ['full', 'size=40m,nr_inodes=20000'],
  ['without inodes', 'size=400m,nr_inodes=700'],
] as const)
  test(`on a disk that is ${name} containers, images and volumes can be removed`, async () => {
    const daemon = await smallDaemon(options);
    const succeed = (...args: string[]) => daemon.slipwayOut(...args);
    try {
      await succeed('image', 'bootstrap', 'busybox');
      await succeed('volume', 'create', 'unused');
      const sleep = {
        Image: 'busybox',
        Cmd: ['sh', '-c', 'trap "exit 7" TERM; while :; do sleep 0.1; done'],
      };
      const [killed, removed, stopped, ends, ended, unseen] = (await Promise.all(
        Array.from({ length: 6 }, () => daemon.launch(sleep)),
      )) as [string, string, string, string, string, string];
      const { Pid: pid } = ((await daemon.api('GET', `/containers/${unseen}/json`)) as State).State;
      await succeed('kill', ended);
      for (const root of ['data', 'exec']) fillUp(join(daemon.base, root));

      const copy = await daemon.slipway('cp', '/bin/busybox', `${stopped}:/copy`);
      assert.match(copy.stderr, /^Error response from daemon: .*no space left on device/);
      await succeed('kill', killed);
      await succeed('rm', '-f', removed);
      await succeed('stop', '-t', '5', stopped);
      await succeed('kill', '-s', 'TERM', ends);
      const stateOf = async (id: string) => {
        const { State } = (await daemon.api('GET', `/containers/${id}/json`)) as State;
        return [State.Status, State.ExitCode];
      };
      const states = async () => Promise.all([killed, stopped, ends].map(stateOf));
      const expected = [
        ['exited', 137],
        ['exited', 7],
        ['exited', 7],
      ];
      await until(async () => (await states()).every(([status]) => status !== 'running'));
      assert.deepEqual(await states(), expected);

      // A daemon that starts now finds all of it, and what has ended meanwhile.
      await daemon.kill('SIGKILL');
      const status = () => readFileSync(`/proc/${pid}/status`, 'utf8');
      process.kill(pid, 'SIGTERM');
      await until(() => !existsSync(`/proc/${pid}`) || status().includes('zombie'));
      if (name === 'full') fillUp(join(daemon.base, 'exec'));
      await daemon.start();
      assert.deepEqual(await states(), expected);
      assert.deepEqual(await stateOf(unseen), ['exited', 7]);

      await succeed('system', 'df');
      await succeed('volume', 'prune', '-a', '-f');
      await succeed('rm', killed, stopped, ends, unseen);
      await succeed('container', 'prune', '-f');
      await succeed('image', 'rm', 'busybox');
      assert.equal(await succeed('ps', '-aq'), '');
      assert.equal(await succeed('images', '-q'), '');

      for (const root of ['data', 'exec']) emptyOut(join(daemon.base, root));
      await succeed('image', 'bootstrap', 'busybox');
      assert.equal(await succeed('run', '--rm', 'busybox', 'echo', 'again'), 'again');
    } finally {
      await dispose(daemon);
    }
  });
