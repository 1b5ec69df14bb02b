import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  avoidsLabels,
  booleanFilter,
  checkFilters,
  matchesExactly,
  matchesLabels,
  matchesPattern,
} from './filters.ts';

const filters = (entries: Record<string, string[]>) => new Map(Object.entries(entries));

test('an unknown filter is refused in Docker’s words', () => {
  assert.throws(
    () => checkFilters(filters({ foo: ['bar'] }), ['name']),
    /^EngineError: invalid filter 'foo'$/,
  );
  checkFilters(filters({ name: ['bar'] }), ['name']);
});

test('without a filter of the key everything matches', () => {
  assert.ok(matchesExactly(filters({}), 'id', 'x'));
  assert.ok(!matchesExactly(filters({ id: ['y'] }), 'id', 'x'));
  assert.ok(matchesPattern(filters({ name: ['^/?we'] }), 'name', '/web'));
  assert.ok(!matchesPattern(filters({ name: ['^b'] }), 'name', '/web'));
  assert.ok(matchesPattern(filters({ name: ['('] }), 'name', 'a(b'));
});

test('all labels must match, with or without a value', () => {
  const labels = { a: '1', b: '' };
  assert.ok(matchesLabels(filters({ label: ['a', 'a=1', 'b='] }), labels));
  assert.ok(!matchesLabels(filters({ label: ['a', 'c'] }), labels));
  assert.ok(!matchesLabels(filters({ label: ['a=2'] }), labels));
  assert.ok(!avoidsLabels(filters({ 'label!': ['a'] }), labels));
});

test('a boolean filter takes what Go takes', () => {
  assert.equal(booleanFilter(filters({ dangling: ['1', 'true'] }), 'dangling', false), true);
  assert.equal(booleanFilter(filters({ dangling: ['F'] }), 'dangling', true), false);
  assert.throws(() => booleanFilter(filters({ dangling: ['maybe'] }), 'dangling', true));
});
