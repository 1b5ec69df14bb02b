import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  booleanParameter,
  filtersParameter,
  integerParameter,
  sizeParameters,
  timeParameter,
} from './query.ts';

const query = (text: string) => new URLSearchParams(text);
const filters = (value: unknown) => query(`filters=${encodeURIComponent(JSON.stringify(value))}`);

test('booleans are what Docker takes for true', () => {
  for (const value of ['1', 'true', 'True', 'yes', 'on', 'x', '2'])
    assert.equal(booleanParameter(query(`a=${value}`), 'a'), true, value);
  for (const value of ['', '0', 'no', 'NO', 'false', 'False', 'none', '%20'])
    assert.equal(booleanParameter(query(`a=${value}`), 'a'), false, value);
  assert.equal(booleanParameter(query(''), 'a'), false);
  assert.equal(booleanParameter(query(''), 'a', true), true);
});

test('integers are decimal, and absent when empty', () => {
  assert.equal(integerParameter(query('t=-1'), 't'), -1);
  assert.equal(integerParameter(query('t='), 't'), undefined);
  for (const value of ['x', '1.5', '0x10', '99999999999999999999'])
    assert.throws(() => integerParameter(query(`t=${value}`), 't'), { kind: 'invalid-parameter' });
});

test('sizes are refused in Docker words', () => {
  assert.deepEqual(sizeParameters(query('h=24&w=80')), { rows: 24, columns: 80 });
  const problems = {
    'h=a&w=1': 'invalid resize height "a": invalid syntax',
    'h=1': 'invalid resize width "": invalid syntax',
    'h=1&w=-3': 'invalid resize width "-3": value out of range',
    'h=99999999999&w=1': 'invalid resize height "99999999999": value out of range',
  };
  for (const [text, message] of Object.entries(problems))
    assert.throws(() => sizeParameters(query(text)), { kind: 'invalid-parameter', message });
});

test('times keep their nanoseconds', () => {
  assert.equal(timeParameter(query('since=1700000000.123456789'), 'since'), 1_700_000_000_123_456_789n);
  assert.equal(timeParameter(query('since=5.5'), 'since'), 5_500_000_000n);
  assert.equal(timeParameter(query('since=0'), 'since'), 0n);
  assert.equal(timeParameter(query('since='), 'since'), undefined);
  assert.throws(() => timeParameter(query('since=yesterday'), 'since'), { kind: 'invalid-parameter' });
});

test('filters come in both forms', () => {
  const expected = new Map([['label', ['a=b', 'c']]]);
  assert.deepEqual(filtersParameter(filters({ label: ['a=b', 'c'] })), expected);
  assert.deepEqual(filtersParameter(filters({ label: { 'a=b': true, c: true } })), expected);
  assert.deepEqual(filtersParameter(query('')), new Map());
});

test('null in a filter is nothing, an empty text, or false', () => {
  assert.deepEqual(filtersParameter(filters(null)), new Map());
  assert.deepEqual(
    filtersParameter(filters({ label: null, name: [null], id: { a: null } })),
    new Map([
      ['label', []],
      ['name', ['']],
      ['id', ['a']],
    ]),
  );
});

test('a filter called __proto__ is a filter like any other', () => {
  const text = encodeURIComponent('{"__proto__":["a"]}');
  assert.throws(() => filtersParameter(query(`filters=${text}`), ['label']), {
    message: "invalid filter '__proto__'",
  });
  assert.throws(() => filtersParameter(filters({ id: Array(10_001).fill('x') })), {
    message: 'invalid filter: more than 10000 values',
  });
});

test('filters that mean nothing are refused', () => {
  assert.throws(() => filtersParameter(filters({ foo: ['a'] }), ['label']), {
    kind: 'invalid-parameter',
    message: "invalid filter 'foo'",
  });
  const bad = ['{', '[]', '"a"', '{"label":5}', '{"label":[5]}', '{"label":{"a":"b"}}', '{"label":"a"}'];
  for (const text of bad)
    assert.throws(
      () => filtersParameter(query(`filters=${encodeURIComponent(text)}`)),
      { kind: 'invalid-parameter', message: 'invalid filter' },
      text,
    );
});
