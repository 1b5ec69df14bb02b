import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import type { Backend } from '../api/backend.ts';
import { fakeServer, readToEnd, readUntil } from './testing/fake-server.ts';
import { readTlsOptions, type TlsFiles } from '../http/tls-options.ts';

const file = (name: string): string => join(import.meta.dirname, 'testing/tls', name);
const FILES: TlsFiles = { cert: file('server.pem'), key: file('server-key.pem') };
const VERIFIED: TlsFiles = { ...FILES, clientCa: file('ca.pem') };
const CLIENT = { cert: readFileSync(file('client.pem')), key: readFileSync(file('client-key.pem')) };

async function dial(
  context: TestContext,
  { tls, script = {}, client = {} }: { tls: TlsFiles; script?: Partial<Backend>; client?: ConnectionOptions },
): Promise<TLSSocket> {
  const { server } = await fakeServer(context, script, { tcp: true, tls });
  const port = Number(server.addresses[1]?.split(':').at(-1));
  const ca = readFileSync(file('ca.pem'));
  // The types know nothing of half-open connections; tls.connect does.
  const halfOpen: object = { allowHalfOpen: true };
  const socket = connect({ host: '127.0.0.1', port, ca, ...halfOpen, ...client });
  context.after(() => socket.destroy());
  return socket;
}

const PING = 'GET /_ping HTTP/1.1\r\nHost: d\r\nConnection: close\r\n\r\n';

test('TCP is secured, and clients need no certificate unless they are to be verified', async context => {
  const socket = await dial(context, { tls: FILES });
  socket.write(PING);
  assert.match(await readToEnd(socket), /^HTTP\/1.1 200 OK\r\n/);
});

test('a client that is to be verified gets in with a certificate of the authority only', async context => {
  const known = await dial(context, { tls: VERIFIED, client: CLIENT });
  known.write(PING);
  assert.match(await readToEnd(known), /^HTTP\/1.1 200 OK\r\n/);
  const unknown = await dial(context, { tls: VERIFIED });
  unknown.write(PING);
  const [error] = (await once(unknown, 'error')) as [NodeJS.ErrnoException];
  assert.match(String(error.code), /CERTIFICATE_REQUIRED/);
});

test('a hijacked connection over TLS has two sides that end by themselves', async context => {
  const containerAttach = async () => ({
    multiplexed: false,
    async run(client: Duplex) {
      client.end(`got ${await readToEnd(client)}`);
    },
  });
  const socket = await dial(context, { tls: FILES, script: { containerAttach } });
  socket.write(
    'POST /containers/c/attach HTTP/1.1\r\nHost: d\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n',
  );
  await readUntil(socket, /\r\n\r\n/);
  socket.end('all');
  assert.equal(await readToEnd(socket), 'got all');
});

test('certificates that are missing or do not belong together are refused', () => {
  for (const files of [
    { ...FILES, cert: '/nonexistent' },
    { ...FILES, key: file('client-key.pem') },
    { ...FILES, key: file('ca.pem') },
  ])
    assert.throws(() => readTlsOptions(files), {
      kind: 'invalid-parameter',
      message: /^invalid TLS configuration: Could not load X509 key pair/,
    });
});
