/** What those see who run a registry: health, metrics, log, webhooks, certificates. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { test, type TestContext } from 'node:test';
import { connect } from 'node:tls';
import { until } from '../../base/testing/until.ts';
import { TestRegistry } from './testing/test-registry.ts';

function scratch(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'slipway-operation-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

test('/healthz and /metrics are for anybody, and metrics count what was asked', async t => {
  const registry = await TestRegistry.start(t);
  await registry.pushImage('app', 'v1');
  await registry.ask('GET /v2/app/manifests/nothing');
  assert.equal(String((await registry.ask('GET /healthz')).body), 'ok\n');
  const text = String((await registry.ask('GET /metrics')).body);
  assert.match(text, /^slipway_registry_http_requests_total\{method="PUT",code="201"\} 1$/m);
  assert.match(text, /^slipway_registry_http_requests_total\{method="GET",code="404"\} 1$/m);
  assert.match(text, /^slipway_registry_event_loop_delay_seconds [\d.e-]+$/m);
  assert.match(text, /^slipway_registry_unfinished_uploads 0$/m);
});

test('each request is logged, where that is wanted', async t => {
  const lines: Record<string, unknown>[] = [];
  const logger = { info: (fields: object) => void lines.push({ ...fields }), error: () => undefined };
  const registry = await TestRegistry.start(t, { logger, hasAccessLog: true });
  await registry.ask('GET /v2/app/tags/list');
  await until(() => lines.length === 1);
  const { method, url, status, user, remote } = lines[0] ?? {};
  assert.deepEqual([method, url, status, user, remote], ['GET', '/v2/app/tags/list', 404, '', '127.0.0.1']);
});

test('webhooks are told of pushes and deletions, signed, again where they fail at first', async t => {
  const bodies: { body: string; request: IncomingMessage }[] = [];
  let failures = 1;
  const hook = createServer((request, response) => {
    void buffer(request).then(body => {
      if (failures-- > 0) return response.writeHead(500).end();
      bodies.push({ body: body.toString(), request });
      return response.end();
    });
  });
  await new Promise<void>(resolve => hook.listen(0, '127.0.0.1', resolve));
  t.after(() => hook.close());
  const config = join(scratch(t), 'config.json');
  const url = `http://127.0.0.1:${(hook.address() as AddressInfo).port}/hook`;
  writeFileSync(config, JSON.stringify({ webhooks: [{ url, secret: 'key', repositories: 'team/*' }] }));
  const registry = await TestRegistry.start(t, { config });
  await registry.pushImage('other', 'v1');
  const { digest } = await registry.pushImage('team/app', 'v1');
  await registry.ask(`DELETE /v2/team/app/manifests/v1`);
  await until(() => bodies.length === 2);
  const [pushed, deleted] = bodies.map(({ body }) => (JSON.parse(body) as { events: Event[] }).events[0]);
  assert.deepEqual(
    [pushed?.action, pushed?.target.repository, pushed?.target.tag, pushed?.target.digest],
    ['push', 'team/app', 'v1', digest],
  );
  assert.deepEqual([deleted?.action, deleted?.target.tag], ['delete', 'v1']);
  const [first] = bodies;
  const signature = createHmac('sha256', 'key')
    .update(first?.body ?? '')
    .digest('hex');
  assert.equal(first?.request.headers['x-slipway-signature'], `sha256=${signature}`);
});

type Event = { action: string; target: { repository: string; tag: string; digest: string } };

const TLS = join(import.meta.dirname, '../../server/testing/tls');

/** The certificate that a server shows, in base64. */
function shownBy(host: string): Promise<string> {
  const [address, port] = host.split(':');
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address, port: Number(port), rejectUnauthorized: false }, () => {
      resolve(socket.getPeerX509Certificate()?.raw.toString('base64') ?? '');
      socket.destroy();
    });
    socket.once('error', reject);
  });
}

const derOf = (path: string) =>
  /BEGIN CERTIFICATE-----([^-]*)/.exec(readFileSync(path, 'utf8'))?.[1]?.replaceAll(/\s/g, '') ?? '';

test('certificate and key are read again as one; a pair that does not belong together changes nothing', async t => {
  const directory = scratch(t);
  const [cert, key] = [join(directory, 'cert.pem'), join(directory, 'key.pem')];
  copyFileSync(join(TLS, 'server.pem'), cert);
  copyFileSync(join(TLS, 'server-key.pem'), key);
  const problems: string[] = [];
  const logger = {
    info: () => undefined,
    error: (_: object, message: string) => void problems.push(message),
  };
  const registry = await TestRegistry.start(t, { tls: { cert, key }, logger });
  assert.equal(await shownBy(registry.host), derOf(join(TLS, 'server.pem')));
  copyFileSync(join(TLS, 'client.pem'), cert);
  await until(() => problems.length > 0);
  assert.match(problems[0] ?? '', /the certificate was not reloaded/);
  assert.equal(await shownBy(registry.host), derOf(join(TLS, 'server.pem')));
  copyFileSync(join(TLS, 'client-key.pem'), key);
  await until(async () => (await shownBy(registry.host)) === derOf(join(TLS, 'client.pem')));
});
