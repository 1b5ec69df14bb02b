import assert from 'node:assert/strict';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { fakeServer, readToEnd } from './testing/fake-server.ts';

type Headers = Record<string, string>;
type Options = { line?: string; tls?: boolean; names?: string[] };

const file = (name: string): string => join(import.meta.dirname, 'testing/tls', name);

/** A server on a port, whose containers are started at the sight of a request. */
async function openPort(context: TestContext, { tls = false, names }: Options = {}) {
  const started: string[] = [];
  const { server, ask } = await fakeServer(
    context,
    { containerStart: async id => void started.push(id) },
    {
      tcp: true,
      ...(tls ? { tls: { cert: file('server.pem'), key: file('server-key.pem') } } : {}),
      ...(names ? { names } : {}),
    },
  );
  const port = Number(server.addresses[1]?.split(':').at(-1));
  const send = async (headers: Headers, line = 'POST /containers/c/start'): Promise<[number, string]> => {
    const [method, path] = line.split(' ');
    const options = { host: '127.0.0.1', port, method, path, headers, agent: false };
    const request = tls ? httpsRequest({ ...options, rejectUnauthorized: false }) : httpRequest(options);
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      request.on('response', resolve).on('error', reject).end();
    });
    return [response.statusCode ?? 0, await text(response)];
  };
  return { started, port, send, ask };
}

test('over TCP a name that is not the machine’s is refused: it may be a web page’s', async context => {
  const { send, started, port } = await openPort(context);
  const hosts = `evil.example evil.example:${port} 127.0.0.1.nip.io localhost.evil.example docker`;
  for (const host of [
    ...hosts.split(' '),
    '127.0.0.1:80:80',
    '[::1',
    '[evil]',
    `${hostname()}.evil.example`,
  ]) {
    const [status, body] = await send({ Host: host });
    assert.equal(status, 403, host);
    assert.match(body, /is no name of this machine: use an address/);
  }
  assert.deepEqual(started, []);
});

test('over TCP the machine is called by addresses, localhost, its names and those given', async context => {
  const { send, started, port } = await openPort(context, { names: ['Docker', 'build.corp.example'] });
  const hosts = [
    `127.0.0.1:${port}`,
    `localhost:${port}`,
    // Through a tunnel, or a router that forwards a port.
    'localhost:9999',
    '203.0.113.7:2375',
    '[::1]:2375',
    'LOCALHOST.',
    'api.moby.localhost',
    hostname(),
    `${hostname().toUpperCase()}:2375`,
    'host.docker.internal:2375',
    'docker:2375',
    'build.corp.example',
  ];
  for (const host of hosts) assert.deepEqual(await send({ Host: host }), [204, ''], host);
  assert.equal(started.length, hosts.length);
});

test('a page of any other site is refused, those that containers of this machine serve too', async context => {
  const { send, started, port } = await openPort(context);
  const own = `localhost:${port}`;
  const origins = [
    'http://evil.example',
    'null',
    'http://localhost:8080',
    'http://localhost',
    `https://${own}`,
  ];
  for (const origin of [...origins, `http://127.0.0.1:${port}`, '', 'file://']) {
    const [status, body] = await send({ Host: own, Origin: origin });
    assert.equal(status, 403, origin);
    assert.match(body, /a page of .* may not use the API/);
  }
  for (const site of ['cross-site', 'same-site'])
    assert.equal((await send({ Host: own, 'Sec-Fetch-Site': site }, 'GET /containers/json'))[0], 403);
  assert.deepEqual(started, []);
  // What some WebSocket clients send of themselves, and a person who looks at the API with a browser.
  assert.equal((await send({ Host: own, Origin: `http://${own}` }))[0], 204);
  assert.equal((await send({ Host: 'localhost:80', Origin: 'http://localhost' }))[0], 204);
  assert.equal((await send({ Host: own, 'Sec-Fetch-Site': 'none' }))[0], 204);
});

test('upgrades and preflights of foreign pages are refused as well', async context => {
  const { send, port } = await openPort(context);
  const foreign = { Host: `localhost:${port}`, Origin: 'http://evil.example' };
  const preflight = await send(
    { ...foreign, 'Access-Control-Request-Method': 'POST' },
    'OPTIONS /containers/create',
  );
  assert.equal(preflight[0], 403);
  for (const upgrade of ['tcp', 'websocket', 'h2c']) {
    for (const line of ['POST /containers/c/attach', 'GET /containers/c/attach/ws', 'POST /exec/e/start']) {
      for (const headers of [`Host: localhost\r\nOrigin: http://evil.example`, 'Host: evil.example']) {
        const socket = connect(port, '127.0.0.1');
        context.after(() => socket.destroy());
        socket.write(
          `${line} HTTP/1.1\r\n${headers}\r\nConnection: Upgrade, close\r\nUpgrade: ${upgrade}\r\n\r\n`,
        );
        assert.match(
          await readToEnd(socket),
          /^HTTP\/1.1 403 Forbidden\r\n/,
          `${line} ${upgrade} ${headers}`,
        );
      }
    }
  }
});

test('with TLS the certificate says what name is right, and pages are refused all the same', async context => {
  const { send } = await openPort(context, { tls: true });
  assert.equal((await send({ Host: 'build.corp.example:2376' }))[0], 204);
  assert.equal((await send({ Host: 'h:2376', Origin: 'https://h:2376' }))[0], 204);
  assert.equal((await send({ Host: 'h:2376', Origin: 'https://evil.example' }))[0], 403);
});

test('any Host is accepted on a unix socket, as browsers cannot reach it', async context => {
  const { ask, started } = await openPort(context);
  const all: Headers[] = [{ Host: 'docker' }, { Host: 'evil.example', Origin: 'http://evil.example' }];
  for (const headers of all) assert.equal((await ask('POST /containers/c/start', { headers })).status, 204);
  assert.equal(started.length, 2);
});
