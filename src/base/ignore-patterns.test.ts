import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { EngineError } from './errors.ts';
import { IgnorePatterns, readIgnoreFile } from './ignore-patterns.ts';

/** Patterns, a path, whether moby/patternmatcher leaves it out. */
const CASES: [string[], string, boolean][] = [
  [['a'], 'a', true],
  [['a'], 'a/b/c', true],
  [['a'], 'ab', false],
  [['*'], 'a/b', true],
  [['*.txt'], 'a.txt', true],
  [['*.txt'], 'd/a.txt', false],
  [['**/*.txt'], 'a.txt', true],
  [['**/*.txt'], 'd/e/a.txt', true],
  [['**.txt'], 'd/a.txt', true],
  [['**foo'], 'xfoo', true],
  [['**/foo'], 'xfoo', false],
  [['**/foo'], 'foo', true],
  [['**/foo'], 'a/foo/b', true],
  [['a**/b'], 'ab', true],
  [['a**/b'], 'ax/y/b', true],
  [['a**/b'], 'axb', false],
  [['dir/**'], 'dir/x/y', true],
  [['dir/**'], 'dir', false],
  [['a/**/b'], 'a/b', true],
  [['a/**/b'], 'a/x/y/b', true],
  [['a/**/b'], 'ab', false],
  [['**'], 'a/b', true],
  [['a?c'], 'abc', true],
  [['a?c'], 'a/c', false],
  [['[a-c]x'], 'bx', true],
  [['[^a-c]x'], 'bx', false],
  [['a\\*b'], 'a*b', true],
  [['a\\*b'], 'axb', false],
  [['a.b'], 'axb', false],
  [['a+b(c)'], 'a+b(c)', true],
  [['*', '!**/*.py'], 'sub/a.py', false],
  [['*', '!**/*.py'], 'sub/a.txt', true],
  [['**', '!u/d', 'u/d/foo'], 'u/d/foo', true],
  [['**', '!u/d', 'u/d/foo'], 'u/d/bar', false],
  [['a', '!a', 'a'], 'a', true],
  [['!a'], 'a', false],
  [['docs', '!docs/README.md'], 'docs/README.md', false],
  [['docs', '!docs/README.md'], 'docs/x', true],
  [['./a/../b/'], 'b/c', true],
];

for (const [patterns, path, ignored] of CASES) {
  test(`${patterns.join(', ')} ${ignored ? 'leaves out' : 'keeps'} ${path}`, () => {
    assert.equal(new IgnorePatterns(patterns).ignores(path), ignored);
  });
}

test('malformed patterns are refused', () => {
  for (const pattern of ['!', '[a', 'a\\'])
    assert.throws(() => new IgnorePatterns([pattern]), { kind: 'invalid-parameter' });
});

test('stars beyond number take no time', () => {
  const patterns = new IgnorePatterns([`${'**/*a'.repeat(40)}b`]);
  assert.equal(patterns.ignores('a'.repeat(2000)), false);
});

test('a .dockerignore is read as Docker reads it', () => {
  const text = '\uFEFF# comment\n  # none\n\n /a/ \r\n! /b/../c\n./d\n/\n';
  assert.deepEqual(readIgnoreFile(text), ['# none', 'a', '!c', 'd', '/']);
});

test('what is below an ignored directory may be kept', () => {
  const patterns = new IgnorePatterns(['docs', '!docs/a/b', '!*.md']);
  assert.equal(patterns.mayKeepBelow('docs'), true);
  assert.equal(new IgnorePatterns(['docs', '!other']).mayKeepBelow('docs'), false);
});

test('of any patterns, those that cannot be are refused, and nothing that is kept lies where nobody looks', () => {
  const pieces = fc.constantFrom(
    'a',
    'b',
    'ü',
    '/',
    '*',
    '**',
    '?',
    '[ab]',
    '[^a]',
    '[',
    '\\',
    '!',
    '.',
    '..',
    ' ',
  );
  const pattern = fc.array(pieces, { maxLength: 8 }).map(each => each.join(''));
  const path = fc.array(fc.constantFrom('a', 'b', 'ab', 'ü', '.a'), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(fc.array(pattern, { maxLength: 5 }), path, (texts, names) => {
      let patterns: IgnorePatterns;
      try {
        patterns = new IgnorePatterns(readIgnoreFile(texts.join('\n')));
      } catch (error) {
        return error instanceof EngineError && error.kind === 'invalid-parameter';
      }
      if (patterns.ignores(names.join('/'))) return true;
      const above = names.slice(1).map((_, index) => names.slice(0, index + 1).join('/'));
      return above.every(directory => !patterns.ignores(directory) || patterns.mayKeepBelow(directory));
    }),
    { numRuns: 2000 },
  );
});
