import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pathMatcher } from './path-match.ts';

/** Pattern, text, whether Go's path.Match says yes; undefined where it says that the pattern is malformed. */
const CASES: [string, string, boolean | undefined][] = [
  ['abc', 'abc', true],
  ['', '', true],
  ['*', '', true],
  // Takes for ever when every star is tried with every text.
  [`${'*a'.repeat(100)}*b`, 'a'.repeat(250), false],
  [`${'*a'.repeat(100)}*`, 'a'.repeat(250), true],
  ['*', 'abc', true],
  ['*c', 'abc', true],
  ['a*', 'ab/c', false],
  ['a*/b', 'abc/b', true],
  ['a*b*c*d*e*/f', 'axbxcxdxe/xxx/f', false],
  ['a*b?c*x', 'abxbbxdbxebxczzx', true],
  ['ab[c]', 'abc', true],
  ['ab[b-d]', 'abc', true],
  ['ab[^c]', 'abc', false],
  ['ab[^e-g]', 'abc', true],
  ['ab[!c]', 'ab!', true],
  ['ab[!c]', 'abc', true],
  ['a\\*b', 'a*b', true],
  ['a\\*b', 'ab', false],
  ['a?b', 'a☺b', true],
  ['a[^a]b', 'a☺b', true],
  ['a?b', 'a/b', false],
  ['a[^b]b', 'a/b', true],
  ['[a-ζ]*', 'α', true],
  ['*[a-ζ]', 'A', false],
  ['[\\]a]', ']', true],
  ['[\\-x]', '-', true],
  ['[x\\-]', 'z', false],
  ['[z-a]', 'm', false],
  ['[^z-a]', 'm', true],
  ['base:[0-9].[0-9]', 'base:1.2', true],
  ['a.c', 'abc', false],
  ['a+(b|c)${}', 'a+(b|c)${}', true],
  ['[]a]', ']', undefined],
  ['[-]', '-', undefined],
  ['[x-]', 'x', undefined],
  ['[-x]', 'x', undefined],
  ['[', 'a', undefined],
  ['[^', 'a', undefined],
  ['[^bc', 'a', undefined],
  ['a[', 'ab', undefined],
  ['[a-b-c]', 'a', undefined],
  ['\\', 'a', undefined],
  ['a\\', 'a', undefined],
];

for (const [pattern, text, expected] of CASES) {
  test(`"${pattern}" ${expected === undefined ? 'is malformed' : `${expected ? 'matches' : 'does not match'} "${text}"`}`, () => {
    if (expected === undefined)
      assert.throws(() => pathMatcher(pattern), {
        kind: 'invalid-parameter',
        message: 'syntax error in pattern',
      });
    else assert.equal(pathMatcher(pattern)(text), expected);
  });
}

test('a pattern beyond all measure is malformed', () => {
  assert.throws(() => pathMatcher('*'.repeat(10_000)), { kind: 'invalid-parameter' });
});
