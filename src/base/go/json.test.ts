import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseGoJson, WrittenNumber } from './json.ts';

const ERRORS: Record<string, string> = {
  '': 'unexpected EOF',
  '{': 'unexpected EOF',
  '[1,': 'unexpected EOF',
  '"abc': 'unexpected EOF',
  tru: 'unexpected EOF',
  '{"a":1': 'unexpected EOF',
  '{"a" 1}': "invalid character '1' after object key",
  '{"Image":"x",}': "invalid character '}' looking for beginning of object key string",
  xyz: "invalid character 'x' looking for beginning of value",
  '[,]': "invalid character ',' looking for beginning of value",
  '{"a":1]': "invalid character ']' after object key:value pair",
  '[1 2]': "invalid character '2' after array element",
  '{"a":"b\nc"}': "invalid character '\\n' in string literal",
  '{"a":"\\x"}': "invalid character 'x' in string escape code",
  "{'a':1}": "invalid character '\\'' looking for beginning of object key string",
  '{"a":-x}': "invalid character 'x' in numeric literal",
  '{"a":1} junk': 'unexpected content after JSON',
  '{"a":1}{}': 'unexpected content after JSON',
};

for (const [text, message] of Object.entries(ERRORS)) {
  test(`${JSON.stringify(text)} is refused in Go's words`, () => {
    assert.throws(() => parseGoJson(text), { kind: 'invalid-parameter', message });
  });
}

test('integers come exact, other numbers as they were written', () => {
  assert.deepEqual(parseGoJson('[1, -7, 9007199254740993, 1.5, 1e3, 1152921504606846976]'), [
    1,
    -7,
    9007199254740993n,
    new WrittenNumber('1.5'),
    new WrittenNumber('1e3'),
    2n ** 60n,
  ]);
});

test('a string may hold what looks like structure, escaped quotes and digits', () => {
  const value = { text: '[[[{{{,,,\\"\\\\12345678901234567890.5e3', other: ['\\', '"', ',', '[1,2'] };
  assert.deepEqual(parseGoJson(JSON.stringify(value)), value);
});

test('a number of hundreds of digits is a number like any other, one of thousands is none', () => {
  const digits = '1'.repeat(1000);
  assert.deepEqual(parseGoJson(`[${digits}]`), [new WrittenNumber(digits)]);
  for (const number of [`${digits}1`, `1.${digits}1`, `1e${digits}1`])
    assert.throws(() => parseGoJson(`[${number}]`), { message: 'a number of more than 1000 digits' });
});

test('more values than the limit are an error of the client', () => {
  assert.equal((parseGoJson(`[${'1,'.repeat(65_535)}1]`) as unknown[]).length, 65_536);
  assert.equal((parseGoJson(JSON.stringify([',,,'.repeat(100_000)])) as unknown[]).length, 1);
  assert.throws(() => parseGoJson(`[${'1,'.repeat(100_000)}1]`), {
    kind: 'invalid-parameter',
    message: 'more than 70000 values',
  });
});

test('absurdly deep nesting is an error of the client', () => {
  assert.throws(() => parseGoJson('['.repeat(2_000_000) + ']'.repeat(2_000_000)), {
    kind: 'invalid-parameter',
    message: 'exceeded max depth',
  });
});
