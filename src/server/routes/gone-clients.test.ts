import assert from 'node:assert/strict';
import { finished, Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setImmediate as turn } from 'node:timers/promises';
import { test } from 'node:test';
import { EngineError } from '../../base/errors.ts';
import type { Backend } from '../../api/backend.ts';
import { type FakeServer, fakeServer, readUntil } from '../testing/fake-server.ts';
import { routersOf } from './routers-of.ts';

/** What all routes together want to be asked with. */
const QUERY =
  'path=/&fromSrc=-&repo=a&tag=b&container=x&name=n&signal=KILL&stdout=1&stdin=1&stream=1&h=1&w=1&what=busybox';
const BODY = '{"Cmd":["x"],"Image":"x","Name":"x"}';

type Request = { line: string; hasBody: boolean };

/** One for each route, and for each verb of those that have several. */
function requests(): Request[] {
  return routersOf({} as Backend)
    .flat()
    .flatMap(({ method, path }) => {
      const names = path === '/images/*' && method !== 'DELETE' ? ['json', 'history', 'get', 'tag'] : ['x'];
      return names.map(name => ({
        line: `${method} ${path.replace(/:\w+/g, 'x').replace('*', `x/${name}`)}?${QUERY} HTTP/1.1`,
        hasBody: method === 'POST' || method === 'PUT',
      }));
    });
}

/** An engine whose every method waits until the client has gone, and fails then, however it is used. */
function failingLate(): { backend: Backend; called: Promise<string>; fail: () => void } {
  const call = Promise.withResolvers<string>();
  const failure = Promise.withResolvers<never>();
  failure.promise.catch(() => undefined);
  const method = (name: string) => () => {
    call.resolve(name);
    return Object.assign(failure.promise, {
      [Symbol.asyncIterator]: () => ({ next: () => failure.promise }),
    });
  };
  const backend = new Proxy({} as Backend, { get: (_target, name) => method(String(name)) });
  return {
    backend,
    called: call.promise,
    fail: () => failure.reject(new EngineError('system', 'no space left on device')),
  };
}

/** The server has noticed what happened to other connections when it has answered twice. */
async function settled({ ask }: FakeServer): Promise<void> {
  for (let round = 0; round < 2; round += 1) assert.equal((await ask('GET /_ping')).status, 200);
  await turn();
}

test('a failure after its client has gone does not disturb other requests', async context => {
  const reached = new Set<string>();
  for (const { line, hasBody } of requests()) {
    const { backend, called, fail } = failingLate();
    const server = await fakeServer(context, backend);
    const client = server.connect();
    const body = hasBody
      ? `Content-Type: application/json\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`
      : '\r\n';
    client.write(`${line}\r\nHost: d\r\n${body}`);
    // Some routes answer without the engine.
    const name = await Promise.race([called, readUntil(client, /HTTP/).then(() => 'answered')]);
    reached.add(name);
    client.destroy();
    await settled(server);
    fail();
    await settled(server);
    await server.server.close(0);
  }
  assert.ok(reached.size > 40, [...reached].join());
});

const UPLOADS = [
  ['POST', '/images/load', 'imageLoad'],
  ['POST', '/images/create?fromSrc=-', 'imageImport'],
  ['PUT', '/containers/x/archive?path=/', 'containerExtract'],
] as const;

/** Reads an upload into something that takes one piece of it. */
async function fill(...args: unknown[]): Promise<never> {
  const content = args.find(arg => arg instanceof Readable) as Readable;
  const full = new Writable({
    write: (_piece, _encoding, done) => done(new Error('no space left on device')),
  });
  await pipeline(content, full).catch(error => {
    throw new EngineError('system', error.message);
  });
  throw new TypeError('all of it has been taken');
}

test('an upload that fails while its client sends is answered with the reason, to who has sent all', async context => {
  const lengthBytes = 8 << 20;
  for (const [method, path, name] of UPLOADS) {
    const { connect, logged, ask } = await fakeServer(context, { [name]: fill });
    const client = connect();
    const headers = 'Host: d\r\nContent-Type: application/x-tar';
    client.write(`${method} ${path} HTTP/1.1\r\n${headers}\r\nContent-Length: ${lengthBytes}\r\n\r\n`);
    client.write(Buffer.alloc(lengthBytes));
    await readUntil(client, /\r\n\r\n.*no space left on device/s);
    client.destroy();
    const leaver = connect();
    leaver.write(`${method} ${path} HTTP/1.1\r\n${headers}\r\nContent-Length: ${lengthBytes}\r\n\r\n`);
    await new Promise<void>(resolve => leaver.write(Buffer.alloc(1 << 20), () => resolve()));
    leaver.destroy();
    assert.equal((await ask('GET /_ping')).status, 200);
    assert.ok(logged.length <= 2, logged.join());
  }
});

test('progress and output that come when the client has gone go nowhere', async context => {
  const gone = Promise.withResolvers<void>();
  const late = new Readable({ read: () => undefined });
  const server = await fakeServer(context, {
    imageBootstrap: async (_what, progress) => {
      progress({ status: 'begun' });
      await gone.promise;
      progress({ status: 'late' });
      throw new EngineError('system', 'no space left on device');
    },
    imageSave: async () => late,
  });
  const [puller, saver] = [server.connect(), server.connect()];
  puller.write('POST /slipway/images/bootstrap?what=x HTTP/1.1\r\nHost: d\r\nContent-Length: 0\r\n\r\n');
  saver.write('GET /images/x/get HTTP/1.1\r\nHost: d\r\n\r\n');
  await Promise.all([readUntil(puller, /begun/), readUntil(saver, /200 OK/)]);
  for (const client of [puller, saver]) client.destroy();
  await settled(server);
  gone.resolve();
  late.destroy(new Error('the disk is broken'));
  await new Promise(resolve => finished(late, resolve));
  await settled(server);
});
