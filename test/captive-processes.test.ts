/**
 * A container that holds processes which the engine has to do with: in its own pid namespace, and, with
 * `--pid container:X`, of another container. Whatever is held so, the shim and the daemon serve everybody else, and
 * nobody waits without end for what can be had.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Task, ExecProcess } from '../src/execdriver/driver.ts';
import { DaemonProcess } from './fixtures/daemon-process.ts';
import { compile } from './fixtures/escape/hostile-root.ts';
import { nativeContainers } from './fixtures/native-containers.ts';
import { until } from '../src/base/testing/until.ts';

const containers = nativeContainers();

before(() => compile('captor.c', join(containers.root, 'bin/captor')));
after(() => containers.close());

const USUAL = ['CAP_CHOWN', 'CAP_DAC_OVERRIDE', 'CAP_KILL', 'CAP_SETUID', 'CAP_SETGID'];

async function startCaptor(how: string, name: string, capabilities = USUAL) {
  const container = await containers.create('', ({ process }) => {
    process.args = ['captor', how, name];
    process.capabilities = { bounding: capabilities, effective: capabilities, permitted: capabilities };
  });
  const socket = await container.attach({ stdin: false, stdout: true, stderr: true });
  let written = '';
  socket.setEncoding('latin1').on('data', (text: string) => {
    written += text;
  });
  socket.resume();
  await container.start();
  const until = async (pattern: RegExp) => {
    while (!pattern.test(written)) await new Promise(resolve => socket.once('data', resolve));
    written = '';
  };
  await until(/ready/);
  return { container, until };
}

const exec = async (container: Task, ...args: string[]): Promise<ExecProcess> =>
  container.exec({
    id: `e${Math.random()}`,
    process: {
      user: { uid: 0, gid: 0 },
      cwd: '/',
      env: ['PATH=/bin'],
      args,
      capabilities: { bounding: USUAL, effective: USUAL, permitted: USUAL },
    },
    io: { terminal: false, stdin: false, stdinOnce: false },
  });

test('a traced process counts as ended when it has exited, even if its tracer has not waited for it', async () => {
  const { container, until } = await startCaptor('trace', 'sleep');
  const killed = await exec(container, 'sleep', '1000');
  await killed.start();
  await until(/holds/);
  await killed.kill(9);
  assert.equal((await killed.exited).code, 137);
  const ended = await exec(container, 'sleep', '1');
  await ended.start();
  await until(/holds/);
  assert.equal((await ended.exited).code, 0);
  await container.remove();
});

test('who has taken a process’s conversation with the shim does not keep the shim', async () => {
  const { container, until } = await startCaptor('flood', 'slipway-shim', [...USUAL, 'CAP_SYS_PTRACE']);
  const made = await exec(container, 'true');
  await until(/holds/);
  // Its start cannot be distinguished from its end while another client has the connection.
  await made.start();
  assert.equal((await made.exited).code, 0);
  const after = await exec(container, 'sleep', '1000');
  await after.kill(9);
  assert.equal((await after.exited).code, 137);
  await container.remove();
});

/** A container in the pid namespace of another. */
const createIn = async (other: Task, script: string, signal?: AbortSignal) =>
  containers.create(
    script,
    spec => {
      const namespaces = spec.linux!.namespaces!.filter(({ type }) => type !== 'pid');
      spec.linux!.namespaces = [...namespaces, { type: 'pid', path: `/proc/${other.pid}/ns/pid` }];
      spec.process.capabilities = { bounding: USUAL, effective: USUAL, permitted: USUAL };
    },
    { signal },
  );

test('a container that another one traces has ended when it has', async () => {
  const { container: captor, until } = await startCaptor('trace', 'sleep');
  const container = await createIn(captor, 'exec sleep 1000');
  await container.start();
  await until(/holds/);
  await container.kill(9);
  assert.equal((await container.exited).code, 137);
  await container.remove();
  assert.deepEqual(
    containers.cgroupsLeft().filter(path => path.endsWith(`/${container.id}`)),
    [],
  );
  await captor.remove();
});

test('a container that another one keeps from ending is told of, and ends with that one', async () => {
  const { container: captor, until } = await startCaptor('detain', 'sleep');
  const container = await createIn(captor, 'exec sleep 1000');
  await container.start();
  await until(/holds/);
  await container.kill(9);
  await assert.rejects(container.remove(), /processes of container .* do not end/);
  await captor.remove();
  assert.equal((await container.exited).code, 137);
  await container.remove();
});

test('a container whose first process is kept from ending by another one of it ends all the same', async () => {
  const container = await containers.create('captor detain sleep & exec sleep 1000', ({ process }) => {
    process.capabilities = { bounding: USUAL, effective: USUAL, permitted: USUAL };
  });
  const socket = await container.attach({ stdin: false, stdout: true, stderr: true });
  const held = new Promise<void>(resolve => {
    let written = '';
    socket.setEncoding('latin1').on('data', (text: string) => {
      written += text;
      if (written.includes('holds 1\n')) resolve();
    });
  });
  socket.resume();
  await container.start();
  await held;
  await container.kill(9);
  assert.equal((await container.exited).code, 137);
  await container.remove();
});

test('a process that is stopped while it is made does not keep other requests waiting', async () => {
  const { container, until } = await startCaptor('stop', 'slipway-shim');
  // It is stopped before or after it is ready.
  const made = exec(container, 'true');
  await until(/holds/);
  const code = made
    .then(async process => {
      await process.start();
      return (await process.exited).code;
    })
    .catch(() => 'never made');
  await assert.rejects(container.resize(1, 1), /has no terminal/);
  await container.remove();
  assert.ok([137, 'never made'].includes(await code));
});

test('a container that is stopped while it is made is given up', async () => {
  const { container: captor, until } = await startCaptor('stop', 'slipway-shim');
  const giveUp = new AbortController();
  const made = createIn(captor, 'sleep 1000', giveUp.signal);
  await until(/holds/);
  giveUp.abort();
  await assert.rejects(made);
  await captor.remove();
});

describe('the daemon', () => {
  let daemon: DaemonProcess;
  before(async () => {
    daemon = await DaemonProcess.startWithBusybox();
    compile('captor.c', join(daemon.base, 'captor'));
    compile('hung.c', join(daemon.base, 'hung'));
  });
  after(() => daemon.dispose());

  const run = async (...args: string[]) => {
    const { code, stdout, stderr } = await daemon.slipway('run', '-d', ...args);
    assert.equal(code, 0, stderr);
    return stdout.trim();
  };

  test('tells of a container that another one keeps from ending, and goes on', async () => {
    const captor = await run('-v', `${daemon.base}/captor:/captor`, 'busybox', '/captor', 'detain', 'sleep');
    const held = await run('--pid', `container:${captor}`, 'busybox', 'sleep', '1000');
    await until(async () => (await daemon.slipway('logs', captor)).stdout.includes('holds'));
    const commands = [['kill'], ['stop', '-t', '0'], ['rm', '-f'], ['restart', '-t', '0']];
    const results = await Promise.all(commands.map(command => daemon.slipway(...command, held)));
    for (const { stderr } of results)
      assert.match(stderr, /tried to kill container, but did not receive an exit event/);
    assert.equal((await daemon.slipway('rm', '-f', captor)).code, 0);
    assert.equal((await daemon.slipway('wait', held)).stdout, '137\n');
    assert.equal((await daemon.slipway('rm', held)).code, 0);
  });

  test('serves others while a container’s files do not answer', async () => {
    const flags = ['--device', '/dev/fuse', '--cap-add', 'SYS_ADMIN', '--tmpfs', '/mnt'];
    const unconfined = ['--security-opt', 'apparmor=unconfined', '-v', `${daemon.base}/hung:/hung`];
    const hung = await run(...flags, ...unconfined, 'busybox', '/hung', '/mnt');
    await until(async () => (await daemon.slipway('logs', hung)).stdout.includes('hung'));
    const lookups = Array.from({ length: 8 }, () =>
      daemon.text('HEAD', `/containers/${hung}/archive?path=/mnt/never`).catch(String),
    );
    const copies = Array.from({ length: 8 }, () =>
      daemon.text('GET', `/containers/${hung}/archive?path=/mnt/file`).catch(String),
    );
    const other = await run('busybox', 'sleep', '1000');
    assert.equal((await daemon.slipway('image', 'bootstrap', 'hello')).code, 0);
    assert.equal((await daemon.slipway('diff', other)).code, 0);
    assert.equal((await daemon.slipway('rm', '-f', hung, other)).code, 0);
    await Promise.all([...lookups, ...copies]);
  });

  test('serves others while what is to be bound does not answer', async () => {
    const hung = await startHung(daemon.base);
    try {
      const waiting = Array.from({ length: 8 }, async () =>
        daemon.slipway('run', '--rm', '-v', `${hung.directory}/never/path:/x`, 'busybox', 'true'),
      );
      for (let count = 0; count < 3; count++) {
        assert.equal(await daemon.text('GET', '/_ping'), 'OK');
        const args = ['--rm', '-v', `${daemon.base}/hung:/hung:ro`, 'busybox', 'echo', 'served'];
        assert.equal((await daemon.slipway('run', ...args)).stdout, 'served\n');
      }
      hung.end();
      await Promise.all(waiting);
    } finally {
      hung.end();
      execFileSync('umount', ['-l', hung.directory]);
    }
  });
});

/** Mounts what does not answer, below a directory of the host's, until `end`: from then on it is an error. */
async function startHung(base: string): Promise<{ directory: string; end: () => void }> {
  const directory = join(base, 'does-not-answer');
  mkdirSync(directory);
  const child = spawn(join(base, 'hung'), [directory], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  return { directory, end: () => void child.kill('SIGKILL') };
}
