import { EngineError } from '../../base/errors.ts';
import { lookupTable } from '../../base/lookup-table.ts';
import type { Seccomp } from '../../oci/runtime-spec.ts';
import { actionValue, isPermissive, KILL_THREAD, RETURN_ENOSYS } from './actions.ts';
import { type Architecture, architectureNamed, nativeArchitecture, X32_BIT } from './architectures.ts';
import { conditionCode } from './conditions.ts';
import { FilterProgram, type Target } from './filter-program.ts';
import { largestNumber, type Verdict, verdictsFor } from './rules.ts';
import { mergeSegments, type Segment, searchTree } from './search-tree.ts';

export type CompiledSeccomp = {
  /** Classic BPF instructions, 8 bytes each, for seccomp(2). */
  filter: Uint8Array;
  /** SECCOMP_FILTER_FLAG_*. */
  flags: number;
  /** Set with SECCOMP_FILTER_FLAG_NEW_LISTENER: where the listener goes, and what goes with it. */
  listenerPath?: string;
  listenerMetadata?: string;
};

const OFFSET = { number: 0, architecture: 4 };
const MAX_INSTRUCTIONS = 4096;
const NEW_LISTENER = 1 << 3;
const FLAGS = lookupTable<number>({
  // One thread installs the filter before it executes the container's program: nothing to synchronise.
  SECCOMP_FILTER_FLAG_TSYNC: 0,
  SECCOMP_FILTER_FLAG_LOG: 1 << 1,
  SECCOMP_FILTER_FLAG_SPEC_ALLOW: 1 << 2,
  SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV: 1 << 5,
});

const byContent = new Map<string, CompiledSeccomp>();
const MAX_CACHED = 64;
/** Filters of frozen profiles (Docker's default), whose content need not be compared again. */
const byIdentity = new WeakMap<Seccomp, CompiledSeccomp>();

/**
 * Compiles a runtime spec's seccomp section to a filter with the verdicts that runc gives (see
 * {@link verdictsFor}). Calls of architectures that are not listed kill the thread. Unless the default action
 * lets calls pass, those with larger numbers than any the profile mentions fail with ENOSYS, so that programs
 * fall back from calls that are newer than the profile.
 *
 * The result is cached by content. `machine` is Node's name of the machine's architecture, always served.
 * @throws EngineError invalid-parameter
 */
export function compileSeccomp(seccomp: Seccomp, machine: string = process.arch): CompiledSeccomp {
  const known = machine === process.arch ? byIdentity.get(seccomp) : undefined;
  if (known) return known;
  const key =
    machine + JSON.stringify(seccomp, (_, value) => (typeof value === 'bigint' ? `${value}n` : value));
  let compiled = byContent.get(key);
  if (!compiled) {
    compiled = compile(seccomp, machine);
    if (byContent.size >= MAX_CACHED) byContent.delete(byContent.keys().next().value!);
    byContent.set(key, compiled);
  }
  if (machine === process.arch && Object.isFrozen(seccomp)) byIdentity.set(seccomp, compiled);
  return compiled;
}

function compile(seccomp: Seccomp, machine: string): CompiledSeccomp {
  refuseNotifyThatHangs(seccomp);
  const architectures = architecturesOf(seccomp, machine);
  const program = new FilterProgram();
  // Built from the end: the machine's own architecture comes first in the program.
  const audits = [...new Set(architectures.map(({ audit }) => audit))].reverse();
  let next: Target = { returns: KILL_THREAD };
  for (const audit of audits) {
    const sharing = architectures.filter(architecture => architecture.audit === audit);
    next = program.branch('jeq', audit, numberCode(program, seccomp, sharing), next);
  }
  const filter = program.encode(program.load(OFFSET.architecture, next));
  if (program.length > MAX_INSTRUCTIONS)
    throw new EngineError(
      'invalid-parameter',
      `seccomp profile is too large: ${program.length} instructions, the kernel takes ${MAX_INSTRUCTIONS}`,
    );
  const { listenerPath, listenerMetadata } = seccomp;
  return { filter, flags: flagsOf(seccomp), listenerPath, listenerMetadata };
}

/** With SCMP_ACT_NOTIFY on write(2) the shim could not hand the listener over. */
function refuseNotifyThatHangs({ defaultAction, syscalls = [] }: Seccomp): void {
  if (defaultAction === 'SCMP_ACT_NOTIFY')
    throw new EngineError('invalid-parameter', 'SCMP_ACT_NOTIFY cannot be used as default action');
  if (syscalls.some(({ action, names }) => action === 'SCMP_ACT_NOTIFY' && names.includes('write')))
    throw new EngineError('invalid-parameter', 'SCMP_ACT_NOTIFY cannot be used for the write syscall');
}

function architecturesOf(seccomp: Seccomp, machine: string): Architecture[] {
  const listed = (seccomp.architectures ?? []).map(name => {
    const architecture = architectureNamed(name);
    if (architecture === undefined)
      throw new EngineError('invalid-parameter', `invalid seccomp architecture ${JSON.stringify(name)}`);
    return architecture;
  });
  return [...new Set([nativeArchitecture(machine), ...listed.filter(entry => entry !== null)])];
}

function flagsOf({ flags, syscalls = [] }: Seccomp): number {
  const listener = syscalls.some(({ action }) => action === 'SCMP_ACT_NOTIFY') ? NEW_LISTENER : 0;
  // Without a list, runc turns off the mitigation that costs most and that few need.
  return (flags ?? ['SECCOMP_FILTER_FLAG_SPEC_ALLOW']).reduce((bits, name) => {
    const bit = FLAGS[name];
    if (bit === undefined)
      throw new EngineError('invalid-parameter', `seccomp flag ${JSON.stringify(name)} is not known`);
    return bits | bit;
  }, listener);
}

type Place = Verdict & { argumentBits: 32 | 64 };

/** Loads the syscall number, and searches for its verdict. */
function numberCode(program: FilterProgram, seccomp: Seccomp, architectures: Architecture[]): Target {
  const segments = architectures
    .toSorted((a, b) => a.base - b.base)
    .flatMap(architecture => segmentsOf(seccomp, architecture));
  const isX86 = architectures.some(({ column }) => column === 'x86_64');
  if (isX86 && architectures.length === 1) segments.push(...x32Segments(seccomp));
  const merged = mergeSegments(segments, placeKey);
  const tree = searchTree(program, merged, place => conditionCode(program, place, place.argumentBits));
  return program.load(OFFSET.number, tree);
}

function segmentsOf(seccomp: Seccomp, architecture: Architecture): Segment<Place>[] {
  const { base, argumentBits } = architecture;
  const constant = (action: number): Place => ({ rules: [], otherwise: action, argumentBits });
  const otherwise = constant(actionValue(seccomp.defaultAction, seccomp.defaultErrnoRet));
  const segments: Segment<Place>[] = [{ start: base, value: otherwise }];
  const verdicts = [...verdictsFor(seccomp, architecture)].sort(([a], [b]) => a - b);
  for (const [number, verdict] of verdicts) {
    const start = base + number;
    if (segments.at(-1)!.start === start) segments.pop();
    segments.push({ start, value: { ...verdict, argumentBits } }, { start: start + 1, value: otherwise });
  }
  const largest = largestNumber(seccomp, architecture);
  if (largest !== undefined && !isPermissive(seccomp.defaultAction)) {
    const start = base + largest + 1;
    if (segments.at(-1)!.start === start) segments.pop();
    segments.push({ start, value: constant(RETURN_ENOSYS) });
  }
  return segments;
}

/**
 * x32 calls on an x86-64 that does not serve x32. Number -1 is none of them: a tracer sets it to skip a call
 * (seccomp(2)).
 */
function x32Segments(seccomp: Seccomp): Segment<Place>[] {
  const skipped = actionValue(seccomp.defaultAction, seccomp.defaultErrnoRet);
  return [
    { start: X32_BIT, value: { rules: [], otherwise: KILL_THREAD, argumentBits: 64 } },
    { start: 0xffff_ffff, value: { rules: [], otherwise: skipped, argumentBits: 64 } },
  ];
}

function placeKey({ rules, otherwise, argumentBits }: Place): string {
  if (rules.length === 0) return String(otherwise);
  const text = rules.map(({ tests, action }) => [
    action,
    ...tests.map(({ index, op, value, mask }) => `${index} ${op} ${value} ${mask}`),
  ]);
  return `${argumentBits} ${otherwise} ${text.join(';')}`;
}
