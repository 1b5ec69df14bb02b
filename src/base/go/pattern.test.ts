import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compilePattern } from './pattern.ts';

const MATCHES: [string, string[], string[]][] = [
  ['b', ['abc'], ['a']],
  ['^/a', ['/ab'], ['b/a']],
  ['a$', ['ba'], ['ab', 'a\n']],
  ['^a b$', ['a b'], ['xa b', 'a bx', '']],
  ['^$', [''], ['a']],
  ['$^', [''], ['$^']],
  ['^a|b$', ['ax', 'xb'], ['xa']],
  ['(?i)FOO', ['xfoo'], ['fo']],
];

for (const [source, matching, others] of MATCHES)
  test(`the pattern ${source} matches what Go's does, again and again`, async () => {
    for (let round = 0; round < 2; round++) {
      const matches = await compilePattern(source);
      assert.deepEqual([matching.every(matches), others.some(matches)], [true, false]);
    }
  });

test('what is no pattern is refused, again and again', async () => {
  for (let round = 0; round < 2; round++) await assert.rejects(compilePattern('a('), SyntaxError);
});
