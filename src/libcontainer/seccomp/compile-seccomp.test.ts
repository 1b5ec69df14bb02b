import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { Seccomp, SeccompAction, SeccompArgument, SeccompOperator } from '../../oci/runtime-spec.ts';
import { type Call, runFilter } from '../../../test/fixtures/bpf-machine.ts';
import { compileSeccomp } from './compile-seccomp.ts';
import { syscallNames, syscallNumbers } from './syscall-table.ts';

const X86_64 = 0xc000_003e;
const I386 = 0x4000_0003;
const AARCH64 = 0xc000_00b7;
const ALLOW = 0x7fff_0000;
const KILL_PROCESS = 0x8000_0000;
const errno = (number: number) => 0x0005_0000 | number;
const EPERM = errno(1);
const ENOSYS = errno(38);

const number = (name: string) => syscallNumbers(name)!.x86_64!;

function verdict(seccomp: Seccomp, call: Partial<Call> & { number: number }, machine = 'x64'): number {
  return runFilter(compileSeccomp(seccomp, machine).filter, { architecture: X86_64, args: [], ...call });
}

const OPERATORS: Record<SeccompOperator, (argument: bigint, one: bigint, two: bigint) => boolean> = {
  SCMP_CMP_NE: (argument, one) => argument !== one,
  SCMP_CMP_LT: (argument, one) => argument < one,
  SCMP_CMP_LE: (argument, one) => argument <= one,
  SCMP_CMP_EQ: (argument, one) => argument === one,
  SCMP_CMP_GE: (argument, one) => argument >= one,
  SCMP_CMP_GT: (argument, one) => argument > one,
  SCMP_CMP_MASKED_EQ: (argument, one, two) => (argument & one) === (two & one),
};

/** The documented meaning, the slow way; rules of one syscall all have the same action here. */
function expected(seccomp: Seccomp, name: string, args: readonly bigint[]): number {
  const values: Partial<Record<SeccompAction, number>> = { SCMP_ACT_ALLOW: ALLOW, SCMP_ACT_LOG: 0x7ffc_0000 };
  const rules = seccomp.syscalls!.filter(rule => rule.names.includes(name));
  const holds = ({ index, op, value, valueTwo = 0 }: SeccompArgument) =>
    OPERATORS[op](args[index]!, BigInt(value), BigInt(valueTwo));
  const rule = rules.find(({ args: tests = [] }) => {
    const repeated = new Set(tests.map(({ index }) => index)).size < tests.length;
    return repeated ? tests.some(holds) : tests.every(holds);
  });
  return rule ? values[rule.action]! : EPERM;
}

const INTERESTING = [0n, 1n, 7n, 0x7fff_ffffn, 0xffff_ffffn, 1n << 32n, (1n << 32n) + 7n, (1n << 63n) + 7n];
const argument64 = fc
  .tuple(fc.constantFrom(...INTERESTING), fc.constantFrom(-1n, 0n, 1n))
  .map(([value, offset]) => BigInt.asUintN(64, value + offset));

const testArbitrary = fc.record({
  index: fc.integer({ min: 0, max: 2 }),
  op: fc.constantFrom(...(Object.keys(OPERATORS) as SeccompOperator[])),
  value: argument64,
  valueTwo: argument64,
});

const NAMES = ['read', 'write', 'open', 'close', 'socket', 'clone', 'prctl', 'mseal'];

const profile: fc.Arbitrary<Seccomp> = fc
  .array(fc.record({ name: fc.constantFrom(...NAMES), args: fc.array(testArbitrary, { maxLength: 3 }) }), {
    minLength: 1,
    maxLength: 14,
  })
  .map(rules => ({
    defaultAction: 'SCMP_ACT_ERRNO',
    syscalls: [
      ...rules.map(({ name, args }) => ({
        names: [name],
        args,
        action: NAMES.indexOf(name) % 2 ? ('SCMP_ACT_ALLOW' as const) : ('SCMP_ACT_LOG' as const),
      })),
      // So that none of the names is beyond the profile's last call.
      { names: ['listns'], action: 'SCMP_ACT_ALLOW' as const },
    ],
  }));

test('every profile has the meaning of its rules, for any arguments', () => {
  fc.assert(
    fc.property(
      profile,
      fc.array(fc.tuple(argument64, argument64, argument64), { minLength: 12 }),
      (seccomp, calls) => {
        for (const args of calls)
          for (const name of NAMES)
            assert.equal(
              verdict(seccomp, { number: number(name), args }),
              expected(seccomp, name, args),
              name,
            );
      },
    ),
    { numRuns: 300 },
  );
});

test('all actions, with their errno, and kill_thread for other architectures', () => {
  const seccomp: Seccomp = {
    defaultAction: 'SCMP_ACT_ERRNO',
    defaultErrnoRet: 13,
    syscalls: [
      { names: ['read'], action: 'SCMP_ACT_ALLOW' },
      { names: ['write'], action: 'SCMP_ACT_ERRNO', errnoRet: 5 },
      { names: ['open'], action: 'SCMP_ACT_KILL_PROCESS' },
      { names: ['close'], action: 'SCMP_ACT_TRACE', errnoRet: 7 },
      { names: ['stat'], action: 'SCMP_ACT_TRAP' },
      { names: ['fstat'], action: 'SCMP_ACT_LOG' },
      { names: ['lstat'], action: 'SCMP_ACT_KILL' },
      { names: ['poll'], action: 'SCMP_ACT_NOTIFY' },
      { names: ['no_such_call'], action: 'SCMP_ACT_ALLOW' },
      { names: ['listns'], action: 'SCMP_ACT_ALLOW' },
    ],
  };
  const verdicts = Array.from({ length: 9 }, (_, number) => verdict(seccomp, { number }));
  const trace = 0x7ff0_0007;
  assert.deepEqual(verdicts, [
    ALLOW,
    errno(5),
    KILL_PROCESS,
    trace,
    0x0003_0000,
    0x7ffc_0000,
    0,
    0x7fc0_0000,
    errno(13),
  ]);
  assert.equal(verdict(seccomp, { number: 0, architecture: I386 }), 0);
  assert.equal(compileSeccomp(seccomp, 'x64').flags, 8 | 4);
});

test('calls newer than the profile fail with ENOSYS, unless the default lets calls pass', () => {
  const rules = { syscalls: [{ names: ['read', 'mseal'], action: 'SCMP_ACT_ALLOW' as const }] };
  const strict: Seccomp = { defaultAction: 'SCMP_ACT_ERRNO', ...rules };
  assert.equal(verdict(strict, { number: number('mseal') - 1 }), EPERM);
  assert.equal(verdict(strict, { number: number('mseal') + 1 }), ENOSYS);
  const lenient: Seccomp = {
    defaultAction: 'SCMP_ACT_LOG',
    syscalls: [{ names: ['read'], action: 'SCMP_ACT_KILL_PROCESS' }],
  };
  assert.equal(verdict(lenient, { number: 9999 }), 0x7ffc_0000);
});

test('x32 and i386 calls have numbers of their own, and are killed unless they are asked for', () => {
  const rule = { names: ['socket', 'execve'], action: 'SCMP_ACT_ALLOW' as const };
  const alone: Seccomp = { defaultAction: 'SCMP_ACT_ERRNO', syscalls: [rule] };
  const x32 = { number: 0x4000_0000 + 520 };
  assert.equal(verdict(alone, x32), 0);
  assert.equal(verdict(alone, { number: 0xffff_ffff }), EPERM);
  const all = { ...alone, architectures: ['SCMP_ARCH_X86', 'SCMP_ARCH_X32'] };
  assert.equal(verdict(all, x32), ALLOW);
  assert.equal(verdict(all, { number: 0x4000_0000 + 59 }), EPERM);
  assert.equal(verdict(all, { number: 11, architecture: I386 }), ALLOW);
  const socketcall = (call: bigint) => verdict(all, { number: 102, architecture: I386, args: [call] });
  assert.deepEqual([socketcall(1n), socketcall(2n)], [ALLOW, EPERM]);
});

test('what every object has is no call of any architecture', () => {
  const rule = { names: ['constructor', '__proto__', 'toString'], action: 'SCMP_ACT_ALLOW' as const };
  const seccomp: Seccomp = {
    defaultAction: 'SCMP_ACT_ERRNO',
    architectures: ['SCMP_ARCH_X86'],
    syscalls: [rule],
  };
  assert.equal(verdict(seccomp, { number: 102, architecture: I386 }), EPERM);
});

test('on arm64 the same names have other numbers', () => {
  const seccomp: Seccomp = {
    defaultAction: 'SCMP_ACT_ERRNO',
    architectures: ['SCMP_ARCH_AARCH64', 'SCMP_ARCH_ARM'],
    syscalls: [{ names: ['openat', 'open', 'listns'], action: 'SCMP_ACT_ALLOW' }],
  };
  const on = (architecture: number, number: number) => verdict(seccomp, { number, architecture }, 'arm64');
  assert.deepEqual([on(AARCH64, 56), on(AARCH64, 5), on(0x4000_0028, 5)], [ALLOW, EPERM, ALLOW]);
  assert.equal(on(X86_64, 0), 0);
});

test('a profile of every syscall with its own errno still reaches all its returns', () => {
  const names = syscallNames().filter(name => syscallNumbers(name)!.x86_64 !== undefined);
  const seccomp: Seccomp = {
    defaultAction: 'SCMP_ACT_ALLOW',
    syscalls: names.map((name, index) => ({
      names: [name],
      action: 'SCMP_ACT_ERRNO',
      errnoRet: index + 100,
      args: [{ index: 0, value: 1n << 40n, op: 'SCMP_CMP_GT' }],
    })),
  };
  names.forEach((name, index) => {
    assert.equal(verdict(seccomp, { number: number(name), args: [1n << 41n] }), errno(index + 100));
    assert.equal(verdict(seccomp, { number: number(name), args: [1n << 40n] }), ALLOW);
  });
});

test('what cannot work is refused', () => {
  const base: Seccomp = { defaultAction: 'SCMP_ACT_ERRNO' };
  const rule = (fields: object) => ({ names: ['read'], action: 'SCMP_ACT_ALLOW' as const, ...fields });
  const cases: [Seccomp, RegExp][] = [
    [{ ...base, architectures: ['SCMP_ARCH_Z80'] }, /invalid seccomp architecture "SCMP_ARCH_Z80"/],
    [{ ...base, flags: ['NOPE'] }, /seccomp flag "NOPE" is not known/],
    [{ ...base, defaultAction: 'SCMP_ACT_NOTIFY' }, /cannot be used as default action/],
    [{ ...base, syscalls: [rule({ names: ['write'], action: 'SCMP_ACT_NOTIFY' })] }, /for the write syscall/],
    [{ ...base, syscalls: [rule({ action: 'ALLOW' })] }, /invalid seccomp action "ALLOW"/],
    [{ ...base, syscalls: [rule({ args: [{ index: 6, value: 0, op: 'SCMP_CMP_EQ' }] })] }, /index 6/],
    [{ ...base, syscalls: [rule({ args: [{ index: 0, value: 0, op: '==' }] })] }, /operator "=="/],
  ];
  for (const [seccomp, message] of cases)
    assert.throws(() => compileSeccomp(seccomp, 'x64'), { kind: 'invalid-parameter', message });
});

test('the same content is compiled once', () => {
  const seccomp = (): Seccomp => ({ defaultAction: 'SCMP_ACT_KILL_PROCESS', flags: [] });
  assert.equal(compileSeccomp(seccomp(), 'x64'), compileSeccomp(seccomp(), 'x64'));
});
