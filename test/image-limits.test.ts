import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { DaemonProcess } from './fixtures/daemon-process.ts';
import { imageOf, randomFiles, tarOf } from './fixtures/image-archive.ts';

const MEBIBYTE = 1024 * 1024;

/** A daemon whose data is on a file system of 64 MiB. */
async function start(t: TestContext, ...flags: string[]): Promise<DaemonProcess> {
  const daemon = new DaemonProcess(...flags);
  const data = join(daemon.base, 'data');
  fs.mkdirSync(data);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64m', 'tmpfs', data]);
  t.after(async () => {
    await daemon.kill('SIGTERM');
    execFileSync('umount', [data]);
    await daemon.dispose();
  });
  await daemon.start();
  return daemon;
}

/** An image that takes so many MiB, as a blob and unpacked. */
async function load(daemon: DaemonProcess, name: string, mebibytes: number) {
  const { archive } = imageOf(`${name}:latest`, [tarOf(randomFiles(name, 1, (mebibytes * MEBIBYTE) / 2))]);
  const path = join(daemon.base, `${name}.tar`);
  fs.writeFileSync(path, archive);
  const result = await daemon.docker('load', '-qi', path);
  fs.rmSync(path);
  return result;
}

async function names(daemon: DaemonProcess): Promise<string[]> {
  const { stdout } = await daemon.docker('images', '--format', '{{.Repository}}');
  return stdout.split('\n').filter(Boolean).sort();
}

async function eventually(condition: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    if (await condition()) return;
    await sleep(50);
  }
  assert.fail('it never came to be');
}

test('above the upper limit, the images that were unused for longest go; those of containers stay', async t => {
  const daemon = await start(t, '--image-gc-high', '70', '--image-gc-low', '55');
  for (const name of ['used', 'oldest', 'older', 'young'])
    assert.equal((await load(daemon, name, 8)).code, 0);
  assert.equal((await daemon.docker('create', '--name', 'user', 'used', 'x')).code, 0);
  // A container of it has come and gone: now it is younger than `older`.
  for (const command of [
    ['create', '--name', 'brief', 'oldest', 'x'],
    ['rm', 'brief'],
  ])
    assert.equal((await daemon.docker(...command)).code, 0);
  assert.deepEqual(await names(daemon), ['older', 'oldest', 'used', 'young']);
  assert.equal((await load(daemon, 'last', 16)).code, 0);
  // 49 MiB of 64 were used: 35 are the aim.
  await eventually(async () => (await names(daemon)).length === 3);
  assert.deepEqual(await names(daemon), ['last', 'oldest', 'used']);
  const { code, stdout } = await daemon.slipway('system', 'check');
  assert.equal(code, 0, stdout);
  const past = ['--since', '0', '--until', String(Date.now() / 1000), '--filter', 'event=delete'];
  const events = await daemon.docker('events', ...past, '--format', '{{.Type}} {{.Action}}');
  assert.equal(events.stdout, 'image delete\nimage delete\n');
});

test('a full disk leaves nothing half-made, and all goes on when there is space again', async t => {
  const daemon = await start(t);
  assert.equal((await load(daemon, 'first', 8)).code, 0);
  for (const mebibytes of [120, 80]) {
    const { code, stderr } = await load(daemon, 'large', mebibytes);
    assert.equal(code, 1);
    assert.match(stderr, /ENOSPC|no space left/i);
    assert.deepEqual(await names(daemon), ['first']);
    const check = await daemon.slipway('system', 'check', '--layers');
    assert.equal(check.code, 0, check.stdout);
  }
  const filler = join(daemon.base, 'data/filler');
  assert.throws(() => fs.writeFileSync(filler, Buffer.alloc(64 * MEBIBYTE)), { code: 'ENOSPC' });
  assert.equal((await load(daemon, 'small', 1)).code, 1);
  const saved = await daemon.docker('save', '-o', join(daemon.base, 'saved.tar'), 'first');
  assert.equal(saved.code, 0, saved.stderr);
  const removed = await daemon.docker('rmi', 'first');
  assert.equal(removed.code, 0, removed.stderr);
  fs.rmSync(filler);
  assert.equal((await load(daemon, 'small', 1)).code, 0);
  assert.deepEqual(await names(daemon), ['small']);
  const check = await daemon.slipway('system', 'check', '--layers');
  assert.equal(check.code, 0, check.stdout);
});
