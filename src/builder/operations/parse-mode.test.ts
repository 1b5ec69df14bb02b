import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseMode } from './parse-mode.ts';

/** As archive/rooted/pack-copy.ts applies it. */
function applied(text: string, mode: number, isDirectory = false): number {
  return parseMode(text).reduce((before, { keep, set, setExecutable }) => {
    const isExecutable = isDirectory || (before & 0o111) !== 0;
    return (before & keep) | set | (isExecutable ? setExecutable : 0);
  }, mode);
}

const CASES: [string, number, number, boolean?][] = [
  ['755', 0o644, 0o755],
  ['01777', 0o644, 0o1777],
  ['u=rwX,go=rX', 0o600, 0o644],
  ['u=rwX,go=rX', 0o600, 0o755, true],
  ['u=rwX,go=rX', 0o700, 0o755],
  ['+x', 0o644, 0o755],
  ['a-w', 0o666, 0o444],
  ['g+s', 0o755, 0o2755],
  ['u+s,o=', 0o755, 0o4750],
  ['+t', 0o777, 0o1777],
  ['u=rw,go=', 0o755, 0o600],
];

for (const [text, mode, expected, isDirectory] of CASES) {
  test(`${text} makes ${mode.toString(8)} ${expected.toString(8)}${isDirectory ? ', of a directory' : ''}`, () => {
    assert.equal(applied(text, mode, isDirectory).toString(8), expected.toString(8));
  });
}

test('what is no mode is refused', () => {
  for (const text of ['', '9', '010000', 'u', 'u=q', 'rwx', 'u=r,'])
    assert.throws(() => parseMode(text), { kind: 'invalid-parameter' }, text);
});
