import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isSignal, signalNumber } from './signal-number.ts';

test('signals have numbers, names, and real-time names, as Docker knows them', () => {
  const known: Record<string, number> = {
    '9': 9,
    '65': 65,
    '-1': -1,
    KILL: 9,
    sigterm: 15,
    SIGCLD: 17,
    cld: 17,
    SIGIOT: 6,
    RTMIN: 34,
    'RTMIN+1': 35,
    'SIGRTMIN+15': 49,
    'RTMAX-14': 50,
    'RTMAX-1': 63,
    SIGRTMAX: 64,
  };
  for (const [text, number] of Object.entries(known)) assert.equal(signalNumber(text), number, text);
  const unknown = [
    '0',
    'FOO',
    '',
    ' ',
    '1.5',
    'UNUSED',
    'RTMIN+0',
    'RTMIN+16',
    'RTMAX-0',
    'RTMAX-15',
    'RTMAX+1',
  ];
  for (const text of unknown)
    assert.throws(() => signalNumber(text), {
      kind: 'invalid-parameter',
      message: `invalid signal: ${text}`,
    });
});

test('not every number is a signal that programs may be sent', () => {
  const numbers = Array.from({ length: 70 }, (_, index) => index - 1);
  assert.deepEqual(
    numbers.filter(number => !isSignal(number)),
    [-1, 0, 32, 33, 65, 66, 67, 68],
  );
});
