import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { decodeMessage, encodeMessage, MESSAGE_TYPES, messageBytes } from './message.ts';
import { marshal, splitSignature, unmarshal, type Value } from './wire.ts';

const bytes = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');

function checkBytes(expected: string, signature: string, ...values: Value[]): void {
  assert.deepEqual(marshal(signature, values), bytes(expected));
}

test('values are aligned, and have their lengths before and a NUL behind', () => {
  checkBytes('01000000 02000000', 'yu', 1, 2);
  checkBytes('03000000 666f6f00', 's', 'foo');
  checkBytes('02617300', 'g', 'as');
  checkBytes('01620000 01000000', 'v', { signature: 'b', value: true });
  // The padding before the first element does not count as the array's.
  checkBytes('08000000 00000000 0500000000000000', 'at', [5]);
  checkBytes('0c000000 00000000 01000000 7800 0000 07000000', 'a(su)', [['x', 7]]);
  checkBytes('ffffffffffffffff', 'x', -1);
  checkBytes('02000000 0102', 'ay', new Uint8Array([1, 2]));
});

test('a call has the header of the specification, and its body at a multiple of eight', () => {
  const message = encodeMessage({
    type: MESSAGE_TYPES.call,
    serial: 9,
    path: '/a',
    member: 'M',
    signature: 'u',
    body: [6],
  });
  const expected = [
    '6c01000104000000 09000000 27000000',
    '01016f00 02000000 2f6100 0000000000',
    '03017300 01000000 4d00 000000000000',
    '08016700 017500 00',
    '06000000',
  ];
  assert.deepEqual(message, bytes(expected.join('')));
  assert.equal(messageBytes(message.subarray(0, 16)), message.length);
});

test('values of every type round-trip through marshal and unmarshal', () => {
  const value = fc.oneof(
    fc.tuple(fc.constant('s'), fc.string()),
    fc.tuple(fc.constant('t'), fc.bigInt(0n, 2n ** 64n - 1n)),
    fc.tuple(fc.constant('i'), fc.integer()),
    fc.tuple(fc.constant('b'), fc.boolean()),
    fc.tuple(fc.constant('as'), fc.array(fc.string())),
    fc.tuple(
      fc.constant('a(sv)'),
      fc.array(
        fc.tuple(
          fc.string(),
          fc.nat().map(value => ({ signature: 'u', value })),
        ),
      ),
    ),
  );
  fc.assert(
    fc.property(fc.array(value), list => {
      const signature = list.map(([type]) => type).join('');
      const values = list.map(([, one]) => one as Value);
      assert.deepEqual(unmarshal(signature, marshal(signature, values)), values);
      const message = { type: 4, serial: 1, signature: signature || undefined, body: values };
      assert.deepEqual(decodeMessage(encodeMessage(message)).body, values);
    }),
  );
});

test('bytes that are no message give an error, and never more', () => {
  const message = encodeMessage({
    type: 1,
    serial: 1,
    path: '/x',
    signature: 'a(sv)',
    body: [[['n', { signature: 's', value: 'v' }]]],
  });
  fc.assert(
    fc.property(fc.nat(message.length - 1), fc.nat(255), (at, byte) => {
      const broken = Buffer.from(message);
      broken[at] = byte;
      try {
        decodeMessage(broken);
      } catch (error) {
        assert.ok(error instanceof RangeError || error instanceof TypeError, String(error));
      }
    }),
  );
});

test('a signature is split into complete types', () => {
  assert.deepEqual(splitSignature('sa(sv)a{sas}aau'), ['s', 'a(sv)', 'a{sas}', 'aau']);
  for (const wrong of ['(s', 'a', 'z', '{s']) assert.throws(() => splitSignature(wrong), TypeError);
});
