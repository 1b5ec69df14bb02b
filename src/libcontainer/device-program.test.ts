import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { deviceAccess } from '../cgroups/device-access.ts';
import { deviceProgram } from './device-program.ts';
import type { DeviceRule } from '../oci/runtime-spec.ts';

type Request = { type: 'b' | 'c'; major: number; minor: number; access: string };

/** The meaning of rules that `deviceAccess` promises, computed without it or the program. */
function allowed({ defaultAllow, exceptions }: ReturnType<typeof deviceAccess>, request: Request): boolean {
  const same = exceptions.filter(
    ({ type, major, minor }) =>
      type === request.type &&
      (major === undefined || major === request.major) &&
      (minor === undefined || minor === request.minor),
  );
  const asked = Array.from(request.access);
  return defaultAllow
    ? !same.some(({ access }) => asked.some(bit => access.includes(bit)))
    : same.some(({ access }) => asked.every(bit => access.includes(bit)));
}

/** Runs the few eBPF instructions that device programs use. */
function run(program: Uint8Array, request: Request): number {
  const code = Buffer.from(program);
  const bits = Array.from(request.access).reduce((sum, bit) => sum + { m: 1, r: 2, w: 4 }[bit]!, 0);
  const context = [(bits << 16) | { b: 1, c: 2 }[request.type], request.major, request.minor];
  const registers = Array.from({ length: 11 }, () => 0);
  for (let pc = 0; ; pc++) {
    assert.ok(pc * 8 < code.length, 'runs off the end');
    const [opcode, pair] = [code[pc * 8]!, code[pc * 8 + 1]!];
    const [dst, src] = [pair & 15, pair >> 4];
    const offset = code.readInt16LE(pc * 8 + 2);
    const immediate = code.readUInt32LE(pc * 8 + 4);
    if (opcode === 0x61) registers[dst] = context[offset / 4]!;
    else if (opcode === 0xb7) registers[dst] = immediate;
    else if (opcode === 0xbc) registers[dst] = registers[src]!;
    else if (opcode === 0x54) registers[dst] = (registers[dst]! & immediate) >>> 0;
    else if (opcode === 0x74) registers[dst] = registers[dst]! >>> immediate;
    else if (opcode === 0x05) pc += offset;
    else if (opcode === 0x16) pc += registers[dst] === immediate ? offset : 0;
    else if (opcode === 0x56) pc += registers[dst] === immediate ? 0 : offset;
    else if (opcode === 0x95) return registers[0]!;
    else assert.fail(`unknown opcode ${opcode}`);
  }
}

const access = fc.constantFrom('r', 'w', 'm', 'rw', 'rm', 'wm', 'rwm');
const number = fc.constantFrom(0, 1, 5, 4095, 1_048_575);
const rule = fc.record(
  {
    allow: fc.boolean(),
    type: fc.constantFrom<'a' | 'b' | 'c'>('a', 'b', 'c', 'c'),
    major: number,
    minor: number,
    access,
  },
  { requiredKeys: ['allow', 'type'] },
);
const request = fc.record({
  type: fc.constantFrom<'b' | 'c'>('b', 'c'),
  major: number,
  minor: number,
  access,
});

function accessOf(rules: DeviceRule[]) {
  try {
    return deviceAccess(rules);
  } catch {
    return undefined;
  }
}

test('the program gives every device the verdict of the rules', () => {
  fc.assert(
    fc.property(
      fc.array(rule, { maxLength: 12 }),
      fc.array(request, { minLength: 20 }),
      (rules, requests) => {
        const state = accessOf(rules);
        fc.pre(state !== undefined);
        const program = deviceProgram(rules);
        for (const request of requests) assert.equal(run(program, request), allowed(state, request) ? 1 : 0);
      },
    ),
  );
});

test('the last rule wins, and a rule for all devices starts afresh', () => {
  const program = deviceProgram([
    { allow: true, type: 'c', major: 1, minor: 3, access: 'rwm' },
    { allow: false },
    { allow: true, type: 'c', major: 1, minor: 5 },
    { allow: false, type: 'c', major: 1, minor: 5, access: 'w' },
  ]);
  const verdict = (minor: number, access: string) => run(program, { type: 'c', major: 1, minor, access });
  assert.deepEqual([verdict(3, 'r'), verdict(5, 'r'), verdict(5, 'rm'), verdict(5, 'rw')], [0, 1, 1, 0]);
});

test('a rule that would take a part out of a wildcard is refused, as is a bad access', () => {
  assert.throws(
    () =>
      deviceAccess([
        { allow: true, type: 'c', major: 1, access: 'rwm' },
        { allow: false, type: 'c', major: 1, minor: 3, access: 'w' },
      ]),
    { kind: 'invalid-parameter', message: /takes a part out of the wildcard rule c 1:\* rwm/ },
  );
  assert.throws(() => deviceAccess([{ allow: true, access: 'x' }]), { kind: 'invalid-parameter' });
});
