import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FieldReader } from './field-reader.ts';
import { FieldWriter } from './field-writer.ts';
import {
  IO_FLAGS,
  MESSAGES,
  OPERATIONS,
  PROTOCOL_VERSION,
  SPOKEN_PROTOCOLS,
  STATES,
  STREAM_FLAGS,
  writePlan,
} from './wire.ts';

test('this version of the protocol is spoken, and no number has two meanings', () => {
  assert.ok(SPOKEN_PROTOCOLS.includes(PROTOCOL_VERSION));
  const tables = [MESSAGES, IO_FLAGS, STREAM_FLAGS, STATES].map(table => Object.values(table) as number[]);
  tables.push(Object.values(OPERATIONS).map(({ number }) => number));
  for (const numbers of tables) assert.equal(new Set(numbers).size, numbers.length);
});

test('a plan is three lists of operations, each behind its length', () => {
  const writer = new FieldWriter();
  writePlan(writer, {
    parent: [{ op: 'mkdir', path: '/a', mode: 0o755 }],
    child: [{ op: 'barrier' }],
    cleanup: [],
  });
  assert.equal(
    writer.bytes.toString('hex'),
    ['11000000', '0100', '02000000', '2f6100', 'ed01000000000000', '02000000', '0600', '00000000'].join(''),
  );
});

test('integers keep 64 bits, negative ones as two’s complement', () => {
  const writer = new FieldWriter();
  for (const value of [0, 2 ** 53 - 1, -1, 0xffff_ffff_ffff_ffffn]) writer.int(value);
  const reader = new FieldReader(writer.bytes);
  const all = 0xffff_ffff_ffff_ffffn;
  assert.deepEqual(
    [reader.bigint(), reader.bigint(), reader.bigint(), reader.bigint()],
    [0n, 2n ** 53n - 1n, all, all],
  );
  assert.equal(reader.done, true);
});

test('a string with a NUL is refused, since the kernel would see only its beginning', () => {
  assert.throws(() => new FieldWriter().string('/a\0b'), {
    kind: 'invalid-parameter',
    message: /contains nul byte/,
  });
});
