import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AddressPool } from './address-pool.ts';
import { NetworkAddresses } from './network-addresses.ts';

function pool(
  subnet: string,
  options: { gateway?: string; range?: string; auxiliary?: Record<string, string> } = {},
) {
  return new AddressPool({ subnet, gateway: '', range: '', auxiliary: {}, ...options });
}

function take(from: AddressPool, count: number): (string | undefined)[] {
  return Array.from({ length: count }, () => from.allocate());
}

test('Addresses are given out in order, without the gateway and the ends of the subnet.', () => {
  const addresses = pool('10.0.0.0/29', { gateway: '10.0.0.1' });
  assert.deepEqual(take(addresses, 6), [
    '10.0.0.2',
    '10.0.0.3',
    '10.0.0.4',
    '10.0.0.5',
    '10.0.0.6',
    undefined,
  ]);
});

test('An address freed last is reused last.', () => {
  const addresses = pool('10.0.0.0/29', { gateway: '10.0.0.1' });
  const [first = '', second = '', third = ''] = take(addresses, 3);
  for (const address of [second, first, third]) addresses.release(address);
  assert.deepEqual(take(addresses, 6), ['10.0.0.5', '10.0.0.6', second, first, third, undefined]);
});

test('A fixed address is given once, and again after its release.', () => {
  const addresses = pool('172.17.0.0/16', { gateway: '172.17.0.1' });
  addresses.claim('172.17.200.3');
  assert.throws(() => addresses.claim('172.17.200.3'), {
    kind: 'forbidden',
    message: 'Address already in use',
  });
  addresses.release('172.17.200.3');
  addresses.claim('172.17.200.3');
});

test('The gateway, auxiliary addresses and the ends of the subnet cannot be had.', () => {
  const addresses = pool('172.17.0.0/16', { gateway: '172.17.0.1', auxiliary: { router: '172.17.0.2' } });
  for (const taken of ['172.17.0.1', '172.17.0.2', '172.17.0.0', '172.17.255.255'])
    assert.throws(() => addresses.claim(taken), { kind: 'forbidden' }, taken);
  assert.equal(addresses.allocate(), '172.17.0.3');
});

test('Addresses are chosen from the range, and may be asked for outside it.', () => {
  const addresses = pool('10.0.0.0/24', { gateway: '10.0.0.1', range: '10.0.0.128/30' });
  addresses.claim('10.0.0.7');
  addresses.release('10.0.0.7');
  assert.deepEqual(take(addresses, 5), ['10.0.0.128', '10.0.0.129', '10.0.0.130', '10.0.0.131', undefined]);
});

test('Restored addresses are taken, and the next one comes after them.', () => {
  const addresses = pool('10.0.0.0/24', { gateway: '10.0.0.1' });
  addresses.restore('10.0.0.7');
  addresses.restore('10.0.0.4');
  assert.equal(addresses.allocate(), '10.0.0.8');
  assert.throws(() => addresses.claim('10.0.0.4'), { kind: 'forbidden' });
});

test('An avoided address is given when no one asks to avoid it.', () => {
  const addresses = pool('10.0.0.0/30', { gateway: '10.0.0.1' });
  assert.equal(addresses.allocate(new Set(['10.0.0.2'])), undefined);
  assert.equal(addresses.allocate(), '10.0.0.2');
});

test('In subnets of two addresses or one all are hosts.', () => {
  assert.deepEqual(take(pool('10.0.0.0/31', { gateway: '10.0.0.0' }), 2), ['10.0.0.1', undefined]);
  assert.deepEqual(take(pool('10.0.0.0/32'), 2), ['10.0.0.0', undefined]);
  assert.deepEqual(take(pool('fd00::/127', { gateway: 'fd00::' }), 2), ['fd00::1', undefined]);
});

test('A subnet of 2^64 addresses costs no more than a small one.', () => {
  const addresses = pool('fd00:1::/64', { gateway: 'fd00:1::1' });
  assert.deepEqual(take(addresses, 2), ['fd00:1::2', 'fd00:1::3']);
  addresses.restore('fd00:1::ffff:ffff:ffff:fff0');
  assert.equal(addresses.allocate(), 'fd00:1::ffff:ffff:ffff:fff1');
});

test('A network gives an address of each of its IP versions, all or none.', () => {
  const whole = { range: '', auxiliary: {} };
  const addresses = new NetworkAddresses({
    id: '5a',
    name: 'both',
    pools: [
      { subnet: 'fd00::/64', gateway: 'fd00::1', ...whole },
      { subnet: '10.0.0.0/30', gateway: '10.0.0.1', ...whole },
    ],
  });
  const first = addresses.allocate(['fd00::7']);
  assert.deepEqual(first, [
    { address: '10.0.0.2', prefixLength: 30, gateway: '10.0.0.1' },
    { address: 'fd00::7', prefixLength: 64, gateway: 'fd00::1' },
  ]);
  assert.throws(() => addresses.allocate(['fd00::8']), {
    kind: 'unavailable',
    message: "no available IPv4 addresses on this network's address pools: both (5a)",
  });
  assert.throws(() => addresses.allocate(['10.9.9.9']), {
    kind: 'invalid-parameter',
    message: 'no configured subnet contains IP address 10.9.9.9',
  });
  addresses.release(first);
  assert.deepEqual(addresses.allocate(['fd00::8'])[1]?.address, 'fd00::8');
});
