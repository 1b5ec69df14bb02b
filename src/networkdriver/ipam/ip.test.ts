import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseBridgeIp } from './choose-subnet.ts';
import { formatIp, formatSubnet, overlaps, parseIp, parseSubnet } from './ip.ts';

test('Addresses are numbers, and back.', () => {
  for (const address of [
    '0.0.0.0',
    '127.0.0.1',
    '192.168.255.254',
    '255.255.255.255',
    '::',
    'fd00:1::7',
    '::1',
  ])
    assert.equal(formatIp(parseIp(address)), address);
  assert.equal(formatIp(parseIp('FD00:0001:0:0::7')), 'fd00:1::7');
});

test('A subnet is found from any address in it.', () => {
  assert.equal(formatSubnet(parseSubnet('192.168.5.77/20')), '192.168.0.0/20');
  assert.equal(formatSubnet(parseSubnet('fd00:1::77/64')), 'fd00:1::/64');
  assert.deepEqual(parseSubnet('0.0.0.0/0'), { version: 4, first: 0n, last: 0xffffffffn, prefixLength: 0 });
});

test('What is no subnet is refused.', () => {
  for (const text of [
    '10.0.0.0',
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0.0/8',
    '/8',
    '10.0.0.0/8x',
    'fd00::/129',
    'fe80::1%eth0/64',
  ])
    assert.throws(() => parseSubnet(text), { kind: 'invalid-parameter' }, text);
});

test('Subnets overlap when either holds the other.', () => {
  const large = parseSubnet('172.16.0.0/12');
  const small = parseSubnet('172.17.3.0/24');
  assert.ok(overlaps(large, small) && overlaps(small, large));
  assert.ok(!overlaps(small, parseSubnet('172.17.4.0/24')));
  assert.ok(!overlaps(parseSubnet('0.0.0.0/0'), parseSubnet('::/0')));
});

test('--bip names the gateway and, by it, the subnet.', () => {
  assert.deepEqual(parseBridgeIp('192.168.5.9/24'), { subnet: '192.168.5.0/24', gateway: '192.168.5.9' });
});
