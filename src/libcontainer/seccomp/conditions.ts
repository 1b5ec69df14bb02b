import type { FilterProgram, Target } from './filter-program.ts';
import type { ConditionalRule, Test, Verdict } from './rules.ts';
import { mergeSegments, type Segment, searchTree } from './search-tree.ts';

/** struct seccomp_data: nr, arch, instruction_pointer, args[6]; all architectures here are little endian. */
const ARGUMENTS_OFFSET = 16;
const WORD = 32n;
const LOW_WORD = 0xffff_ffffn;

/** The code that gives a syscall's verdict from its arguments. */
export function conditionCode(program: FilterProgram, verdict: Verdict, argumentBits: 32 | 64): Target {
  if (verdict.rules.length === 0) return { returns: verdict.otherwise };
  if (isIntervalsOnly(verdict.rules)) return intervalCode(program, verdict, argumentBits);
  let next: Target = { returns: verdict.otherwise };
  for (const { tests, action } of [...verdict.rules].reverse()) {
    let whenTrue: Target = { returns: action };
    for (const test of [...tests].reverse()) whenTrue = testCode(program, test, whenTrue, next, argumentBits);
    next = whenTrue;
  }
  return next;
}

/** Whether a value satisfies a comparison. */
function holds({ op, value, mask }: Test, argument: bigint): boolean {
  switch (op) {
    case 'SCMP_CMP_EQ':
      return argument === value;
    case 'SCMP_CMP_NE':
      return argument !== value;
    case 'SCMP_CMP_LT':
      return argument < value;
    case 'SCMP_CMP_LE':
      return argument <= value;
    case 'SCMP_CMP_GT':
      return argument > value;
    case 'SCMP_CMP_GE':
      return argument >= value;
    case 'SCMP_CMP_MASKED_EQ':
      return (argument & mask) === value;
  }
}

/** All rules look at the same argument as a number: its values fall into intervals. */
function isIntervalsOnly(rules: readonly ConditionalRule[]): boolean {
  const index = rules[0]!.tests[0]!.index;
  return rules.every(
    ({ tests }) => tests.length === 1 && tests[0]!.index === index && tests[0]!.op !== 'SCMP_CMP_MASKED_EQ',
  );
}

/** A value of the high half that does not decide, or the action of those that do. */
type HighHalf = { high: bigint } | { action: number };

/** Searches for the interval, first by the high half of the argument, then by the low one. */
function intervalCode(program: FilterProgram, { rules, otherwise }: Verdict, argumentBits: 32 | 64): Target {
  const end = 1n << BigInt(argumentBits);
  const bounds = rules.flatMap(({ tests }) => [tests[0]!.value, tests[0]!.value + 1n]);
  const starts = [...new Set([0n, ...bounds.filter(bound => bound < end)])].sort(ascending);
  const actionAt = (argument: bigint) =>
    rules.find(({ tests }) => holds(tests[0]!, argument))?.action ?? otherwise;
  const { index } = rules[0]!.tests[0]!;

  /** Within one value of the high half. */
  const low = (high: bigint): Target => {
    const inside = starts.filter(start => start >> WORD === high && (start & LOW_WORD) !== 0n);
    const segments = [high << WORD, ...inside].map(start => ({
      start: Number(start & LOW_WORD),
      value: actionAt(start),
    }));
    const tree = searchTree(program, mergeSegments(segments, String), action => ({ returns: action }));
    return program.load(offsetOf(index, 'low'), tree);
  };
  if (argumentBits === 32) return low(0n);

  // High halves in which the verdict changes are searched further; what lies between them is uniform.
  const mixed = new Set(starts.filter(start => (start & LOW_WORD) !== 0n).map(start => start >> WORD));
  const highStarts = [...starts.map(start => start >> WORD), ...[...mixed].map(high => high + 1n)];
  const segments = [...new Set([0n, ...highStarts])]
    .filter(high => high <= LOW_WORD)
    .sort(ascending)
    .map(
      (high): Segment<HighHalf> => ({
        start: Number(high),
        value: mixed.has(high) ? { high } : { action: actionAt(high << WORD) },
      }),
    );
  const merged = mergeSegments(segments, value => ('high' in value ? `in ${value.high}` : `${value.action}`));
  const tree = searchTree(program, merged, value =>
    'high' in value ? low(value.high) : { returns: value.action },
  );
  return program.load(offsetOf(index, 'high'), tree);
}

const ascending = (a: bigint, b: bigint) => (a < b ? -1 : a > b ? 1 : 0);

const offsetOf = (index: number, half: 'low' | 'high') =>
  ARGUMENTS_OFFSET + 8 * index + (half === 'high' ? 4 : 0);

function testCode(
  program: FilterProgram,
  test: Test,
  whenTrue: Target,
  whenFalse: Target,
  argumentBits: 32 | 64,
): Target {
  const halves = argumentBits === 64 ? bothHalves : lowHalf;
  switch (test.op) {
    case 'SCMP_CMP_EQ':
    case 'SCMP_CMP_MASKED_EQ':
      return equalCode(program, test, whenTrue, whenFalse);
    case 'SCMP_CMP_NE':
      return equalCode(program, test, whenFalse, whenTrue);
    case 'SCMP_CMP_GT':
      return halves(program, test, 'jgt', whenTrue, whenFalse);
    case 'SCMP_CMP_GE':
      return halves(program, test, 'jge', whenTrue, whenFalse);
    case 'SCMP_CMP_LT':
      return halves(program, test, 'jge', whenFalse, whenTrue);
    case 'SCMP_CMP_LE':
      return halves(program, test, 'jgt', whenFalse, whenTrue);
  }
}

/** Halves that the mask leaves out are not looked at. */
function equalCode(program: FilterProgram, test: Test, equal: Target, different: Target): Target {
  let next = equal;
  for (const half of ['low', 'high'] as const) {
    const mask = Number(half === 'low' ? test.mask & LOW_WORD : test.mask >> WORD);
    const value = Number(half === 'low' ? test.value & LOW_WORD : test.value >> WORD);
    if (mask === 0) continue;
    const compare = program.branch('jeq', value, next, different);
    const masked = mask === 0xffff_ffff ? compare : program.and(mask, compare);
    next = program.load(offsetOf(test.index, half), masked);
  }
  return next;
}

function lowHalf(
  program: FilterProgram,
  { index, value }: Test,
  comparison: 'jgt' | 'jge',
  above: Target,
  below: Target,
): Target {
  const compare = program.branch(comparison, Number(value & LOW_WORD), above, below);
  return program.load(offsetOf(index, 'low'), compare);
}

/** Above when the high half is; when it is equal, the low half decides. */
function bothHalves(
  program: FilterProgram,
  test: Test,
  comparison: 'jgt' | 'jge',
  above: Target,
  below: Target,
): Target {
  const high = Number(test.value >> WORD);
  const low = lowHalf(program, test, comparison, above, below);
  const equal = program.branch('jeq', high, low, below);
  return program.load(offsetOf(test.index, 'high'), program.branch('jgt', high, above, equal));
}
