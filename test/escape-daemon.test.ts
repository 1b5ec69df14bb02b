/** As escape-driver.test.ts, with a daemon: everything that an image or a request can name. */
import assert from 'node:assert/strict';
import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { makeBusyboxRoot } from './fixtures/busybox-root.ts';
import { DaemonProcess } from './fixtures/daemon-process.ts';
import {
  compile,
  descriptors,
  type HostileRoot,
  makeHostile,
  tries,
} from './fixtures/escape/hostile-root.ts';
import { until } from '../src/base/testing/until.ts';

/** As far as each form is tried in a container, in an exec and in a health check. */
const LAST = {
  run: tries(40, { emulated: 8 }),
  exec: tries(1023, { emulated: 8 }),
  health: tries(16, { emulated: 4 }),
};
const ROUNDS = { exec: tries(100, { emulated: 10 }), run: tries(30, { emulated: 4 }) };

let daemon: DaemonProcess;
let hostile: HostileRoot;

before(async () => {
  daemon = await DaemonProcess.start();
  const root = join(daemon.base, 'hostile');
  mkdirSync(root);
  makeBusyboxRoot(root);
  hostile = makeHostile(root, daemon.base);
  compile('racer.c', join(root, 'bin/racer'));
  const { code, stderr } = await daemon.run([
    'sh',
    '-c',
    `tar -C ${root} -c . | ${join(import.meta.dirname, '../bin/slipway')} import - hostile`,
  ]);
  assert.equal(code, 0, stderr);
});
after(() => daemon.dispose());

/** What a container with a terminal has written. */
const outputOf = (id: string) => daemon.text('GET', `/containers/${id}/logs?stdout=1`);

/** What a container writes and what is told of it when it cannot be started. */
async function runOutput(body: object): Promise<string> {
  const { Id } = (await daemon.api('POST', '/containers/create', {
    Image: 'hostile',
    Tty: true,
    ...body,
  })) as {
    Id: string;
  };
  try {
    await daemon.api('POST', `/containers/${Id}/start`);
    await daemon.api('POST', `/containers/${Id}/wait`);
    return await outputOf(Id);
  } catch (error) {
    return String(error);
  } finally {
    await daemon.api('DELETE', `/containers/${Id}?force=1`);
  }
}

async function execOutput(id: string, body: object): Promise<string> {
  const attached = { AttachStdout: true, AttachStderr: true, Tty: true };
  try {
    const { Id } = (await daemon.api('POST', `/containers/${id}/exec`, { ...attached, ...body })) as {
      Id: string;
    };
    return await daemon.text('POST', `/exec/${Id}/start`, { Detach: false, Tty: true });
  } catch (error) {
    return String(error);
  }
}

const FORMS: Record<string, (descriptor: number) => object> = {
  argv: descriptor => ({ Cmd: [hostile.by(descriptor)] }),
  'a script': descriptor => ({ Cmd: [`/evil/script/${descriptor}`] }),
  'a program interpreter': descriptor => ({ Cmd: [`/evil/program/${descriptor}`] }),
  'the working directory': descriptor => ({ Cmd: ['./canary'], WorkingDir: hostile.directoryBy(descriptor) }),
};

for (const [name, form] of Object.entries(FORMS)) {
  test(`no descriptor leads an image’s program to the host, by ${name}`, async () => {
    for (const descriptor of descriptors(3, LAST.run))
      assert.doesNotMatch(await runOutput(form(descriptor)), /ESCAPED/, String(descriptor));
  });

  test(`no descriptor leads what is executed to the host, by ${name}`, async () => {
    const id = await daemon.launch({ Image: 'hostile', Cmd: ['sleep', '1000'] });
    for (const descriptor of descriptors(3, LAST.exec))
      assert.doesNotMatch(await execOutput(id, form(descriptor)), /ESCAPED/, String(descriptor));
    await daemon.api('DELETE', `/containers/${id}?force=1`);
  });
}

test('no descriptor leads a program to the host that is looked for in PATH', async () => {
  const found = { Cmd: ['canary'], Env: [`PATH=${hostile.path}`] };
  for (const hostConfig of [{}, { Privileged: true }, { ReadonlyRootfs: true, CapDrop: ['ALL'] }])
    assert.match(await runOutput({ ...found, HostConfig: hostConfig }), /executable file not found/);
  const id = await daemon.launch({ Image: 'hostile', Cmd: ['sleep', '1000'] });
  assert.match(await execOutput(id, found), /executable file not found/);
  await daemon.api('DELETE', `/containers/${id}?force=1`);
});

test('no descriptor leads a health check to the host', async () => {
  for (const descriptor of descriptors(3, LAST.health)) {
    const id = await daemon.launch({
      Image: 'hostile',
      Cmd: ['sleep', '1000'],
      Healthcheck: { Test: ['CMD', hostile.by(descriptor)], Interval: 20_000_000, Retries: 1 },
    });
    type Health = { State: { Health: { Log: { Output: string }[] } } };
    for (;;) {
      const { State } = (await daemon.api('GET', `/containers/${id}/json`)) as Health;
      const [first] = State.Health.Log;
      assert.doesNotMatch(first?.Output ?? '', /ESCAPED/);
      if (first) break;
      await delay(20);
    }
    await daemon.api('DELETE', `/containers/${id}?force=1`);
  }
});

test('a container learns nothing of health checks and of programs that are executed in it', async () => {
  const id = await daemon.launch({
    Image: 'hostile',
    Tty: true,
    Cmd: ['racer', join(daemon.base, 'canary')],
    Healthcheck: { Test: ['CMD', 'true'], Interval: 10_000_000 },
  });
  await until(async () => (await outputOf(id)).includes('ready'));
  for (let count = 0; count < ROUNDS.exec; count++) await execOutput(id, { Cmd: ['true'] });
  assert.equal(await outputOf(id), 'ready\r\n');
  await daemon.api('DELETE', `/containers/${id}?force=1`);
});

test('a container that shares another’s processes is not seen by them while it is made', async () => {
  const id = await daemon.launch({
    Image: 'hostile',
    Tty: true,
    Cmd: ['racer', join(daemon.base, 'canary')],
  });
  await until(async () => (await outputOf(id)).includes('ready'));
  for (let count = 0; count < ROUNDS.run; count++)
    await runOutput({ Cmd: ['true'], HostConfig: { PidMode: `container:${id}` } });
  assert.equal(await outputOf(id), 'ready\r\n');
  await daemon.api('DELETE', `/containers/${id}?force=1`);
});

/** Tries to change whatever null device it can find a name for. */
const SPOIL = `for f in /dev/null /proc/keys /proc/kcore /proc/interrupts /proc/self/fd/*; do
  busybox chmod 0600 $f; busybox chown 12345 $f; busybox touch -t 200001010000 $f
done 2>&1 | cat`;

test('the null device under a container’s masks and streams is its own', async () => {
  const before = statSync('/dev/null');
  const hosts = () => {
    const { mode, uid, mtimeMs, atimeMs } = statSync('/dev/null');
    return { mode, uid, old: mtimeMs < 1e12 || atimeMs < 1e12 };
  };
  for (const HostConfig of [{}, { Privileged: true }, { ReadonlyRootfs: true }])
    for (const Tty of [false, true]) await runOutput({ Cmd: ['sh', '-c', SPOIL], Tty, HostConfig });
  const id = await daemon.launch({ Image: 'hostile', Cmd: ['sleep', '1000'] });
  await execOutput(id, { Cmd: ['sh', '-c', SPOIL], Tty: false });
  // Without a null device of its own.
  await execOutput(id, { Cmd: ['sh', '-c', 'rm /dev/null; mkdir /dev/null'] });
  await execOutput(id, { Cmd: ['sh', '-c', SPOIL], Tty: false });
  await daemon.api('DELETE', `/containers/${id}?force=1`);
  assert.deepEqual(hosts(), { mode: before.mode, uid: before.uid, old: false });
});

test('shared memory of a container that has put a link to the host in its place is not shared', async () => {
  const id = await daemon.launch({
    Image: 'hostile',
    Cmd: ['sh', '-c', `ln -s /hostproc/${process.pid}/root/tmp /dev/shm; echo linked; sleep 1000`],
    HostConfig: { IpcMode: 'shareable', Binds: ['/proc:/hostproc'], Tmpfs: { '/dev': '' } },
  });
  await until(async () => (await outputOf(id)).includes('linked'));
  const output = await runOutput({
    Cmd: ['sh', '-c', 'ls -d /dev/shm/slipway-*; echo ESCAPED'],
    HostConfig: { IpcMode: `container:${id}` },
  });
  assert.match(output, /too many levels of symbolic links/);
  await daemon.api('DELETE', `/containers/${id}?force=1`);
});

test('namespaces and shared memory of another container are joined', async () => {
  const id = await daemon.launch({
    Image: 'hostile',
    Cmd: ['sh', '-c', 'echo shared > /dev/shm/file; echo written; sleep 1000'],
    HostConfig: { IpcMode: 'shareable' },
  });
  await until(async () => (await outputOf(id)).includes('written'));
  const modes = { IpcMode: `container:${id}`, PidMode: `container:${id}`, NetworkMode: `container:${id}` };
  const script =
    'cat /dev/shm/file; for n in ipc pid net; do busybox readlink /proc/self/ns/$n; busybox readlink /proc/1/ns/$n; done';
  const lines = (await runOutput({ Cmd: ['sh', '-c', script], HostConfig: modes })).trim().split(/\s+/);
  assert.equal(lines[0], 'shared');
  for (const at of [1, 3, 5]) assert.equal(lines[at], lines[at + 1]);
  await daemon.api('DELETE', `/containers/${id}?force=1`);
});
