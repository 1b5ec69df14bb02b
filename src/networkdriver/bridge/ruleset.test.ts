import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Endpoint } from '../driver.ts';
import { publishedElements } from './published-elements.ts';
import { rulesetOf } from './ruleset.ts';

const front = {
  device: 'slipway0',
  subnets: ['172.17.0.0/16'],
  internal: false,
  icc: true,
  masquerade: true,
};
const closed = { ...front, device: 'br-1', subnets: ['172.18.0.0/16'], internal: true };

test('Without networks the table goes.', () => {
  assert.equal(rulesetOf('mine', [], { hasIpv6: false }), 'add table ip mine\ndelete table ip mine\n');
});

test('The maps of published ports are made, never flushed.', () => {
  const script = rulesetOf('mine', [front], { hasIpv6: true });
  assert.match(script, /^add map ip mine published \{/m);
  assert.match(script, /^add map ip mine published_at \{/m);
  assert.doesNotMatch(script, /flush (map|table)/);
});

test('Only networks that are not internal get a way out.', () => {
  const script = rulesetOf('mine', [front, closed], { hasIpv6: true });
  assert.match(script, /^add element ip mine outbound \{ 172\.17\.0\.0\/16 \}$/m);
  assert.match(script, /add element ip mine internal \{ "br-1" \}/);
});

test('Every rule is of a chain that was flushed before.', () => {
  const lines = rulesetOf('mine', [front, closed], { hasIpv6: true }).split('\n');
  const flushed = new Set(lines.flatMap(line => line.match(/^flush chain ip mine (\S+)/)?.[1] ?? []));
  const filled = lines.flatMap(line => line.match(/^add rule ip mine (\S+)/)?.[1] ?? []);
  assert.deepEqual(new Set(filled), flushed);
});

test('Published ports are elements as nft(8) encodes them: fields in network order, padded to four bytes.', () => {
  const port = { protocol: 'udp', containerPort: 8080, hostPort: 80 } as const;
  const endpoint: Endpoint = {
    endpointId: 'e',
    networkId: 'n',
    interfaceName: 'eth0',
    addresses: [{ address: '172.17.0.2', prefixLength: 16, gateway: '172.17.0.1' }],
    macAddress: '02:42:ac:11:00:02',
    ports: [
      { ...port, hostIp: '0.0.0.0' },
      { ...port, hostIp: '1.2.3.4' },
    ],
  };
  const hex = publishedElements(endpoint).map(({ map, element }) => [
    map,
    element.key.toString('hex'),
    element.data.toString('hex'),
  ]);
  assert.deepEqual(hex, [
    ['published', '1100000000500000', 'ac1100021f900000'],
    ['published_at', '010203041100000000500000', 'ac1100021f900000'],
  ]);
});

test('Networks with IPv6 have a table for it, which has no way in, and none for those without.', () => {
  const both = { ...front, device: 'br-2', subnets: ['172.19.0.0/16', 'fd00:1::/64'] };
  const script = rulesetOf('mine', [both, closed], { hasIpv6: true });
  assert.match(script, /^add element ip6 mine outbound \{ fd00:1::\/64 \}$/m);
  assert.match(script, /^add element ip6 mine home \{ fd00:1::\/64 \. "br-2" \}$/m);
  assert.match(script, /^add element ip6 mine internal \{ "br-1" \}$/m);
  assert.match(script, /^add rule ip6 mine forward oifname @bridges drop$/m);
  assert.doesNotMatch(script, /ip6 mine .*dnat ip6/);
  assert.match(rulesetOf('mine', [closed], { hasIpv6: true }), /^delete table ip6 mine$/m);
  assert.doesNotMatch(rulesetOf('mine', [both], { hasIpv6: false }), /ip6 mine/);
});
