import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { type Duplex, PassThrough, Readable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { test } from 'node:test';
import Docker, { type Container } from 'dockerode';
import type { ContainerInspect, ExecInspect, ImageInspect } from '../api/types.ts';
import { EngineError } from '../base/errors.ts';
import type { AttachSession, Backend } from '../api/backend.ts';
import { fakeServer, readToEnd } from './testing/fake-server.ts';

const ID = '0123456789abcdef'.repeat(4);
const hasCli = spawnSync('docker', ['--version']).status === 0;
const cli = { skip: hasCli ? false : 'there is no docker command on this machine' };

/** Runs the docker client against the server. */
async function docker(socketPath: string, args: string[], input = '') {
  const child = spawn('docker', args, {
    env: { PATH: process.env.PATH, DOCKER_HOST: `unix://${socketPath}`, DOCKER_CONFIG: '/nonexistent' },
  });
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit') as Promise<[number]>,
  ]);
  return { stdout, stderr, code };
}

function frame(stream: number, content: string): Buffer {
  const header = Buffer.from([stream, 0, 0, 0, 0, 0, 0, 0]);
  header.writeUInt32BE(Buffer.byteLength(content), 4);
  return Buffer.concat([header, Buffer.from(content)]);
}

/** A container of one run: shouts what it reads, complains on standard error, and exits with 3. */
function shouter(): Partial<Backend> & { calls: string[] } {
  const calls: string[] = [];
  const exited = Promise.withResolvers<{ StatusCode: number }>();
  const session: AttachSession = {
    multiplexed: true,
    async run(client: Duplex) {
      const input = await readToEnd(client);
      client.write(frame(1, input.toUpperCase()));
      client.end(frame(2, 'that was all\n'));
      exited.resolve({ StatusCode: 3 });
    },
  };
  return {
    calls,
    containerCreate: async (name, request) => {
      calls.push(`create ${name} ${request.Image} ${request.Cmd?.join(' ')}`);
      return { Id: ID, Warnings: [] };
    },
    containerAttach: async () => {
      calls.push('attach');
      return session;
    },
    containerWait: async (_id, condition) => {
      calls.push(`wait ${condition}`);
      return { status: exited.promise };
    },
    containerStart: async id => void calls.push(`start ${id === ID}`),
    containerInspect: async () => ({ Id: ID, Config: { Tty: false }, State: {} }) as ContainerInspect,
    execCreate: async () => ({ Id: 'e'.repeat(64) }),
    execStart: async () => session,
    execInspect: async () => ({ ID: 'e'.repeat(64), Running: false, ExitCode: 3 }) as ExecInspect,
  };
}

test('docker run sends its input, shows both outputs and takes the exit code', cli, async context => {
  const backend = shouter();
  const { socketPath } = await fakeServer(context, backend);
  const ran = await docker(socketPath, ['run', '-i', '--name', 'n', 'busybox', 'cat', '-'], 'hello\n');
  assert.deepEqual(ran, { stdout: 'HELLO\n', stderr: 'that was all\n', code: 3 });
  assert.deepEqual(backend.calls, ['create n busybox cat -', 'attach', 'wait next-exit', 'start true']);
});

test('docker exec does the same with a process in a container', cli, async context => {
  const { socketPath } = await fakeServer(context, shouter());
  const ran = await docker(socketPath, ['exec', '-i', 'n', 'cat'], 'hello\n');
  assert.deepEqual(ran, { stdout: 'HELLO\n', stderr: 'that was all\n', code: 3 });
});

test('docker logs -f follows', cli, async context => {
  const stream = new PassThrough();
  const { socketPath } = await fakeServer(context, {
    ...shouter(),
    containerLogs: async () => ({ stream, multiplexed: true }),
  });
  stream.write(frame(1, 'one\n'));
  setImmediate(() => stream.end(frame(2, 'two\n')));
  assert.deepEqual(await docker(socketPath, ['logs', '-f', 'n']), {
    stdout: 'one\n',
    stderr: 'two\n',
    code: 0,
  });
});

test('docker events prints what comes, until the end', cli, async context => {
  const { socketPath } = await fakeServer(context, {
    async *events() {
      const Actor = { ID, Attributes: { image: 'busybox', name: 'n' } };
      yield { Type: 'container', Action: 'start', Actor, scope: 'local', time: 5, timeNano: 5_000_000_000 };
    },
  });
  const ran = await docker(socketPath, [
    'events',
    '--since',
    '1',
    '--until',
    '9',
    '--format',
    '{{.Action}} {{.Actor.ID}}',
  ]);
  assert.deepEqual(ran, { stdout: `start ${ID}\n`, stderr: '', code: 0 });
});

test('docker load and docker save carry archives', cli, async context => {
  const { socketPath } = await fakeServer(context, {
    imageLoad: async (archive, { progress }) => {
      progress({ stream: `Loaded image: ${await text(archive)}\n` });
    },
    imageSave: async references => Readable.from([`archive of ${references.join(' ')}`]),
  });
  assert.equal((await docker(socketPath, ['load'], 'it')).stdout, 'Loaded image: it\n');
  assert.equal((await docker(socketPath, ['save', 'a:1', 'b:2'])).stdout, 'archive of a:1 b:2');
});

test('docker shows our errors as the daemon’s', cli, async context => {
  const { socketPath } = await fakeServer(context, {
    containerStart: async id => {
      throw new EngineError('not-found', `No such container: ${id}`);
    },
    imageInspect: async name => {
      throw new EngineError('not-found', `No such image: ${name}:latest`);
    },
  });
  const started = await docker(socketPath, ['start', 'nope']);
  assert.equal(started.code, 1);
  assert.match(started.stderr, /Error response from daemon: No such container: nope/);
  const inspected = await docker(socketPath, ['image', 'inspect', 'nope']);
  assert.match(inspected.stderr, /No such image: nope/);
});

function dockerode(socketPath: string): Docker {
  return new Docker({ socketPath });
}

test('dockerode attaches and executes with input, upgrading', async context => {
  for (const verb of ['attach', 'exec']) {
    const { socketPath } = await fakeServer(context, shouter());
    const container = dockerode(socketPath).getContainer(ID);
    const stream = await open(container, verb, true);
    const output = buffer(stream);
    stream.end('hello\n');
    assert.deepEqual(await output, Buffer.concat([frame(1, 'HELLO\n'), frame(2, 'that was all\n')]));
  }
});

test('dockerode attaches and executes with input in the older form, where it cannot end its side', async context => {
  const session: AttachSession = {
    multiplexed: false,
    async run(client) {
      client.once('data', chunk => client.end(`got ${chunk}`));
    },
  };
  const { socketPath } = await fakeServer(context, {
    ...shouter(),
    containerAttach: async () => session,
    execStart: async () => session,
  });
  for (const verb of ['attach', 'exec']) {
    const stream = await open(dockerode(socketPath).getContainer(ID), verb, false);
    const output = readToEnd(stream);
    stream.write('hello');
    assert.equal(await output, 'got hello');
  }
});

async function open(container: Container, verb: string, hijack: boolean): Promise<Duplex> {
  if (verb === 'attach')
    return container.attach({ stream: true, stdin: true, stdout: true, stderr: true, hijack });
  const exec = await container.exec({ Cmd: ['cat'], AttachStdin: true, AttachStdout: true });
  return exec.start({ hijack, stdin: true });
}

test('dockerode creates, waits, inspects and sees errors', async context => {
  const backend = shouter();
  const { socketPath } = await fakeServer(context, {
    ...backend,
    containerWait: async () => ({ status: Promise.resolve({ StatusCode: 3 }) }),
    imageInspect: async () => ({ Id: 'sha256:1' }) as ImageInspect,
    containerRemove: async () => {
      throw new EngineError('conflict', 'cannot remove container: it is running');
    },
  });
  const client = dockerode(socketPath);
  const container = await client.createContainer({ Image: 'busybox', Cmd: ['true'], name: 'n' });
  assert.equal(container.id, ID);
  await container.start();
  assert.deepEqual(await container.wait(), { StatusCode: 3 });
  assert.equal((await client.getImage('a/b:1').inspect()).Id, 'sha256:1');
  assert.equal(String(await client.ping()), 'OK');
  await assert.rejects(container.remove(), { statusCode: 409, message: /it is running/ });
});
