import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  attributeFilter,
  booleanFilter,
  checkFilters,
  exactFilter,
  labelFilter,
  patternFilter,
} from './filters.ts';

const filters = (entries: Record<string, string[]>) => new Map(Object.entries(entries));

test('an unknown filter is refused in Docker’s words', () => {
  assert.throws(
    () => checkFilters(filters({ foo: ['bar'] }), ['name']),
    /^EngineError: invalid filter 'foo'$/,
  );
  checkFilters(filters({ name: ['bar'] }), ['name']);
});

test('without a filter of the key, or without values, everything matches', async () => {
  for (const none of [filters({}), filters({ id: [] })]) {
    assert.ok(exactFilter(none, 'id')('x'));
    assert.ok((await patternFilter(none, 'id'))('x'));
  }
  assert.ok(!exactFilter(filters({ id: ['y'] }), 'id')('x'));
  assert.ok(exactFilter(filters({ id: ['y'] }), 'id')('x', 'y'));
});

test('patterns are Go’s', async () => {
  const cases: [string, string, boolean][] = [
    ['^/?we', '/web', true],
    ['^b', '/web', false],
    ['e', 'web', true],
    ['w.b', 'web', true],
    ['(?i)WEB', 'web', true],
    ['^[[:alpha:]]+$', 'web', true],
    ['^[[:alpha:]]+$', 'web1', false],
    ['\\Qa.b\\E', 'a.b', true],
    ['\\Qa.b\\E', 'axb', false],
    ['\\Aweb\\z', 'web', true],
    ['(?P<name>w)eb', 'web', true],
    ['\\p{Lu}', 'weB', true],
    ['\\p{Lu}', 'web', false],
    // What Go cannot read matches nothing but itself.
    ['(', 'a(b', false],
    ['(', '(', true],
    ['(?=w)', 'web', false],
    ['(w)\\1', 'ww', false],
    ['(a+)+$', `${'a'.repeat(10_000)}!`, false],
  ];
  for (const [pattern, text, expected] of cases) {
    const matches = await patternFilter(filters({ name: [pattern] }), 'name');
    assert.equal(matches(text), expected, `${pattern} ${text.slice(0, 20)}`);
  }
});

test('one of several patterns and of several names is enough', async () => {
  const matches = await patternFilter(filters({ name: ['^a', '^b'] }), 'name');
  assert.ok(matches('x', 'b'));
  assert.ok(!matches('x', 'y'));
});

test('patterns beyond all measure are refused, however short they are; plain texts never are', async () => {
  const refused = { kind: 'invalid-parameter', message: "invalid filter 'name': its patterns are too large" };
  for (const pattern of ['a{1000}'.repeat(10), 'x.'.repeat(2000), '(?:a?){500}'.repeat(5)])
    await assert.rejects(patternFilter(filters({ name: [pattern] }), 'name'), refused);
  await assert.rejects(patternFilter(filters({ name: Array(1000).fill('a.b') }), 'name'), refused);
  const ids = Array.from({ length: 5000 }, (_, index) => String(index).padStart(64, '0'));
  assert.ok((await patternFilter(filters({ id: ids }), 'id'))('0'.repeat(64)));
});

test('all labels must match, with or without a value', () => {
  const labels = { a: '1', b: '' };
  assert.ok(labelFilter(filters({ label: ['a', 'a=1', 'b='] }))(labels));
  assert.ok(!labelFilter(filters({ label: ['a', 'c'] }))(labels));
  assert.ok(!labelFilter(filters({ label: ['a=2'] }))(labels));
  assert.ok(!labelFilter(filters({ 'label!': ['a'] }))(labels));
  assert.ok(labelFilter(filters({ 'label!': ['a=2', 'c'] }))(labels));
  assert.ok(!labelFilter(filters({ label: ['a'] }))(null));
});

test('inherited properties of objects are not labels', () => {
  for (const label of ['toString', 'constructor', '__proto__', 'hasOwnProperty', 'constructor=x']) {
    assert.ok(!labelFilter(filters({ label: [label] }))({ a: '1' }), label);
    assert.ok(labelFilter(filters({ 'label!': [label] }))({ a: '1' }), label);
  }
  const given = JSON.parse('{"__proto__":"x","constructor":"y"}') as Record<string, string>;
  assert.ok(labelFilter(filters({ label: ['__proto__=x', 'constructor'] }))(given));
  assert.ok(attributeFilter(filters({ label: ['a'] }))(key => (key === 'a' ? '' : undefined)));
});

test('a boolean filter takes what Go takes', () => {
  assert.equal(booleanFilter(filters({ dangling: ['1', 'true'] }), 'dangling', false), true);
  assert.equal(booleanFilter(filters({ dangling: ['F'] }), 'dangling', true), false);
  assert.throws(() => booleanFilter(filters({ dangling: ['maybe'] }), 'dangling', true));
});
