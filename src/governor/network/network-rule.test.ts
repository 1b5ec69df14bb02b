import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseNetworkRule } from './network-rule.ts';

test('a rule is an address with a prefix and a port, of IPv4 or IPv6', () => {
  assert.deepEqual(parseNetworkRule('10.1.2.3/8:443'), {
    family: 4,
    address: Buffer.from([10, 0, 0, 0]),
    prefixLength: 8,
    port: 443,
  });
  assert.deepEqual(parseNetworkRule('192.0.2.1').prefixLength, 32);
  const rule = parseNetworkRule('[2001:db8::1/33]:53');
  assert.equal(rule.address.toString('hex'), '20010db8000000000000000000000000');
  assert.deepEqual([rule.family, rule.prefixLength, rule.port], [6, 33, 53]);
  assert.equal(
    parseNetworkRule('[::ffff:192.0.2.1]').address.toString('hex'),
    '00000000000000000000ffffc0000201',
  );
  assert.equal(parseNetworkRule('[::]').address.toString('hex'), '0'.repeat(32));
});

test('what is none is refused', () => {
  for (const text of [
    '',
    'example.com',
    '10.0.0.0/33',
    '10.0.0.256',
    '10.0.0.1:65536',
    '2001:db8::1',
    '[::1/129]',
    '[10.0.0.1]x',
  ])
    assert.throws(() => parseNetworkRule(text), /want ADDRESS/, text);
});
