import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { readTlsOptions } from '../http/tls-options.ts';
import { testHost } from '../../test/fixtures/test-host.ts';
import { runCli } from './run-cli.ts';

const file = (name: string): string => join(import.meta.dirname, '../server/testing/tls', name);

/** An engine that answers pings and version requests of clients with a certificate. */
async function secureEngine(context: TestContext): Promise<string> {
  const options: ServerOptions = readTlsOptions({
    cert: file('server.pem'),
    key: file('server-key.pem'),
    clientCa: file('ca.pem'),
  });
  const server = createServer(options, (request, response) => {
    response.setHeader('Api-Version', '1.51');
    response.end(request.url?.endsWith('/version') ? '{"Version":"over TLS"}' : 'OK');
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  context.after(() => server.close());
  return `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const VERSION = ['version', '-f', '{{.Server.Version}}'];

test('a daemon is reached over TLS with certificates named by flags', async context => {
  const address = await secureEngine(context);
  const host = testHost({});
  const files = ['--tlscacert', file('ca.pem'), '--tlscert', file('client.pem')];
  files.push('--tlskey', file('client-key.pem'));
  assert.equal(await runCli(['-H', address, '--tlsverify', ...files, ...VERSION], host), 0);
  assert.equal(host.stdout.text, 'over TLS\n');
});

test('docker’s environment variables ask for TLS, and name the certificates’ directory', async context => {
  const address = await secureEngine(context);
  const directory = mkdtempSync(join(tmpdir(), 'slipway-cli-'));
  context.after(() => rmSync(directory, { recursive: true }));
  copyFileSync(file('ca.pem'), join(directory, 'ca.pem'));
  copyFileSync(file('client.pem'), join(directory, 'cert.pem'));
  copyFileSync(file('client-key.pem'), join(directory, 'key.pem'));
  const env = { DOCKER_HOST: address, DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: directory };
  const host = testHost({ env });
  assert.equal(await runCli(VERSION, host), 0);
  assert.equal(host.stdout.text, 'over TLS\n');
});

test('a daemon whose certificate another authority has signed is not trusted', async context => {
  const address = await secureEngine(context);
  const host = testHost({});
  const flags = ['--tlsverify', '--tlscacert', file('client.pem')];
  assert.equal(await runCli(['-H', address, ...flags, 'ps'], host), 1);
  assert.match(host.stderr.text, /certificate/);
});

test('a certificate that was named must be there', async () => {
  const host = testHost({});
  const code = await runCli(['-H', 'tcp://127.0.0.1:1', '--tls', '--tlscert', '/nonexistent', 'ps'], host);
  assert.equal(code, 1);
  assert.match(host.stderr.text, /^Failed to initialize: unable to resolve docker endpoint: .*no such file/);
});
