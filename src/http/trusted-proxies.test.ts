import assert from 'node:assert/strict';
import type { IncomingHttpHeaders } from 'node:http';
import { Socket } from 'node:net';
import { test } from 'node:test';
import { TrustedProxies } from './trusted-proxies.ts';

const PROXIES = new TrustedProxies(['10.0.0.0/8', '192.0.2.7', '2001:db8::/32', 'unix']);

function view(peer: string | undefined, headers: IncomingHttpHeaders, proxies = PROXIES): string {
  const socket = new Socket();
  Object.defineProperty(socket, 'remoteAddress', { value: peer });
  const { address, protocol, host } = proxies.clientOf({ socket, headers: { host: 'inside', ...headers } });
  return `${address} ${protocol}://${host}`;
}

const CUSTOMARY = {
  'x-forwarded-for': '198.51.100.1',
  'x-forwarded-proto': 'https',
  'x-forwarded-host': 'registry.example:8443',
};
const STANDARD = { forwarded: 'for=198.51.100.1;proto=https;host="registry.example:8443"' };

test('what a trusted proxy says of its client counts, what another says does not', () => {
  for (const headers of [CUSTOMARY, STANDARD]) {
    assert.equal(view('10.1.2.3', headers), '198.51.100.1 https://registry.example:8443');
    assert.equal(view('::ffff:10.1.2.3', headers), '198.51.100.1 https://registry.example:8443');
    assert.equal(view('2001:db8::9', headers), '198.51.100.1 https://registry.example:8443');
    assert.equal(view(undefined, headers), '198.51.100.1 https://registry.example:8443');
    assert.equal(view('203.0.113.9', headers), '203.0.113.9 http://inside');
    assert.equal(view('10.1.2.3', headers, new TrustedProxies([])), '10.1.2.3 http://inside');
    assert.equal(view(undefined, headers, new TrustedProxies([])), ' http://inside');
  }
});

test('of several proxies the last that is trusted counts: what is before it, clients have made up', () => {
  const forwarded =
    'for=6.6.6.6;host=evil, for=198.51.100.1;proto=https;host=registry.example, for="[2001:db8::5]:99"';
  assert.equal(view('192.0.2.7', { forwarded }), '198.51.100.1 https://registry.example');
  const customary = {
    'x-forwarded-for': '6.6.6.6, 198.51.100.1:1234, 10.0.0.5',
    'x-forwarded-proto': 'https,https',
    'x-forwarded-host': 'evil, registry.example, inner',
  };
  assert.equal(view('192.0.2.7', customary), '198.51.100.1 https://registry.example');
});

test('two kinds that contradict each other: one of them the proxy does not know, and neither counts', () => {
  assert.equal(view('10.0.0.1', { ...CUSTOMARY, ...STANDARD }), '198.51.100.1 https://registry.example:8443');
  assert.equal(view('10.0.0.1', { ...CUSTOMARY, forwarded: 'for=6.6.6.6' }), '10.0.0.1 http://inside');
});

test('what is no address, no scheme and no host is passed over', () => {
  for (const node of ['unknown', '_hidden', '"', '1.2.3', '[::1', 'a'.repeat(5000)])
    assert.equal(view('10.0.0.1', { 'x-forwarded-for': node }), '10.0.0.1 http://inside');
  for (const forwarded of ['for=unknown', 'for="', 'a b', ';;,,', '"'.repeat(30_000), ','.repeat(60_000)])
    assert.equal(view('10.0.0.1', { forwarded }), '10.0.0.1 http://inside', forwarded.slice(0, 20));
  for (const host of ['a"b', 'a/b', '', 'a b', 'a\r\nb', 'a@b', 'a:99:1'])
    assert.equal(
      view('10.0.0.1', { 'x-forwarded-host': host, 'x-forwarded-proto': 'ftp' }),
      '10.0.0.1 http://inside',
    );
  assert.equal(view('10.0.0.1', { 'x-forwarded-host': '[::1]:5000' }), '10.0.0.1 http://[::1]:5000');
});

test('entries that are none are refused', () => {
  for (const entry of ['', 'proxy', '10.0.0.0/33', '10.0.0.0/8/8', '::/129', '10.0.0.0/', 'unix/1'])
    assert.throws(() => new TrustedProxies([entry]), {
      kind: 'invalid-parameter',
      message: `invalid trusted proxy (${entry})`,
    });
});
