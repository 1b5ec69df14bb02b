import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { requestName } from './connection-error.ts';
import { parseReference } from '../../oci/reference.ts';
import { FakeRegistry } from '../testing/fake-registry.ts';
import { openRepository } from '../testing/open-repository.ts';

const file = (name: string) => join(import.meta.dirname, '../../server/testing/tls', name);
const read = (name: string) => readFileSync(file(name), 'utf8');
const TLS = { cert: read('server.pem'), key: read('server-key.pem') };
const REFERENCE = parseReference('reg.test/a:1');

/** A registry that is called reg.test, by a hosts.toml. */
async function named(t: TestContext, more: string, tls: object = TLS) {
  const registry = await FakeRegistry.start(t, tls as typeof TLS);
  registry.addImage('a:1', []);
  const root = mkdtempSync(join(tmpdir(), 'slipway-tls-'));
  t.after(() => rmSync(root, { recursive: true }));
  mkdirSync(join(root, 'reg.test'));
  writeFileSync(join(root, 'reg.test/hosts.toml'), `server = "https://${registry.host}"\n${more}`);
  const resolve = async () =>
    (await openRepository(t, 'reg.test/a', { certificateDirectories: [root] })).resolve(REFERENCE);
  return { registry, resolve };
}

test('a certificate of an unknown authority is refused, one of a configured authority accepted', async t => {
  const strange = await named(t, '');
  await assert.rejects(strange.resolve(), {
    kind: 'system',
    message: `Head "https://${strange.registry.host}/v2/a/manifests/1": tls: failed to verify certificate: x509: certificate signed by unknown authority`,
  });
  assert.equal(strange.registry.seen.length, 0);
  const known = await named(t, `ca = "${file('ca.pem')}"\n`);
  assert.equal((await known.resolve()).digest.length, 71);
  const careless = await named(t, 'skip_verify = true\n');
  assert.equal((await careless.resolve()).digest.length, 71);
});

test('a registry that wants to know its clients gets their certificate', async t => {
  const strict = { ...TLS, ca: read('ca.pem'), requestCert: true, rejectUnauthorized: true };
  const ca = `ca = "${file('ca.pem')}"\n`;
  await assert.rejects((await named(t, ca, strict)).resolve(), { kind: 'system' });
  const known = await named(
    t,
    `${ca}client = [["${file('client.pem')}", "${file('client-key.pem')}"]]\n`,
    strict,
  );
  assert.equal((await known.resolve()).digest.length, 71);
});

test('where HTTPS is spoken to a server of plain HTTP, that is said', async t => {
  const registry = await FakeRegistry.start(t);
  const root = mkdtempSync(join(tmpdir(), 'slipway-tls-'));
  t.after(() => rmSync(root, { recursive: true }));
  mkdirSync(join(root, 'reg.test'));
  writeFileSync(join(root, 'reg.test/hosts.toml'), `server = "https://${registry.host}"\n`);
  const repository = await openRepository(t, 'reg.test/a', { certificateDirectories: [root] });
  await assert.rejects(repository.resolve(REFERENCE), /http: server gave HTTP response to HTTPS client$/);
});

type Tunnel = (request: IncomingMessage, socket: Duplex) => void;

async function proxyThat(t: TestContext, tunnel: Tunnel): Promise<string> {
  const proxy = createServer().on('connect', tunnel);
  await new Promise<void>(resolve => proxy.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    proxy.close();
    proxy.closeAllConnections();
  });
  return `http://user:p%40ss@127.0.0.1:${(proxy.address() as AddressInfo).port}`;
}

test('HTTPS goes through the proxy, as a tunnel, with the proxy’s own credentials', async t => {
  const registry = await FakeRegistry.start(t, TLS);
  registry.addImage('a:1', []);
  const asked: [string | undefined, string | undefined][] = [];
  const https = await proxyThat(t, (request, socket) => {
    asked.push([request.url, request.headers['proxy-authorization']]);
    const [host = '', port = ''] = registry.host.split(':');
    const upstream = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      socket.pipe(upstream).pipe(socket);
    });
    t.after(() => upstream.destroy());
  });
  const proxies = { http: '', https, none: 'elsewhere.test' };
  const repository = await openRepository(t, 'reg.test/a', { proxies, insecureRegistries: ['reg.test'] });
  assert.equal((await repository.resolve(REFERENCE)).digest.length, 71);
  assert.deepEqual(asked, [['reg.test:443', `Basic ${btoa('user:p@ss')}`]]);
  for (const { headers } of registry.seen) assert.equal(headers['proxy-authorization'], undefined);
});

test('a proxy that refuses, and one that is not there, are told', async t => {
  const https = await proxyThat(t, (_request, socket) => void socket.end('HTTP/1.1 403 Forbidden\r\n\r\n'));
  const refused = await openRepository(t, 'reg.test/a', { proxies: { http: '', https, none: '' } });
  await assert.rejects(
    refused.resolve(REFERENCE),
    /^RegistryError: Head "https:\/\/reg\.test\/v2\/a\/manifests\/1": proxyconnect tcp: .*403/,
  );
  const nowhere = { http: '', https: 'http://127.0.0.1:1', none: '' };
  const missing = await openRepository(t, 'reg.test/a', { proxies: nowhere });
  await assert.rejects(
    missing.resolve(REFERENCE),
    /proxyconnect tcp: dial tcp 127\.0\.0\.1:1: connect: connection refused/,
  );
});

test('what an address may have of secrets is not told', () => {
  const url = new URL('https://me:secret@reg.test/blob?signature=secret');
  assert.equal(requestName('GET', url), 'Get "https://reg.test/blob?..."');
});
