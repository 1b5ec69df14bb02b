import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseGoJson, WrittenNumber } from './go-json.ts';

const ERRORS: Record<string, string> = {
  '': 'invalid JSON: got EOF while reading request body',
  ' \n': 'invalid JSON: got EOF while reading request body',
  '{': 'invalid JSON: unexpected EOF',
  '[1,': 'invalid JSON: unexpected EOF',
  '"abc': 'invalid JSON: unexpected EOF',
  tru: 'invalid JSON: unexpected EOF',
  '{"a":1': 'invalid JSON: unexpected EOF',
  '{"a" 1}': "invalid JSON: invalid character '1' after object key",
  '{"Image":"x",}': "invalid JSON: invalid character '}' looking for beginning of object key string",
  xyz: "invalid JSON: invalid character 'x' looking for beginning of value",
  '[,]': "invalid JSON: invalid character ',' looking for beginning of value",
  '{"a":1]': "invalid JSON: invalid character ']' after object key:value pair",
  '[1 2]': "invalid JSON: invalid character '2' after array element",
  '{"a":"b\nc"}': "invalid JSON: invalid character '\\n' in string literal",
  '{"a":"\\x"}': "invalid JSON: invalid character 'x' in string escape code",
  "{'a':1}": "invalid JSON: invalid character '\\'' looking for beginning of object key string",
  '{"a":-x}': "invalid JSON: invalid character 'x' in numeric literal",
  '{"a":1} junk': 'unexpected content after JSON',
  '{"a":1}{}': 'unexpected content after JSON',
};

for (const [text, message] of Object.entries(ERRORS)) {
  test(`${JSON.stringify(text)} is refused in Go's words`, () => {
    assert.throws(() => parseGoJson(text), { kind: 'invalid-parameter', message });
  });
}

test('numbers that JavaScript would change are kept as written', () => {
  assert.deepEqual(parseGoJson('[1, -7, 9007199254740993, 1.5, 1e3, 1152921504606846976]'), [
    1,
    -7,
    new WrittenNumber('9007199254740993'),
    new WrittenNumber('1.5'),
    new WrittenNumber('1e3'),
    2 ** 60,
  ]);
});

test('absurdly deep nesting is an error of the client', () => {
  assert.throws(() => parseGoJson('['.repeat(2_000_000) + ']'.repeat(2_000_000)), {
    kind: 'invalid-parameter',
    message: 'invalid JSON: exceeded max depth',
  });
});
