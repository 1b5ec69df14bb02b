import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseBridgeIp } from './choose-subnet.ts';
import { formatIpv4, formatSubnet, overlaps, parseIpv4, parseSubnet } from './ipv4.ts';

test('Addresses are numbers, and back.', () => {
  for (const address of ['0.0.0.0', '127.0.0.1', '192.168.255.254', '255.255.255.255'])
    assert.equal(formatIpv4(parseIpv4(address)), address);
});

test('A subnet is found from any address in it.', () => {
  assert.equal(formatSubnet(parseSubnet('192.168.5.77/20')), '192.168.0.0/20');
  assert.deepEqual(parseSubnet('0.0.0.0/0'), { first: 0, last: 0xffffffff, prefixLength: 0 });
});

test('What is no subnet is refused.', () => {
  for (const text of ['10.0.0.0', '10.0.0.0/33', '10.0.0.0/-1', '10.0.0/8', '/8', '10.0.0.0/8x', 'fd00::/8'])
    assert.throws(() => parseSubnet(text), { kind: 'invalid-parameter' }, text);
});

test('Subnets overlap when either holds the other.', () => {
  const large = parseSubnet('172.16.0.0/12');
  const small = parseSubnet('172.17.3.0/24');
  assert.ok(overlaps(large, small) && overlaps(small, large));
  assert.ok(!overlaps(small, parseSubnet('172.17.4.0/24')));
});

test('--bip names the gateway and, by it, the subnet.', () => {
  assert.deepEqual(parseBridgeIp('192.168.5.9/24'), { subnet: '192.168.5.0/24', gateway: '192.168.5.9' });
});
