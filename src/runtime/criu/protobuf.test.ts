import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeFields, encodeFields } from './protobuf.ts';

const text = (value: unknown) => Buffer.from(value as Uint8Array).toString();

test('fields are encoded with their numbers and types', () => {
  const bytes = encodeFields([
    [1, 150],
    [2, 'testing'],
    [3, [[1, true]]],
    [34, 0x4000_0000],
  ]);
  assert.equal(bytes.toString('hex'), '089601120774657374696e671a02080190028080808004');
});

test('what is encoded is decoded again, and what is no message refused', () => {
  const fields = decodeFields(
    encodeFields([
      [1, 7],
      [2, 'a'],
      [3, [[4, 'b']]],
      [50, true],
    ]),
  );
  assert.equal(fields.get(1), 7n);
  assert.equal(text(fields.get(2)), 'a');
  assert.equal(text(decodeFields(fields.get(3) as Uint8Array).get(4)), 'b');
  assert.equal(fields.get(50), 1n);
  assert.equal(
    BigInt.asIntN(32, decodeFields(Buffer.from('38ffffffffffffffffff01', 'hex')).get(7) as bigint),
    -1n,
  );
  for (const wrong of ['0a05', '08', '0d0000', '00'])
    assert.throws(() => decodeFields(Buffer.from(wrong, 'hex')), Error);
});
