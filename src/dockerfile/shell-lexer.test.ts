import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { EngineError } from '../base/errors.ts';
import { expandWord, expandWords, type LexerOptions } from './shell-lexer.ts';

const VARIABLES = new Map([
  ['V', 'foo.bar.baz'],
  ['E', ''],
  ['X', 'a b'],
  ['P', '/usr/local/bin'],
]);

const WORDS: [string, string, LexerOptions?][] = [
  ['a$V', 'afoo.bar.baz'],
  ['a${V}b', 'afoo.bar.bazb'],
  ['$NO', ''],
  ['${NO:-y}|${E:-y}|${E-y}|${NO-y}', 'y|y||y'],
  ['${NO:+y}|${E:+y}|${E+y}|${V:+y}', '||y|y'],
  ['${NO:-${E:-${V}}}', 'foo.bar.baz'],
  ['${V#*.}|${V##*.}|${V%.*}|${V%%.*}', 'bar.baz|baz|foo.bar|foo'],
  ['${V/ba/x}|${V//ba/x}', 'foo.xr.baz|foo.xr.xz'],
  ['${V//\\./-}', 'foo-bar-baz'],
  ['${V//*/x}|${E//*/x}|${V//b?/x}|${V/o*b/x}', 'x|x|foo.xr.xz|fxaz'],
  ['${V//./$}', 'foo$bar$baz'],
  ['${P##*/}|${P%/*}', 'bin|/usr/local'],
  ['${V?no}', 'foo.bar.baz'],
  [`'$V'"$V"`, '$Vfoo.bar.baz'],
  ['\\$V \\a', '$V a'],
  ['"\\a\\"\\$"', '\\a"$'],
  ['$', '$'],
  ['$1x', 'x'],
  ['`$V', '$V', { escape: '`' }],
  ['$NO ${NO}', '$NO ${NO}', { skipUnset: true }],
  [`"a" 'b'`, `"a" 'b'`, { rawQuotes: true }],
];

for (const [text, expected, options] of WORDS) {
  test(`${text} becomes ${expected}`, () => assert.equal(expandWord(text, VARIABLES, options), expected));
}

const FAILURES: [string, RegExp][] = [
  [`'a`, /single-quote/],
  [`"a`, /double-quote/],
  ['${V', /missing '}'/],
  ['${}', /bad substitution/],
  ['${V!}', /unsupported modifier \(!\)/],
  ['${V:#a}', /unsupported modifier/],
  ['${NO?}', /^NO: is not allowed to be unset$/],
  ['${E:?}', /^E: is not allowed to be empty$/],
  ['${NO:?give it}', /^NO: give it$/],
  ['${V/a}', /missing '\/'/],
];

for (const [text, message] of FAILURES) {
  test(`${text} is refused`, () => assert.throws(() => expandWord(text, VARIABLES), { message }));
}

test('words end at white space outside of quotes, in values too', () => {
  assert.deepEqual(expandWords(`a "b c" $X "$X" ''`, VARIABLES), ['a', 'b c', 'a', 'b', 'a b', '']);
});

test('no text does harm', () => {
  const pieces = fc.constantFrom(
    '$',
    '{',
    '}',
    'V',
    'X',
    ':',
    '-',
    '+',
    '?',
    '#',
    '%',
    '/',
    '*',
    '"',
    "'",
    '\\',
    ' ',
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 40 }), list => {
      try {
        expandWord(list.join(''), VARIABLES);
      } catch (error) {
        assert.ok(error instanceof EngineError, String(error));
      }
    }),
    { numRuns: 3000 },
  );
});

test('values that make each other longer have an end', () => {
  const long = new Map([['A', 'x'.repeat(70_000)]]);
  assert.throws(() => expandWord('$A$A', long), /variables expand to more/);
  assert.equal(expandWord('${A%%*x*x*y}', long).length, 70_000);
  assert.throws(() => expandWord(`\${A//${'x?'.repeat(1000)}y/}`, long), /a pattern is too long/);
});
