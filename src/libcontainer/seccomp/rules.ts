import { EngineError } from '../../base/errors.ts';
import type { Seccomp, SeccompArgument, SeccompOperator, SeccompRule } from '../../oci/runtime-spec.ts';
import { actionValue } from './actions.ts';
import type { Architecture } from './architectures.ts';
import { syscallNumbers } from './syscall-table.ts';
import { lookupTable } from '../../base/lookup-table.ts';

/** A comparison of a syscall argument, reduced to the bits that the architecture compares. */
export type Test = {
  index: number;
  op: SeccompOperator;
  value: bigint;
  /** For SCMP_CMP_MASKED_EQ: `(argument & mask) == value`. */
  mask: bigint;
};

/** All tests must hold. */
export type ConditionalRule = { tests: Test[]; action: number };

/** What happens to one syscall: the first rule that applies, or else `otherwise`. */
export type Verdict = { rules: ConditionalRule[]; otherwise: number };

/** The calls of socketcall(2) and ipc(2) by their first argument (linux/net.h, linux/ipc.h). */
const MULTIPLEXED = {
  socketcall: lookupTable<number>(
    Object.fromEntries(
      'socket bind connect listen accept getsockname getpeername socketpair send recv sendto recvfrom shutdown setsockopt getsockopt sendmsg recvmsg accept4 recvmmsg sendmmsg'
        .split(' ')
        .map((name, index) => [name, index + 1]),
    ),
  ),
  ipc: lookupTable<number>({
    semop: 1,
    semget: 2,
    semctl: 3,
    semtimedop: 4,
    msgsnd: 11,
    msgrcv: 12,
    msgget: 13,
    msgctl: 14,
    shmat: 21,
    shmdt: 22,
    shmget: 23,
    shmctl: 24,
  }),
};

/**
 * The verdict for every syscall number that a profile mentions, on one architecture; the meaning is that of
 * runc with libseccomp:
 * - a rule with the profile's default action says nothing; an unknown name neither;
 * - the first rule without conditions decides, whatever other rules the syscall has;
 * - a rule with several conditions on the same argument is that many rules, one of which must hold;
 * - on i386, a rule for a socket or System V IPC call is also one for socketcall(2) or ipc(2), where it can
 *   only compare the arguments after the first.
 * @throws EngineError invalid-parameter
 */
export function verdictsFor(seccomp: Seccomp, architecture: Architecture): Map<number, Verdict> {
  const otherwise = actionValue(seccomp.defaultAction, seccomp.defaultErrnoRet);
  const verdicts = new Map<number, Verdict>();
  const decided = new Set<number>();
  for (const rule of seccomp.syscalls ?? []) {
    const action = actionValue(rule.action, rule.errnoRet);
    if (action === otherwise) continue;
    const alternatives = alternativesOf(rule, architecture);
    for (const name of rule.names) {
      for (const { number, tests } of targets(name, alternatives, architecture)) {
        if (decided.has(number)) continue;
        if (tests.length === 0) {
          decided.add(number);
          verdicts.set(number, { rules: [], otherwise: action });
        } else {
          const verdict = verdicts.get(number) ?? { rules: [], otherwise };
          verdict.rules.push({ tests, action });
          verdicts.set(number, verdict);
        }
      }
    }
  }
  for (const verdict of verdicts.values()) verdict.rules.sort(bySpecificity);
  return verdicts;
}

/** The largest syscall number that the profile's names stand for, with whatever action; undefined if none. */
export function largestNumber(seccomp: Seccomp, architecture: Architecture): number | undefined {
  const names = (seccomp.syscalls ?? []).flatMap(rule => rule.names);
  const largest = names
    .flatMap(name => targets(name, [[]], architecture))
    .reduce((most, { number }) => Math.max(most, number), 0);
  return largest === 0 ? undefined : largest;
}

function alternativesOf(rule: SeccompRule, architecture: Architecture): Test[][] {
  const tests = (rule.args ?? []).map(argument => testOf(argument, architecture));
  const indexes = new Set(tests.map(test => test.index));
  const alternatives = indexes.size < tests.length ? tests.map(test => [test]) : [tests];
  return alternatives.map(list => list.filter(test => test.mask !== 0n).sort((a, b) => a.index - b.index));
}

function testOf({ index, op, value, valueTwo = 0 }: SeccompArgument, architecture: Architecture): Test {
  if (!Number.isInteger(index) || index < 0 || index > 5)
    throw new EngineError('invalid-parameter', `invalid seccomp argument index ${index}`);
  if (!OPERATORS.has(op))
    throw new EngineError('invalid-parameter', `invalid seccomp operator ${JSON.stringify(op)}`);
  const cut = (number: number | bigint) => BigInt.asUintN(architecture.argumentBits, BigInt(number));
  const all = cut(-1);
  if (op !== 'SCMP_CMP_MASKED_EQ') return { index, op, value: cut(value), mask: all };
  const mask = cut(value);
  return { index, op, value: cut(valueTwo) & mask, mask };
}

const OPERATORS = new Set<SeccompOperator>([
  'SCMP_CMP_NE',
  'SCMP_CMP_LT',
  'SCMP_CMP_LE',
  'SCMP_CMP_EQ',
  'SCMP_CMP_GE',
  'SCMP_CMP_GT',
  'SCMP_CMP_MASKED_EQ',
]);

/** The numbers a name stands for, with the tests to be made there: none when the architecture lacks it. */
function targets(name: string, alternatives: Test[][], architecture: Architecture) {
  const number = syscallNumbers(name)?.[architecture.column];
  const direct = number === undefined ? [] : alternatives.map(tests => ({ number, tests }));
  const multiplexed = (['socketcall', 'ipc'] as const).flatMap(family => {
    const call = MULTIPLEXED[family][name];
    if (call === undefined || !architecture.multiplexers) return [];
    const selector: Test = { index: 0, op: 'SCMP_CMP_EQ', value: BigInt(call), mask: 0xffff_ffffn };
    return alternatives.map(tests => ({
      number: architecture.multiplexers![family],
      tests: [selector, ...tests.filter(test => test.index !== 0)],
    }));
  });
  return [...multiplexed, ...direct];
}

/**
 * libseccomp's order, which only matters where rules with different actions overlap: later arguments first,
 * equality before less-than before greater-than, then the narrower value.
 */
function bySpecificity(left: ConditionalRule, right: ConditionalRule): number {
  const [a, b] = [left.tests[0]!, right.tests[0]!];
  if (a.index !== b.index) return b.index - a.index;
  if (rank(a.op) !== rank(b.op)) return rank(b.op) - rank(a.op);
  const descending = a.value === b.value ? 0 : a.value < b.value ? 1 : -1;
  return rank(a.op) === 2 ? -descending : descending;
}

function rank(op: SeccompOperator): number {
  if (op === 'SCMP_CMP_LT' || op === 'SCMP_CMP_LE') return 2;
  return op === 'SCMP_CMP_GT' || op === 'SCMP_CMP_GE' ? 1 : 3;
}
