import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import * as fc from 'fast-check';
import { ALL_CAPABILITIES, DEFAULT_CAPABILITIES } from '../capabilities.ts';
import type { Seccomp, SeccompArgument, SeccompOperator } from '../../oci/runtime-spec.ts';
import { actionValue } from './actions.ts';
import { runFilter } from '../../../test/fixtures/bpf-machine.ts';
import { compileSeccomp } from './compile-seccomp.ts';
import { defaultSeccompProfile } from './default-profile.ts';
import { syscallNumbers } from './syscall-table.ts';

/** enum scmp_compare of seccomp.h. */
const OPERATORS: SeccompOperator[] = [
  'SCMP_CMP_NE',
  'SCMP_CMP_LT',
  'SCMP_CMP_LE',
  'SCMP_CMP_EQ',
  'SCMP_CMP_GE',
  'SCMP_CMP_GT',
  'SCMP_CMP_MASKED_EQ',
];
/** SCMP_ARCH_*: audit values, but for x32. */
const TOKENS: Record<string, number> = {
  SCMP_ARCH_X86_64: 0xc000_003e,
  SCMP_ARCH_X86: 0x4000_0003,
  SCMP_ARCH_X32: 0x4000_003e,
};
const X32 = 0x4000_0000;
const ENOSYS = 0x0005_0026;

const directory = mkdtempSync(join(tmpdir(), 'slipway-seccomp-'));
after(() => rmSync(directory, { recursive: true }));

function buildPeer(): string | undefined {
  const peer = join(directory, 'peer');
  const source = join(import.meta.dirname, '../../../test/fixtures/libseccomp-peer.c');
  const { status } = spawnSync('cc', ['-o', peer, source, '-lseccomp'], { stdio: 'ignore' });
  return status === 0 ? peer : undefined;
}

const peer = process.arch === 'x64' ? buildPeer() : undefined;
const skip = peer === undefined && 'needs a C compiler and libseccomp-dev on x86-64';

/** runc's use of libseccomp. `unknown` are the names that this libseccomp, being older, does not have. */
function libseccomp(seccomp: Seccomp, optimize = 1): { filter: Uint8Array; unknown: string[] } {
  const otherwise = actionValue(seccomp.defaultAction, seccomp.defaultErrnoRet);
  const lines = [`default ${otherwise}`, `optimize ${optimize}`];
  for (const name of seccomp.architectures ?? []) lines.push(`arch ${TOKENS[name]}`);
  for (const { names, action, errnoRet, args = [] } of seccomp.syscalls ?? []) {
    const value = actionValue(action, errnoRet);
    if (value === otherwise) continue;
    const repeated = new Set(args.map(({ index }) => index)).size < args.length;
    const groups = repeated ? args.map(argument => [argument]) : [args];
    for (const name of names)
      for (const group of groups)
        lines.push(['rule', name, value, group.length, ...group.flatMap(fields)].join(' '));
  }
  const { stdout, stderr, status } = spawnSync(peer!, { input: lines.join('\n') });
  assert.equal(status, 0, String(stderr));
  const table = String(stderr).trim().split('\n');
  return {
    filter: stdout,
    unknown: table.filter(line => !isSameNumbers(line)).map(line => line.split(' ')[0]!),
  };
}

/** Socket and IPC calls of i386 have invented, negative numbers there; they are never the newest. */
function isSameNumbers(line: string): boolean {
  const [name, ...numbers] = line.split(' ');
  const { x86_64, x86, x32 } = syscallNumbers(name!) ?? {};
  return [x86_64, x86, x32 === undefined ? undefined : X32 + x32].every(
    (ours, index) =>
      Number(numbers[index]) === ours || (Number(numbers[index]) < 0 && (index === 1 || !ours)),
  );
}

const fields = ({ index, op, value, valueTwo = 0 }: SeccompArgument) => [
  index,
  OPERATORS.indexOf(op) + 1,
  value,
  valueTwo,
];

/** What a profile says of calls that it knows nothing of is runc's own invention, put before the filter. */
function expected(seccomp: Seccomp, filter: Uint8Array, call: Parameters<typeof runFilter>[1]): number {
  const is64 = call.architecture === TOKENS.SCMP_ARCH_X86_64;
  const column = !is64 ? 'x86' : call.number >= X32 ? 'x32' : 'x86_64';
  const numbers = seccomp.syscalls!.flatMap(({ names }) =>
    names.map(name => syscallNumbers(name)?.[column] ?? 0),
  );
  const largest = Math.max(...numbers) + (column === 'x32' ? X32 : 0);
  const listed =
    (is64 || call.architecture === TOKENS.SCMP_ARCH_X86) &&
    [...(seccomp.architectures ?? []), 'SCMP_ARCH_X86_64'].some(
      name => name === `SCMP_ARCH_${column.toUpperCase()}`,
    );
  return listed && largest % X32 > 0 && call.number > largest ? ENOSYS : runFilter(filter, call);
}

const NUMBERS = [
  ...Array.from({ length: 600 }, (_, number) => number),
  ...Array.from({ length: 600 }, (_, number) => X32 + number),
  X32 - 1,
  0x7fff_ffff,
  0x8000_0000,
  0xffff_fffe,
  0xffff_ffff,
];

const show = (value: unknown) =>
  JSON.stringify(value, (_, part) => (typeof part === 'bigint' ? `${part}` : part));

function compare(seccomp: Seccomp, filter: Uint8Array, argumentLists: bigint[][]): void {
  const ours = compileSeccomp(seccomp, 'x64').filter;
  for (const architecture of [0xc000_003e, 0x4000_0003, 0xc000_00b7]) {
    for (const number of NUMBERS) {
      for (const args of argumentLists) {
        const call = { architecture, number, args };
        const [got, wanted] = [runFilter(ours, call), expected(seccomp, filter, call)];
        if (got !== wanted)
          assert.fail(
            `${got.toString(16)}, libseccomp ${wanted.toString(16)} for ${show(call)} in ${show(seccomp)}`,
          );
      }
    }
  }
}

const VALUES = [0n, 1n, 8n, 40n, 0x2_0000n, 0x2_0008n, 0x1000_0000n, 0x7e02_0000n, 0xffff_ffffn, 1n << 32n];
const AROUND = VALUES.flatMap(value => [value - 1n, value, value + 1n]).map(value =>
  BigInt.asUintN(64, value),
);

for (const [title, capabilities] of [
  ['default', DEFAULT_CAPABILITIES],
  ['all', ALL_CAPABILITIES],
] as const) {
  test(`Docker's profile with ${title} capabilities has libseccomp's verdicts`, { skip }, context => {
    const full = defaultSeccompProfile({ architecture: 'x64', capabilities, kernelVersion: '6.18' });
    const { unknown } = libseccomp(full);
    const syscalls = full.syscalls!.map(rule => ({
      ...rule,
      names: rule.names.filter(name => !unknown.includes(name)),
    }));
    const seccomp = { ...full, syscalls };
    const linear = libseccomp(seccomp).filter;
    const tree = libseccomp(seccomp, 2).filter;
    compare(
      seccomp,
      linear,
      AROUND.map(value => [value]),
    );
    context.diagnostic(
      `instructions: ${compileSeccomp(seccomp, 'x64').filter.length / 8}, libseccomp ${linear.length / 8}, as a tree ${tree.length / 8}`,
    );
  });
}

const NAMES = ['read', 'open', 'socket', 'semop', 'clone', 'accept4', 'ioctl', 'execve', 'getrandom'];
const value = fc.constantFrom(0n, 5n, 0xffff_ffffn, 1n << 32n, (1n << 32n) + 5n, (1n << 63n) + 5n);
const argument = (operators: SeccompOperator[]) =>
  fc.record({
    index: fc.integer({ min: 0, max: 2 }),
    op: fc.constantFrom(...operators),
    value,
    valueTwo: value,
  });

/**
 * What libseccomp (2.5.4 and 2.6.1) gets wrong is not asked for here: several rules for a syscall with
 * inequalities (`>= 2^32+5` or `< 0` lets 4 pass) or with different arguments (the second is forgotten when
 * half of the first applies), and a less-or-equal after another argument on 32-bit architectures (inverted).
 * Every profile begins with an unconditional rule: without one, an architecture's part may be joined to
 * another's behind the instruction that loads the number.
 */
const rules = fc.oneof(
  fc.array(fc.tuple(argument(['SCMP_CMP_EQ']).map(test => ({ ...test, index: 1 }))), { maxLength: 5 }),
  fc.tuple(fc.tuple(argument(OPERATORS))),
  fc.tuple(
    fc.uniqueArray(argument(OPERATORS.filter(op => op !== 'SCMP_CMP_LE')), {
      maxLength: 3,
      selector: ({ index }) => index,
    }),
  ),
);

const profile = fc
  .tuple(
    fc.subarray(['SCMP_ARCH_X86', 'SCMP_ARCH_X32']),
    fc.array(fc.tuple(fc.constantFrom(...NAMES), rules), { minLength: 1, maxLength: 5 }),
  )
  .map(
    ([architectures, entries]): Seccomp => ({
      defaultAction: 'SCMP_ACT_ERRNO',
      architectures,
      syscalls: [
        { names: ['exit_group'], action: 'SCMP_ACT_ALLOW' as const },
        ...[...new Map(entries)].flatMap(([name, alternatives]) =>
          alternatives.map(args => ({ names: [name], action: 'SCMP_ACT_ALLOW' as const, args: [...args] })),
        ),
      ],
    }),
  );

test('random profiles have libseccomp’s verdicts for every call and boundary arguments', { skip }, () => {
  const corners = [0n, 4n, 5n, 6n, 0xffff_ffffn, (1n << 32n) + 5n, (1n << 63n) + 6n];
  const argumentLists = corners.flatMap(a => corners.map(b => [a, b, a ^ b]));
  fc.assert(
    fc.property(profile, seccomp => {
      compareSampled(seccomp, argumentLists);
    }),
    { numRuns: 60, seed: 1 },
  );
});

/** All calls with few arguments, and the calls that the profile mentions with many. */
function compareSampled(seccomp: Seccomp, argumentLists: bigint[][]): void {
  const { filter } = libseccomp(seccomp);
  compare(seccomp, filter, argumentLists.slice(0, 1));
  const ours = compileSeccomp(seccomp, 'x64').filter;
  const mentioned = seccomp.syscalls!.flatMap(({ names }) => names).map(name => syscallNumbers(name)!);
  for (const { x86_64, x86, x32 } of [...mentioned, { x86: 102 }, { x86: 117 }] as typeof mentioned) {
    for (const args of argumentLists) {
      const calls = [
        [0xc000_003e, x86_64],
        [0x4000_0003, x86],
        [0xc000_003e, x32 === undefined ? undefined : X32 + x32],
      ] as const;
      for (const [architecture, number] of calls) {
        if (number === undefined) continue;
        const call = { architecture, number, args };
        assert.equal(runFilter(ours, call), expected(seccomp, filter, call), show(call));
      }
    }
  }
}
