import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer as createNetServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { openApiServer } from './api-server.ts';
import type { Backend } from '../api/backend.ts';
import { fakeServer, readToEnd, readUntil } from './testing/fake-server.ts';

test('ping says what Docker says', async context => {
  const { ask } = await fakeServer(context);
  for (const line of ['GET /_ping', 'GET /v1.24/_ping', 'HEAD /_ping']) {
    const { status, headers, text } = await ask(line);
    assert.deepEqual([status, text], [200, line.startsWith('HEAD') ? '' : 'OK']);
    assert.equal(headers['api-version'], '1.51');
    assert.equal(headers['docker-experimental'], 'false');
    assert.equal(headers.ostype, 'linux');
    assert.equal(headers.server, 'Slipway/0.0.1 (linux)');
    assert.equal(headers['builder-version'], '2');
    assert.equal(headers.swarm, 'inactive');
    assert.equal(headers['content-type'], 'text/plain; charset=utf-8');
  }
});

test('versions outside of what is spoken are refused in Docker words', async context => {
  const { ask } = await fakeServer(context, { info: async () => ({ ID: 'x' }) });
  for (const version of ['', '/v1.24', '/v1.43', '/v1.51'])
    assert.equal((await ask(`GET ${version}/info`)).status, 200);
  const late = await ask('GET /v1.99/info');
  assert.equal(late.status, 400);
  assert.deepEqual(late.json, {
    message: 'client version 1.99 is too new. Maximum supported API version is 1.51',
  });
  const early = await ask('GET /v1.10/info');
  assert.equal(early.status, 400);
  assert.equal(
    early.text,
    'client version 1.10 is too old. Minimum supported API version is 1.24, please upgrade your client to a newer version\n',
  );
});

test('unknown paths, methods and versions are not found', async context => {
  const { ask } = await fakeServer(context);
  const lines = [
    'GET /',
    'GET /nope',
    'GET /v1.43/nope',
    'GET /vx/info',
    'POST /info',
    'PUT /containers/json',
  ];
  for (const line of [...lines, 'GET /%', 'GET /images/a/b', 'GET /images/json/json/json/x']) {
    const answer = await ask(line);
    assert.deepEqual([answer.status, answer.text], [404, '{"message":"page not found"}\n'], line);
  }
});

test('OPTIONS of any path has an empty answer', async context => {
  const { ask } = await fakeServer(context);
  for (const path of ['/', '/containers/json', '/v1.43/nope']) {
    const answer = await ask(`OPTIONS ${path}`);
    assert.deepEqual([answer.status, answer.text], [200, ''], path);
  }
});

test('a JSON body is checked before anything happens', async context => {
  const { ask } = await fakeServer(context);
  const create = async (body: string | undefined, type?: string) => {
    const answer = await ask('POST /containers/create', {
      body,
      headers: type ? { 'Content-Type': type } : {},
    });
    return [answer.status, (answer.json as { message: string }).message];
  };
  assert.deepEqual(await create(undefined), [400, 'invalid JSON: got EOF while reading request body']);
  assert.deepEqual(await create('{'), [400, 'invalid JSON: unexpected EOF']);
  assert.deepEqual(await create('{"Image":"x"} x'), [400, 'unexpected content after JSON']);
  assert.deepEqual(await create('{}', 'text/plain; charset=utf-8'), [
    400,
    "unsupported Content-Type header (text/plain): must be 'application/json'",
  ]);
  assert.deepEqual(await create('{}', ';;'), [
    400,
    'malformed Content-Type header (;;): mime: no media type',
  ]);
  assert.deepEqual(await create('{}', 'Application/JSON; charset=utf-8'), [
    400,
    'config cannot be empty in order to create a container',
  ]);
});

const TOO_LARGE = 'http: request body too large (the limit is 4 MiB)';

test('an oversized body is refused, announced or not', async context => {
  const { connect, ask } = await fakeServer(context);
  const whole = await ask('POST /containers/create', { body: { Image: 'x'.repeat(16 << 20) } });
  assert.deepEqual([whole.status, whole.json], [400, { message: TOO_LARGE }]);
  const announced = connect();
  announced.write(
    'POST /containers/create HTTP/1.1\r\nHost: d\r\nContent-Type: application/json\r\nContent-Length: 99999999\r\n\r\n',
  );
  assert.match(await readToEnd(announced), /^HTTP\/1.1 400 [^]*Connection: close[^]*request body too large/i);
  const chunked = connect();
  chunked.on('error', () => undefined);
  chunked.write(
    'POST /containers/create HTTP/1.1\r\nHost: d\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n',
  );
  const answer = readUntil(chunked, /request body too large/);
  const chunk = `100000\r\n${'x'.repeat(0x10_00_00)}\r\n`;
  for (let count = 0; count < 17; count++) chunked.write(chunk);
  assert.match(await answer, /^HTTP\/1.1 400 /);
});

test('connections are kept for further requests, and answers come in order', async context => {
  const { connect } = await fakeServer(context);
  const client = connect();
  client.write('GET /_ping HTTP/1.1\r\nHost: d\r\n\r\nGET /nope HTTP/1.1\r\nHost: d\r\n\r\n');
  assert.match(await readUntil(client, /page not found/), /OKHTTP\/1.1 404/);
  client.write('GET /_ping HTTP/1.1\r\nHost: d\r\n\r\n');
  assert.match(await readUntil(client, /OK$/), /200 OK/);
});

test('a client that ends its side after asking still gets its answer', async context => {
  const { connect } = await fakeServer(context, {
    info: () => new Promise(resolve => setImmediate(resolve, { ID: 'x' })),
  });
  const client = connect();
  client.end('GET /info HTTP/1.1\r\nHost: d\r\n\r\n');
  assert.match(await readToEnd(client), /\{"ID":"x"\}\n$/);
});

test('what is not HTTP gets 400 and the end of the connection', async context => {
  const { connect } = await fakeServer(context);
  const client = connect();
  client.write('rubbish\r\n\r\n');
  assert.match(await readToEnd(client), /^HTTP\/1.1 400 Bad Request\r\n/);
});

test('heads that Go’s server refuses are refused', async context => {
  const { connect } = await fakeServer(context);
  const cases: Record<string, string> = {
    'GET /_ping\r\n\r\n': '400 Bad Request',
    'GET /_ping HTTP/2.0\r\nHost: d\r\n\r\n': '505 HTTP Version Not Supported',
    'GET /_ping HTTP/1.1\r\nHost: d\r\nhost: e\r\n\r\n': '400 Bad Request',
    'GET /_ping HTTP/1.1\r\nHost: d e\r\n\r\n': '400 Bad Request',
    'POST /exec/x/start HTTP/1.1\r\nHost: d\r\nHost: d\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n':
      '400 Bad Request',
  };
  for (const [head, status] of Object.entries(cases)) {
    const client = connect();
    client.write(head);
    assert.match(await readToEnd(client), new RegExp(`^HTTP/1.1 ${status}\r\n`), head);
  }
});

test('a request line in absolute form is served, as is one of HTTP/1.0 without a host', async context => {
  const { connect } = await fakeServer(context, { networkList: async filters => [...filters] as never });
  const heads = [
    'GET http://d/_ping HTTP/1.1\r\nHost: d\r\nConnection: close\r\n\r\n',
    'GET HTTPS://d:2376/v1.44/_ping HTTP/1.1\r\nHost: d\r\nConnection: close\r\n\r\n',
    'GET /_ping HTTP/1.0\r\n\r\n',
  ];
  for (const head of heads) {
    const client = connect();
    client.write(head);
    assert.match(await readToEnd(client), /^HTTP\/1.1 200 OK\r\n[^]*OK$/, head);
  }
  const client = connect();
  client.write(
    'GET http://d/networks?filters=%7B%22id%22:%5B%22x%22%5D%7D HTTP/1.1\r\nHost: d\r\nConnection: close\r\n\r\n',
  );
  assert.match(await readToEnd(client), /\[\["id",\["x"\]\]\]\n$/);
});

test('a head may have a megabyte, and no more', async context => {
  const { ask, connect } = await fakeServer(context, { containerList: async () => [] });
  const ids = Array.from({ length: 10_000 }, (_, index) => String(index).padStart(64, '0'));
  const filters = encodeURIComponent(JSON.stringify({ id: ids }));
  assert.equal((await ask(`GET /containers/json?filters=${filters}`)).status, 200);
  const client = connect();
  client.write(`GET /_ping?${'x'.repeat(1024 * 1024)} HTTP/1.1\r\nHost: d\r\n\r\n`);
  assert.match(await readToEnd(client), /^HTTP\/1.1 431 Request Header Fields Too Large\r\n/);
});

test('a NUL byte in the URL is refused before anything sees it', async context => {
  const { ask } = await fakeServer(context);
  for (const line of ['GET /containers/a%00b/json', 'GET /containers/x/top?ps_args=a%00b']) {
    const { status, json } = await ask(line);
    assert.deepEqual([status, json], [400, { message: 'the URL contains nul byte (\\x00)' }]);
  }
});

test('64-bit numbers leave exactly', async context => {
  const { ask } = await fakeServer(context, { info: async () => ({ Max: 18_446_744_073_709_551_615n }) });
  assert.equal((await ask('GET /info')).text, '{"Max":18446744073709551615}\n');
});

test('a unix socket is there for root and its group alone, and is gone after close', async context => {
  const { server, socketPath } = await fakeServer(context);
  assert.deepEqual(server.addresses, [`unix://${socketPath}`]);
  assert.equal(statSync(socketPath).mode & 0o777, 0o660);
  await server.close();
  assert.equal(statSync(socketPath, { throwIfNoEntry: false }), undefined);
});

test('a socket with a listener is refused, and a stale one is replaced', async context => {
  const { socketPath, server, ask } = await fakeServer(context);
  const listen = [`unix://${socketPath}`];
  await assert.rejects(open(listen), { kind: 'conflict' });
  assert.equal((await ask('GET /_ping')).status, 200);
  await server.close();
  leaveStaleSocket(socketPath);
  const second = await open(listen);
  assert.equal((await ask('GET /_ping')).status, 200);
  await second.close();
  writeFileSync(socketPath, '');
  await assert.rejects(open(listen), { kind: 'conflict', message: /not a socket/ });
});

test('a server that closes leaves the socket of its successor alone', async context => {
  const { socketPath, server, ask } = await fakeServer(context);
  rmSync(socketPath);
  const successor = await open([`unix://${socketPath}`]);
  context.after(() => successor.close(0));
  await server.close();
  assert.equal((await ask('GET /_ping')).status, 200);
});

test('one server listens on several addresses', async context => {
  const directory = temporaryDirectory(context);
  const server = await open([`unix://${directory}/a`, 'tcp://127.0.0.1:0', 'tcp://[::1]:0']);
  context.after(() => server.close(0));
  const [unix, ...tcp] = server.addresses;
  assert.equal(unix, `unix://${directory}/a`);
  for (const address of tcp) {
    const answer = await fetch(`${address.replace('tcp:', 'http:')}/_ping`);
    assert.equal(await answer.text(), 'OK', address);
  }
});

test('a listening socket that the parent opened is served', async context => {
  const inherited = createNetServer();
  inherited.listen(0, '127.0.0.1');
  await once(inherited, 'listening');
  const { port } = inherited.address() as AddressInfo;
  const module = JSON.stringify(new URL('./api-server.ts', import.meta.url).href);
  const code = `const { openApiServer } = await import(${module});
    await openApiServer({ backend: {}, listen: ['fd://3'], version: '0', logger: console });
    console.log('ready');`;
  const { fd } = (inherited as Server & { _handle: { fd: number } })._handle;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
    stdio: ['ignore', 'pipe', 'inherit', fd],
  });
  context.after(() => child.kill());
  await once(child.stdout as NodeJS.ReadableStream, 'data');
  inherited.close();
  const answer = await fetch(`http://127.0.0.1:${port}/_ping`);
  assert.equal(await answer.text(), 'OK');
  const foreign = await fetch(`http://127.0.0.1:${port}/_ping`, {
    headers: { origin: 'http://evil.example' },
  });
  assert.equal(foreign.status, 403);
});

test('a port in use is refused, and nothing is left listening', async context => {
  const directory = temporaryDirectory(context);
  const first = await open(['tcp://127.0.0.1:0']);
  context.after(() => first.close(0));
  await assert.rejects(open([`unix://${directory}/a`, ...first.addresses]), { code: 'EADDRINUSE' });
  assert.equal(statSync(`${directory}/a`, { throwIfNoEntry: false }), undefined);
});

test('closing lets answers finish, ends streams, and breaks off what goes on', async context => {
  const asked = Promise.withResolvers<void>();
  const info = Promise.withResolvers<{ ID: string }>();
  const { server, connect } = await fakeServer(context, {
    info: () => {
      asked.resolve();
      return info.promise;
    },
    events: ({ signal }) => ({
      [Symbol.asyncIterator]: () => ({
        next: async () => {
          await once(signal, 'abort');
          return { done: true, value: undefined };
        },
      }),
    }),
    containerAttach: async () => ({ multiplexed: false, run: () => new Promise(() => undefined) }),
  });
  const [slow, events, attached] = [connect(), connect(), connect()];
  events.write('GET /events HTTP/1.1\r\nHost: d\r\n\r\n');
  await readUntil(events, /\r\n\r\n/);
  attached.write(
    'POST /containers/c/attach HTTP/1.1\r\nHost: d\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n',
  );
  await readUntil(attached, /UPGRADED[^]*\r\n\r\n/);
  slow.write('GET /info HTTP/1.1\r\nHost: d\r\n\r\n');
  await asked.promise;
  const closed = server.close(100);
  info.resolve({ ID: 'x' });
  assert.match(await readToEnd(slow), /200 OK[^]*\{"ID":"x"\}\n$/);
  assert.equal(await readToEnd(events), '0\r\n\r\n');
  await closed;
  assert.equal(await readToEnd(attached), '');
  await server.close();
});

function open(listen: string[]) {
  return openApiServer({
    backend: {} as Backend,
    listen,
    version: '0',
    logger: { error: () => undefined },
  });
}

function temporaryDirectory(context: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'slipway-server-'));
  context.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** A socket file without a listener, as a killed daemon leaves it. */
function leaveStaleSocket(path: string): void {
  const code = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
  spawnSync(process.execPath, ['-e', code]);
  assert.ok(statSync(path).isSocket());
}
