import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type FlagTable, flagNumber, flagSet, flagText, parseFlags } from './flags.ts';

const table: FlagTable = {
  bundle: { type: 'string', short: 'b', usage: '' },
  detach: { type: 'boolean', short: 'd', usage: '' },
  env: { type: 'list', short: 'e', usage: '' },
  count: { type: 'number', usage: '' },
};

test('flags come with one dash or two, with = or the next word, and end at the first other word', () => {
  const flags = parseFlags(
    ['--bundle', '/b', '-d', '-e', 'A=b', '--env=C=d', '-count', '-3', 'id', '--bundle', 'x'],
    table,
  );
  assert.equal(flagText(flags, 'bundle'), '/b');
  assert.equal(flagSet(flags, 'detach'), true);
  assert.deepEqual(flags.values.get('env'), ['A=b', 'C=d']);
  assert.equal(flagNumber(flags, 'count'), -3);
  assert.deepEqual(flags.args, ['id', '--bundle', 'x']);
});

test('a double dash ends the flags, and the last of two counts', () => {
  const flags = parseFlags(['--bundle=a', '--bundle=', '--detach=false', '--', '-d'], table);
  assert.equal(flagText(flags, 'bundle'), '');
  assert.equal(flagSet(flags, 'detach'), false);
  assert.deepEqual(flags.args, ['-d']);
});

test('unknown flags, missing and wrong values are refused', () => {
  for (const [words, message] of [
    [['--nothing'], /flag provided but not defined: -nothing/],
    [['--constructor'], /flag provided but not defined: -constructor/],
    [['--bundle'], /flag needs an argument: -bundle/],
    [['--count=many'], /invalid value "many" for flag -count: expected a number/],
    [['--detach=maybe'], /invalid boolean value "maybe" for -detach/],
  ] as const)
    assert.throws(() => parseFlags(words, table), message);
});
