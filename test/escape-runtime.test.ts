/** As escape-driver.test.ts, with slipway-runtime: another program of the caller's is not in between. */
import assert from 'node:assert/strict';
import { closeSync, openSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import {
  compile,
  descriptors,
  type HostileRoot,
  makeHostile,
  tries,
} from './fixtures/escape/hostile-root.ts';
import { type Change, Runtime } from './fixtures/runtime.ts';
import { until } from '../src/base/testing/until.ts';

/** More than the runtime and its shim ever have open; all of them are in a PATH. */
const LAST = tries(32, { emulated: 4 });
const ROUNDS = tries(50, { emulated: 4 });
const runtime = new Runtime();
let hostile: HostileRoot;

before(() => {
  const root = join(runtime.base, 'rootfs');
  hostile = makeHostile(root, runtime.base);
  compile('racer.c', join(root, 'bin/racer'));
});
after(() => runtime.close());

async function assertNoEscape(...args: string[]): Promise<void> {
  const { stdout, stderr, code } = await runtime.call(...args);
  assert.doesNotMatch(stdout + stderr, /ESCAPED/, args.join(' '));
  assert.notEqual(code, 0, args.join(' '));
}

const run = (args: string[], change?: Change) =>
  assertNoEscape('run', '-b', runtime.bundle(args, change), 'hostile');

const withPath: Change = ({ process }) => {
  process.env = [`PATH=${hostile.path}`];
};

const startHook =
  (path: string): Change =>
  spec => {
    spec.hooks = { startContainer: [{ path }] };
  };

test('no descriptor leads a container of a bundle to the host', async () => {
  await run(['canary'], withPath);
  for (const descriptor of descriptors(3, LAST)) {
    await run([hostile.by(descriptor)]);
    await run([`/evil/script/${descriptor}`]);
    await run([`/evil/program/${descriptor}`]);
    await run(['./canary'], ({ process }) => {
      process.cwd = hostile.directoryBy(descriptor);
    });
    await run(['true'], startHook(hostile.by(descriptor)));
    await run(['true'], startHook(`/evil/script/${descriptor}`));
  }
});

test('no descriptor leads what is executed in a container of a bundle to the host', async () => {
  await runtime.succeed('run', '-d', '-b', runtime.bundle(['sleep', '1000']), 'guest');
  await assertNoEscape('exec', '-e', `PATH=${hostile.path}`, 'guest', 'canary');
  for (const descriptor of descriptors(3, LAST)) {
    await assertNoEscape('exec', 'guest', hostile.by(descriptor));
    await assertNoEscape('exec', 'guest', `/evil/script/${descriptor}`);
    await assertNoEscape('exec', 'guest', `/evil/program/${descriptor}`);
    await assertNoEscape('exec', '--cwd', hostile.directoryBy(descriptor), 'guest', './canary');
  }
  await runtime.succeed('delete', '-f', 'guest');
});

/** What a process has open besides its streams and what it was to keep. */
function openDescriptors(pid: number): string[] {
  return readdirSync(`/proc/${pid}/fd`)
    .filter(number => Number(number) > 2)
    .map(number => readlinkSync(`/proc/${pid}/fd/${number}`));
}

test('a container that waits to be started has the FIFO open that it waits at, and is hidden', async () => {
  const bundle = runtime.bundle(['sleep', '1000'], ({ process }) => {
    process.user = { uid: 1000, gid: 1000 };
  });
  await runtime.succeed('create', '-b', bundle, 'waiting');
  const { pid } = JSON.parse(await runtime.succeed('state', 'waiting')) as { pid: number };
  assert.match(openDescriptors(pid).join(), /^[^,]*\/exec\.fifo$/);
  assert.equal(statSync(`/proc/${pid}/environ`).uid, 0);
  await runtime.succeed('start', 'waiting');
  assert.deepEqual(openDescriptors(pid), []);
  await runtime.succeed('delete', '-f', 'waiting');
});

test('of the descriptors that are to be kept, those and no others reach the program, and no hook', async () => {
  const kept = [1, 2, 3].map(number => openSync(join(runtime.base, `kept-${number}`), 'w'));
  const hookOutput = join(runtime.base, 'rootfs/hook-output');
  const bundle = runtime.bundle(['sh', '-c', 'ls -l /proc/self/fd'], spec => {
    const list = ['sh', '-c', 'for fd in /proc/self/fd/*; do readlink $fd; done > /hook-output; true'];
    spec.hooks = { startContainer: [{ path: '/bin/sh', args: list, env: ['PATH=/bin'] }] };
  });
  const output = openSync(join(runtime.base, 'kept-output'), 'w');
  const child = spawn(
    runtime.program,
    ['--root', runtime.root, 'run', '--preserve-fds', '2', '-b', bundle, 'keeps'],
    { stdio: ['ignore', output, output, ...kept] },
  );
  await once(child, 'exit');
  for (const descriptor of [...kept, output]) closeSync(descriptor);
  const text = readFileSync(join(runtime.base, 'kept-output'), 'utf8');
  assert.match(text, /3 -> .*kept-1/);
  assert.match(text, /4 -> .*kept-2/);
  assert.doesNotMatch(text, /kept-3/);
  assert.doesNotMatch(readFileSync(hookOutput, 'utf8'), /kept/);
});

test('a container of a bundle learns nothing of programs that are executed in it', async () => {
  const found = join(runtime.base, 'racer-output');
  const bundle = runtime.bundle(['racer', join(runtime.base, 'canary')]);
  const output = openSync(found, 'w');
  const racer = spawn(runtime.program, ['--root', runtime.root, 'run', '-b', bundle, 'racer'], {
    stdio: ['ignore', output, output],
  });
  closeSync(output);
  await until(() => readFileSync(found, 'utf8').includes('ready'));
  for (let count = 0; count < ROUNDS; count++) await runtime.succeed('exec', 'racer', 'true');
  assert.equal(readFileSync(found, 'utf8'), 'ready\n');
  const ended = once(racer, 'exit');
  await runtime.succeed('delete', '-f', 'racer');
  await ended;
});
