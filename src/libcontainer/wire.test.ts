import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { FieldReader } from './field-reader.ts';
import { FieldWriter } from './field-writer.ts';
import {
  HEADER_BYTES,
  IO_FLAGS,
  MESSAGES,
  OPERATIONS,
  PROTOCOL_VERSION,
  SPOKEN_PROTOCOLS,
  STATES,
  STREAM_FLAGS,
  writePlan,
} from './wire.ts';

const header = readFileSync(new URL('../../shim/protocol.h', import.meta.url), 'utf8');

/** The numbers of the constants with a prefix, under their names without it. */
function constants(prefix: string): Record<string, number> {
  const matches = header.matchAll(new RegExp(`\\b${prefix}([A-Z_]+) = (\\d+)`, 'g'));
  return Object.fromEntries([...matches].map(([, name, value]) => [name, Number(value)]));
}

function upperCased(names: Record<string, number>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(names).map(([name, number]) => [
      name.replace(/[A-Z]/g, letter => `_${letter}`).toUpperCase(),
      number,
    ]),
  );
}

test('the protocol has the version of the C header', () => {
  assert.equal(PROTOCOL_VERSION, Number(/#define PROTOCOL_VERSION (\d+)/.exec(header)?.[1]));
  assert.ok(SPOKEN_PROTOCOLS.includes(PROTOCOL_VERSION));
});

test('the operations have the numbers of the C header', () => {
  const ours = Object.entries(OPERATIONS).map(([name, { number }]) => [
    name.toUpperCase().replaceAll('-', '_'),
    number,
  ]);
  assert.deepEqual(Object.fromEntries(ours), constants('OP_'));
});

test('messages, flags and states have the numbers of the C header', () => {
  assert.deepEqual(upperCased(MESSAGES), constants('MSG_'));
  assert.deepEqual(upperCased(IO_FLAGS), constants('IO_'));
  assert.deepEqual(upperCased(STREAM_FLAGS), constants('STREAM_'));
  assert.deepEqual(upperCased(STATES), constants('STATE_'));
  assert.match(header, new RegExp(`#define HEADER_BYTES ${HEADER_BYTES}\n`));
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
