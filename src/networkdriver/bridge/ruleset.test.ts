import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Endpoint } from '../driver.ts';
import { publishedElements } from './published-elements.ts';
import type { FirewallNetwork } from './network-elements.ts';
import { rulesetOf } from './ruleset.ts';

const front = {
  device: 'slipway0',
  subnets: ['172.17.0.0/16'],
  internal: false,
  icc: true,
  masquerade: true,
  modes: { 4: 'nat', 6: 'nat' },
  sources: [],
  trusted: [],
} satisfies FirewallNetwork;
const closed = { ...front, device: 'br-1', subnets: ['172.18.0.0/16'], internal: true };

test('Without networks the table goes.', () => {
  assert.equal(rulesetOf('mine', [], { hasIpv6: false }), 'add table ip mine\ndelete table ip mine\n');
});

test('The maps of published ports are made, never flushed.', () => {
  const script = rulesetOf('mine', [front], { hasIpv6: true });
  assert.match(script, /^add map ip mine published \{/m);
  assert.match(script, /^add map ip mine published_at \{/m);
  assert.doesNotMatch(script, /flush (map|set) ip mine (published|published_at|open|linked)$|flush table/m);
});

test('Only networks that are not internal get a way out.', () => {
  const script = rulesetOf('mine', [front, closed], { hasIpv6: true });
  assert.match(script, /^add element ip mine outbound \{ 172\.17\.0\.0\/16 \}$/m);
  assert.match(script, /add element ip mine internal \{ "br-1" \}/);
});

test('Every rule is of a chain that was flushed before.', () => {
  const lines = rulesetOf('mine', [front, closed], { hasIpv6: true }).split('\n');
  const flushed = new Set(lines.flatMap(line => line.match(/^flush chain ip mine (\S+)/)?.[1] ?? []));
  // The administrators' chain is theirs.
  assert.ok(!flushed.has('administrators'));
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
  const hex = publishedElements(endpoint, new Set()).map(({ map, element }) => [
    map,
    element.key.toString('hex'),
    element.data.toString('hex'),
  ]);
  assert.deepEqual(hex, [
    ['published', '1100000000500000', 'ac1100021f900000'],
    ['published_at', '010203041100000000500000', 'ac1100021f900000'],
  ]);
});

test('Networks with IPv6 have a table for it, and none for those without.', () => {
  const both = { ...front, device: 'br-2', subnets: ['172.19.0.0/16', 'fd00:1::/64'] };
  const script = rulesetOf('mine', [both, closed], { hasIpv6: true });
  assert.match(script, /^add element ip6 mine outbound \{ fd00:1::\/64 \}$/m);
  assert.match(script, /^add element ip6 mine home \{ fd00:1::\/64 \. "br-2" \}$/m);
  assert.match(script, /^add element ip6 mine internal \{ "br-1" \}$/m);
  assert.match(script, /^add rule ip6 mine forward oifname @bridges drop$/m);
  assert.match(script, /^add map ip6 mine published \{ type inet_proto \. inet_service : ipv6_addr /m);
  assert.match(rulesetOf('mine', [closed], { hasIpv6: true }), /^delete table ip6 mine$/m);
  assert.doesNotMatch(rulesetOf('mine', [both], { hasIpv6: false }), /ip6 mine/);
});

test('How a network is reached decides which sets it is in.', () => {
  const modes = { 4: 'routed', 6: 'nat-unprotected' } as const;
  const subnets = ['172.19.0.0/16', 'fd00:1::/64'];
  const routed = { ...front, device: 'br-2', subnets, modes, trusted: ['eth1'] };
  const script = rulesetOf('mine', [routed], { hasIpv6: true });
  assert.match(script, /^add element ip mine routed \{ "br-2" \}$/m);
  assert.match(script, /^add element ip6 mine unprotected \{ "br-2" \}$/m);
  assert.match(script, /^add element ip mine trusted \{ "eth1" \. "br-2" \}$/m);
  assert.match(script, /^add element ip6 mine outbound \{ fd00:1::\/64 \}$/m);
  assert.doesNotMatch(script, /^add element ip mine outbound/m);
  const sourced = { ...front, sources: ['192.0.2.7'] };
  assert.match(
    rulesetOf('mine', [sourced], { hasIpv6: false }),
    /^add element ip mine sources \{ 172\.17\.0\.0\/16 : 192\.0\.2\.7 \}$/m,
  );
});

test('A table in which administrators have rules stays without networks, and does nothing.', () => {
  const script = rulesetOf('mine', [], { hasIpv6: true, kept: [4] });
  assert.doesNotMatch(script, /delete table ip mine/);
  assert.doesNotMatch(script, /^add element/m);
  assert.match(script, /^delete table ip6 mine$/m);
});

test('What is published without translation is an element of a set, and links are.', () => {
  const port = { protocol: 'sctp', containerPort: 80, hostIp: '::', hostPort: 0 } as const;
  const link = { from: '172.17.0.3', to: '172.17.0.2', protocol: 'tcp', port: 80 } as const;
  const endpoint: Endpoint = {
    endpointId: 'e',
    networkId: 'n',
    interfaceName: 'eth0',
    addresses: [{ address: 'fd00::2', prefixLength: 64, gateway: 'fd00::1' }],
    macAddress: '02:42:ac:11:00:02',
    ports: [port],
    links: [link],
  };
  const hex = publishedElements(endpoint, new Set([6])).map(({ version, map, element }) => [
    version,
    map,
    element.key.toString('hex'),
  ]);
  assert.deepEqual(hex, [
    [6, 'open', 'fd000000000000000000000000000002840000000050'.concat('0000')],
    [4, 'linked', 'ac110003ac110002060000000050'.concat('0000')],
  ]);
  assert.equal(publishedElements({ ...endpoint, links: [] }, new Set()).length, 0);
});
