import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeJson, encodeJson } from './exact-json.ts';

test('integers of 64 bits come through JSON as they were', () => {
  const text =
    '{"a":9223372036854775807,"b":[-9223372036854775808,18446744073709551615,9007199254740993],"c":1.5}';
  const value = decodeJson(text);
  assert.deepEqual(value, {
    a: 9223372036854775807n,
    b: [-9223372036854775808n, 18446744073709551615n, 9007199254740993n],
    c: 1.5,
  });
  assert.equal(encodeJson(value), text);
});

test('what a number holds exactly is a number', () => {
  assert.deepEqual(decodeJson('[9007199254740991,-9007199254740991,0,"1234567890123456789",1e20]'), [
    Number.MAX_SAFE_INTEGER,
    Number.MIN_SAFE_INTEGER,
    0,
    '1234567890123456789',
    1e20,
  ]);
});

test('errors are those of JSON itself', () => {
  assert.throws(() => decodeJson('{'), SyntaxError);
  assert.throws(() => decodeJson('[1234567890123456789'), SyntaxError);
  const circle: unknown[] = [];
  circle.push(circle);
  assert.throws(() => encodeJson(circle), TypeError);
});
