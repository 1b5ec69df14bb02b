import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytes, exactInteger, flag, integer, list, map, message, nested, text, time } from './protobuf.ts';

const INNER = message({ name: [1, text], count: [2, integer] });
const OUTER = message({
  text: [1, text],
  flag: [2, flag],
  inner: [3, nested(INNER)],
  list: [4, list(nested(INNER))],
  texts: [5, list(text)],
  map: [6, map(text)],
  data: [7, bytes],
  at: [8, time],
  exact: [9, exactInteger],
  number: [10, integer],
});

test('a message is read as it was written', () => {
  const value = {
    text: 'a',
    flag: true,
    inner: { name: 'b', count: -1 },
    list: [
      { name: 'c', count: 2 ** 40 },
      { name: '', count: 0 },
    ],
    texts: ['x', '', 'y'],
    map: { k: 'v', __proto__: 'own' },
    data: new Uint8Array([1, 2]),
    at: 1_700_000_000_123,
    exact: 1_700_000_000_123_456_789n,
    number: 2 ** 31 + 0o755,
  };
  const decoded = OUTER.decode(OUTER.encode(value));
  assert.deepEqual({ ...decoded, map: { ...decoded.map } }, { ...value, map: { k: 'v' } });
});

test('zero values take no room, and what is absent is zero', () => {
  assert.equal(OUTER.encode({ text: '', flag: false, number: 0, list: [] }).length, 0);
  const { inner, list: none, map: empty, at } = OUTER.decode(new Uint8Array());
  assert.deepEqual([inner, none, Object.keys(empty), at], [undefined, [], [], undefined]);
});

test('unknown fields are left out', () => {
  assert.deepEqual(
    { ...INNER.decode(OUTER.encode({ text: 'a', flag: true, texts: ['x'] })) },
    { name: 'a', count: 1 },
  );
});

test('the bytes are those of proto3', () => {
  assert.equal(Buffer.from(INNER.encode({ name: 'ab', count: 300 })).toString('hex'), '0a02616210ac02');
});
