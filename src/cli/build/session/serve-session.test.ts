import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { test, type TestContext } from 'node:test';
import { until } from '../../../base/testing/until.ts';
import { GrpcClient, serveGrpc } from '../../../buildkit/grpc.ts';
import * as wire from '../../../buildkit/messages.ts';
import { type SessionFiles, sessionMethods } from './serve-session.ts';

const NOTHING: SessionFiles = {
  directories: new Map(),
  destinations: new Map(),
  stores: new Map(),
  agents: new Map(),
  secret: () => undefined,
  credentials: async () => ({}),
  upload: undefined,
};

function temporaryDirectory(t: TestContext): string {
  const directory = fs.mkdtempSync(join(tmpdir(), 'session-'));
  t.after(() => fs.rmSync(directory, { recursive: true }));
  return directory;
}

/** A daemon's side of a session. */
async function session(t: TestContext, files: Partial<SessionFiles>): Promise<GrpcClient> {
  const path = join(temporaryDirectory(t), 'socket');
  const server = createServer(
    socket => void serveGrpc(socket, sessionMethods({ ...NOTHING, ...files }), () => undefined),
  );
  await new Promise<void>(resolve => server.listen(path, resolve));
  const client = new GrpcClient(connect(path));
  t.after(async () => {
    client.close();
    await new Promise(resolve => server.close(resolve));
  });
  return client;
}

const PATHS = ['a', 'a.txt', 'a/b', 'a/c/d', 'other/x', 'ü'];

async function listed(
  t: TestContext,
  headers: Record<string, string[]>,
  links: Record<string, string> = {},
): Promise<string[]> {
  const context = temporaryDirectory(t);
  for (const path of PATHS.filter(each => each !== 'a')) {
    fs.mkdirSync(join(context, path, '..'), { recursive: true });
    fs.writeFileSync(join(context, path), path);
  }
  for (const [path, target] of Object.entries(links)) fs.symlinkSync(target, join(context, path));
  const client = await session(t, { directories: new Map([['context', context]]) });
  const call = client.call('/moby.filesync.v1.FileSync/DiffCopy', {
    'dir-name': ['context'],
    ...headers,
  });
  const paths: string[] = [];
  for await (const message of call.responses) {
    const { stat, type } = wire.PACKET.decode(message);
    if (type === 3) break;
    if (stat !== undefined) paths.push(stat.path ?? '');
    else {
      await call.send(wire.PACKET.encode({ type: 3 }));
      call.end();
    }
  }
  return paths;
}

test('a directory is listed in the order that the protocol wants', async t => {
  assert.deepEqual(await listed(t, {}), ['a', 'a/b', 'a/c', 'a/c/d', 'a.txt', 'other', 'other/x', 'ü']);
});

test('what is left out is not listed, nor are directories with nothing else in them', async t => {
  const exclude = { 'exclude-patterns': ['a', '!a/c/d', 'other/x'] };
  assert.deepEqual(await listed(t, exclude), ['a', 'a/c', 'a/c/d', 'a.txt', 'other', 'ü']);
  const encoded = {
    'exclude-patterns': [encodeURIComponent('ü'), 'a', 'other'],
    'exclude-patterns-encoded': ['1'],
  };
  assert.deepEqual(await listed(t, encoded), ['a.txt']);
});

test('patterns include, and links are followed in the directory alone', async t => {
  assert.deepEqual(await listed(t, { 'include-patterns': ['a/*'] }), ['a', 'a/b', 'a/c', 'a/c/d']);
  const links = { l: 'other', out: '../../../etc', wild1: '/a' };
  const follow = { followpaths: ['l/x', 'out/passwd', 'wild*/b'] };
  assert.deepEqual(await listed(t, follow, links), ['a', 'a/b', 'l', 'other', 'other/x', 'out', 'wild1']);
});

test('an SSH agent hears what is said to it, and is answered', async t => {
  const path = join(temporaryDirectory(t), 'agent');
  const agent = createServer(socket => socket.once('data', data => socket.end(`heard ${String(data)}`)));
  await new Promise<void>(resolve => agent.listen(path, resolve));
  t.after(() => agent.close());
  const client = await session(t, { agents: new Map([['id', path]]) });
  const call = client.call('/moby.sshforward.v1.SSH/ForwardAgent', { 'buildkit.ssh.id': ['id'] });
  await call.send(wire.BYTES.encode({ data: Buffer.from('hello') }));
  let said = '';
  for await (const message of call.responses) said += Buffer.from(wire.BYTES.decode(message).data).toString();
  assert.equal(said, 'heard hello');
  const unknown = client.call('/moby.sshforward.v1.SSH/CheckAgent');
  await unknown.send(wire.CHECK_AGENT_REQUEST.encode({ id: 'x' }));
  unknown.end();
  await assert.rejects(async () => {
    for await (const _ of unknown.responses);
  }, /unset ssh forward key x/);
});

test('files of the daemon’s lead nowhere out of their directory', async t => {
  const out = temporaryDirectory(t);
  fs.symlinkSync('/tmp', join(out, 'link'));
  for (const path of ['../x', '/x', 'link/x', 'a/../../x', '', 'none/x']) {
    const client = await session(t, { destinations: new Map([[0, { kind: 'directory', path: out }]]) });
    const call = client.call('/moby.filesync.v1.FileSend/DiffCopy');
    await call.send(wire.PACKET.encode({ stat: { path, mode: 0o644 } }));
    await assert.rejects(async () => {
      for await (const _ of call.responses);
    }, /invalid name of a file|is no directory/);
  }
  assert.deepEqual(fs.readdirSync(out), ['link']);
});

test('of an export that fails, no file is left that has not come whole', async t => {
  const out = temporaryDirectory(t);
  const client = await session(t, { destinations: new Map([[0, { kind: 'directory', path: out }]]) });
  const call = client.call('/moby.filesync.v1.FileSend/DiffCopy');
  await call.send(wire.PACKET.encode({ stat: { path: 'x', mode: 0o644, size: 10 } }));
  const asked = await call.responses[Symbol.asyncIterator]().next();
  assert.equal(wire.PACKET.decode(asked.value as Buffer).type, 1);
  assert.equal(fs.readdirSync(out).length, 1);
  await call.send(wire.PACKET.encode({ type: 2, id: 0, data: Buffer.from('half') }));
  await call.send(wire.PACKET.encode({ type: 4, data: Buffer.from('no more') }));
  call.end();
  await until(() => fs.readdirSync(out).length === 0);
});
