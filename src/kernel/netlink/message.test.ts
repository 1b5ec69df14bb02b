import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RTM_NEWLINK } from '../abi/rtnetlink.ts';
import { addAddress, addDefaultRoute } from './address-messages.ts';
import { addVethPair, parseLink, setLinkUp } from './link-messages.ts';
import { bytes, decodeAttributes, decodeList, encodeMessage, nested, text, u32, u8 } from './message.ts';
import { addElements, parseElements } from './nftables-messages.ts';

/** Laid out by hand from rtnetlink(7) and the headers it names, spaces between the fields. */
const hex = (...parts: string[]) => parts.join('').replaceAll(' ', '');

test('Bringing a link up is an ifinfomsg with the flag and its mask, and the name.', () => {
  const message = encodeMessage(setLinkUp({ name: 'lo' }), 7, 4);
  assert.equal(
    message.toString('hex'),
    hex(
      '28000000 1000 0500 07000000 00000000',
      '00 00 0000 00000000 01000000 01000000',
      '0700 0300 6c6f00 00',
    ),
  );
});

test('An address is sent with its length, as local address, address and broadcast address.', () => {
  const message = encodeMessage(addAddress({ linkIndex: 3, address: '172.17.0.2', prefixLength: 16 }), 1);
  assert.equal(
    message.toString('hex'),
    hex(
      '30000000 1400 0106 01000000 00000000',
      '02 10 00 00 03000000',
      '0800 0200 ac110002 0800 0100 ac110002 0800 0400 ac11ffff',
    ),
  );
});

test('A default route has no destination, only a gateway.', () => {
  const message = encodeMessage(addDefaultRoute('172.17.0.1'), 1);
  assert.equal(
    message.toString('hex'),
    hex('24000000 1800 0105 01000000 00000000', '02000000 fe030001 00000000', '0800 0500 ac110001'),
  );
});

test('Attributes decode to what was encoded, nested and padded ones too.', () => {
  const [outer] = [
    nested(18, [text(1, 'veth'), nested(2, [u8(4, 1), u32(31, 70000), bytes(9, Buffer.from('xyz'))])]),
  ];
  assert.ok(outer);
  const encoded = encodeMessage({ type: 1, flags: 0, header: new Uint8Array(), attributes: [outer] }, 1);
  const top = decodeAttributes(encoded.subarray(16)).get(18);
  assert.ok(top);
  const inner = decodeAttributes(decodeAttributes(top).get(2) ?? Buffer.alloc(0));
  assert.equal(decodeAttributes(top).get(1)?.toString(), 'veth\0');
  assert.equal(inner.get(4)?.readUInt8(0), 1);
  assert.equal(inner.get(31)?.readUInt32LE(0), 70000);
  assert.equal(inner.get(9)?.toString(), 'xyz');
});

test('Attributes cut short, or of impossible length, end the decoding.', () => {
  assert.equal(decodeAttributes(Buffer.from('0800010001', 'hex')).size, 0);
  assert.equal(decodeAttributes(Buffer.from('0000010000000000', 'hex')).size, 0);
  assert.equal(decodeList(Buffer.from('0300', 'hex')).length, 0);
});

test('A link reads back from its attributes, the other end of a veth included.', () => {
  const header = Buffer.alloc(16);
  header.writeInt32LE(12, 4);
  header.writeUInt32LE(1, 8);
  const attributes = [
    text(3, 'veth0'),
    u32(4, 1450),
    u32(5, 2),
    bytes(1, Buffer.from('0242ac110002', 'hex')),
    nested(18, [text(1, 'veth')]),
  ];
  const encoded = encodeMessage({ type: RTM_NEWLINK, flags: 0, header, attributes }, 1);
  assert.deepEqual(parseLink({ type: RTM_NEWLINK, payload: encoded.subarray(16) }), {
    index: 12,
    up: true,
    name: 'veth0',
    alias: '',
    mtu: 1450,
    masterIndex: 0,
    peerIndex: 2,
    kind: 'veth',
    macAddress: '02:42:ac:11:00:02',
  });
});

test('The far end of a veth pair is made in its namespace by the same message.', () => {
  const { attributes } = addVethPair({ name: 'veth0', peer: { name: 'eth0', namespace: 33 } });
  const information = attributes.find(({ type }) => (type & 0x3fff) === 18);
  const data = decodeAttributes(Buffer.from(information?.value ?? [])).get(2) ?? Buffer.alloc(0);
  const peer = decodeAttributes(data).get(1) ?? Buffer.alloc(0);
  const settings = decodeAttributes(peer.subarray(16));
  assert.equal(settings.get(3)?.toString(), 'eth0\0');
  assert.equal(settings.get(28)?.readUInt32LE(0), 33);
});

test('Elements of an nftables map decode to what was encoded.', () => {
  const element = {
    key: Buffer.from('0600000000500000', 'hex'),
    data: Buffer.from('ac1100021f900000', 'hex'),
  };
  const message = addElements({ version: 4, table: 'slipway', map: 'published' }, [element]);
  const payload = encodeMessage(message, 1).subarray(16);
  assert.deepEqual(parseElements({ type: message.type, payload }), [element]);
});
