import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isInsecure } from './match-host.ts';
import { proxyFor } from './proxy-for.ts';

const CASES: [url: string, none: string, isExempt: boolean][] = [
  ['https://registry.io', '', false],
  ['https://registry.io', '*', true],
  ['https://registry.io', 'registry.io', true],
  ['https://a.registry.io', 'other, registry.io', true],
  ['https://registry.io', '.registry.io', false],
  ['https://a.registry.io', '.registry.io', true],
  ['https://a.registry.io', '*.registry.io', true],
  ['https://notregistry.io', 'registry.io', false],
  ['https://registry.io:5000', 'registry.io:5000', true],
  ['https://registry.io', 'registry.io:443', true],
  ['https://registry.io', 'registry.io:80', false],
  ['https://10.1.2.3', '10.0.0.0/8', true],
  ['https://11.1.2.3', '10.0.0.0/8', false],
  ['https://10.1.2.3', '10.1.2.3', true],
  ['https://[fd00::1]:5000', 'fd00::/8', true],
  ['https://[fd00::1]:5000', 'fd00::1', true],
  ['https://127.0.0.1:5000', '', true],
  ['https://localhost', '', true],
];

for (const [url, none, isExempt] of CASES)
  test(`${url} with NO_PROXY=${none} goes ${isExempt ? 'directly' : 'through the proxy'}`, () => {
    const proxies = { http: 'http://plain:1', https: 'secure:2', none };
    assert.equal(proxyFor(new URL(url), proxies), isExempt ? undefined : 'http://secure:2');
  });

test('each scheme has its proxy', () => {
  const proxies = { http: 'http://plain:1', https: '', none: '' };
  assert.equal(proxyFor(new URL('http://registry.io'), proxies), 'http://plain:1');
  assert.equal(proxyFor(new URL('https://registry.io'), proxies), undefined);
});

test('insecure are loopback, hosts by name with or without port, and networks', async () => {
  const entries = ['one.io', 'two.io:5000', '10.2.0.0/16', 'fd00::/8'];
  for (const host of [
    'localhost:5000',
    '127.3.2.1',
    '[::1]:5000',
    'one.io',
    'one.io:5000',
    'two.io:5000',
    '10.2.3.4:80',
    '[fd00::5]',
  ])
    assert.ok(await isInsecure(host, entries), host);
  for (const host of [
    'two.io',
    'one.io.evil.com',
    '10.3.0.1',
    '[fe80::1]:5000',
    'notlocalhost',
    '127.0.0.1.evil.com:1',
  ])
    assert.ok(!(await isInsecure(host, ['one.io', 'two.io:5000'])), host);
});
