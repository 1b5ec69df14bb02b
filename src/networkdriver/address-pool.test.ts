import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AddressPool } from './address-pool.ts';

test('Addresses are given out in order, without the gateway and the ends of the subnet.', () => {
  const pool = new AddressPool('10.0.0.0/29', '10.0.0.1');
  const given = Array.from({ length: 5 }, () => pool.allocate(''));
  assert.deepEqual(given, ['10.0.0.2', '10.0.0.3', '10.0.0.4', '10.0.0.5', '10.0.0.6']);
  assert.throws(() => pool.allocate(''), {
    kind: 'unavailable',
    message: "no available IPv4 addresses on this network's address pools",
  });
});

test('A released address comes round last.', () => {
  const pool = new AddressPool('10.0.0.0/29', '10.0.0.1');
  pool.release(pool.allocate(''));
  const given = Array.from({ length: 5 }, () => pool.allocate(''));
  assert.deepEqual(given, ['10.0.0.3', '10.0.0.4', '10.0.0.5', '10.0.0.6', '10.0.0.2']);
});

test('A fixed address is given once, and again after its release.', () => {
  const pool = new AddressPool('172.17.0.0/16', '172.17.0.1');
  assert.equal(pool.allocate('172.17.200.3'), '172.17.200.3');
  assert.throws(() => pool.allocate('172.17.200.3'), { kind: 'forbidden' });
  pool.release('172.17.200.3');
  assert.equal(pool.allocate('172.17.200.3'), '172.17.200.3');
});

test('The gateway, the ends of the subnet, and what lies outside cannot be had.', () => {
  const pool = new AddressPool('172.17.0.0/16', '172.17.0.1');
  for (const taken of ['172.17.0.1', '172.17.0.0', '172.17.255.255'])
    assert.throws(() => pool.allocate(taken), { kind: 'forbidden' }, taken);
  for (const outside of ['172.18.0.2', '172.17.0', 'abc', '::1', '172.17.0.256'])
    assert.throws(() => pool.allocate(outside), { kind: 'invalid-parameter' }, outside);
});

test('Restored addresses are taken, and the next one comes after them.', () => {
  const pool = new AddressPool('10.0.0.0/24', '10.0.0.1');
  pool.restore('10.0.0.7');
  pool.restore('10.0.0.4');
  assert.equal(pool.allocate(''), '10.0.0.8');
  assert.throws(() => pool.allocate('10.0.0.4'), { kind: 'forbidden' });
});

test('In a subnet of two addresses the one that is not the gateway is a host.', () => {
  const pool = new AddressPool('10.0.0.0/31', '10.0.0.0');
  assert.equal(pool.allocate(''), '10.0.0.1');
  assert.throws(() => pool.allocate(''), { kind: 'unavailable' });
});
