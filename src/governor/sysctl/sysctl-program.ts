import {
  add,
  and,
  assembleBpf,
  atomicAdd,
  type BpfInstruction,
  type BpfLabel,
  call,
  exit,
  jump,
  jumpIfEqual,
  jumpIfEqual32,
  jumpIfNotEqualRegister,
  loadDouble,
  loadImmediate64,
  loadMap,
  loadWord,
  move,
  moveImmediate,
  storeDouble,
  storeImmediate64,
} from '../../kernel/bpf/assembler.ts';

/** enum bpf_func_id (linux/bpf.h) */
const HELPERS = {
  lookUpElement: 1,
  updateElement: 2,
  currentPidAndGroup: 14,
  currentCgroup: 80,
  sysctlName: 101,
  newValue: 103,
  outputToRing: 130,
};
const BPF_NOEXIST = 1;
const ALLOW = 1;
const REFUSE = 0;

/** A report as the program puts it into the ring buffer; offsets in bytes. Name and value end with a NUL if they are shorter. */
export const REPORT = { cgroup: 0, process: 8, isRefused: 16, name: 24, value: 24 + 64, size: 24 + 128 };
export const NAME_BYTES = 64;
const VALUE_BYTES = 64;
/** Below the frame pointer: the report, then a key and a value of the map of counts. */
const FRAME = { report: -REPORT.size, key: -REPORT.size - 8, one: -REPORT.size - 16 };

export type SysctlProgramOptions = {
  /** Names that may be written, as in /proc/sys (`net/core/somaxconn`); all below one that ends in a slash. */
  allowed: readonly string[];
  /** Whether other writes fail with EPERM; they are reported in any case. */
  refuses: boolean;
  /** Descriptors of a ring buffer for the reports, and of a hash map that counts them by cgroup (both of 64 bits). */
  ring: number;
  counts: number;
};

/**
 * A BPF_CGROUP_SYSCTL program (Documentation/bpf/prog_cgroup_sysctl.rst): reading is free, of writes only those to the
 * names of a list.
 */
export function sysctlProgram({ allowed, refuses, ring, counts }: SysctlProgramOptions): Uint8Array {
  return assembleBpf([
    move(6, 1),
    loadWord(1, 6, 0),
    jumpIfEqual32(1, 0, 'allow'),
    ...clearReport(),
    ...callWith(HELPERS.sysctlName, FRAME.report + REPORT.name, NAME_BYTES),
    ...allowed.flatMap((name, index) => allowIfNamed(name, `not-${index}`)),
    ...report(refuses),
    ...send(ring),
    ...count(counts),
    moveImmediate(0, refuses ? REFUSE : ALLOW),
    exit(),
    { label: 'allow' },
    moveImmediate(0, ALLOW),
    exit(),
  ]);
}

function clearReport(): BpfInstruction[] {
  return Array.from({ length: REPORT.size / 8 }, (_, index) =>
    storeImmediate64(10, FRAME.report + 8 * index, 0),
  );
}

/** r0 = helper(context, frame + offset, length, 0) */
function callWith(helper: number, offset: number, length: number): BpfInstruction[] {
  return [
    move(1, 6),
    move(2, 10),
    add(2, offset),
    moveImmediate(3, length),
    moveImmediate(4, 0),
    call(helper),
  ];
}

/** Compares eight bytes at a time; of a name that is not a prefix, its end too. */
function allowIfNamed(name: string, otherwise: string): (BpfInstruction | BpfLabel)[] {
  const wanted = Buffer.from(name.endsWith('/') ? name : `${name}\0`);
  const words = Array.from({ length: Math.ceil(wanted.length / 8) }, (_, index) =>
    wanted.subarray(8 * index, 8 * index + 8),
  );
  return [
    ...words.flatMap((word, index) => [
      loadDouble(1, 10, FRAME.report + REPORT.name + 8 * index),
      ...(word.length === 8 ? [] : [...loadImmediate64(2, maskOf(word.length)), and(1, 2)]),
      ...loadImmediate64(2, valueOf(word)),
      jumpIfNotEqualRegister(1, 2, otherwise),
    ]),
    jump('allow'),
    { label: otherwise },
  ];
}

const maskOf = (bytes: number): bigint => (1n << BigInt(8 * bytes)) - 1n;

function valueOf(word: Buffer): bigint {
  const padded = Buffer.alloc(8);
  word.copy(padded);
  return padded.readBigUInt64LE();
}

function report(refuses: boolean): BpfInstruction[] {
  return [
    ...callWith(HELPERS.newValue, FRAME.report + REPORT.value, VALUE_BYTES),
    call(HELPERS.currentPidAndGroup),
    storeDouble(10, FRAME.report + REPORT.process, 0),
    call(HELPERS.currentCgroup),
    storeDouble(10, FRAME.report + REPORT.cgroup, 0),
    storeDouble(10, FRAME.key, 0),
    storeImmediate64(10, FRAME.report + REPORT.isRefused, refuses ? 1 : 0),
  ];
}

/** A report that finds no room is lost; it is counted all the same. */
function send(ring: number): BpfInstruction[] {
  return [
    ...loadMap(1, ring),
    move(2, 10),
    add(2, FRAME.report),
    moveImmediate(3, REPORT.size),
    moveImmediate(4, 0),
    call(HELPERS.outputToRing),
  ];
}

function count(counts: number): (BpfInstruction | BpfLabel)[] {
  return [
    ...loadMap(1, counts),
    move(2, 10),
    add(2, FRAME.key),
    call(HELPERS.lookUpElement),
    jumpIfEqual(0, 0, 'first'),
    moveImmediate(1, 1),
    atomicAdd(0, 0, 1),
    jump('counted'),
    { label: 'first' },
    storeImmediate64(10, FRAME.one, 1),
    ...loadMap(1, counts),
    move(2, 10),
    add(2, FRAME.key),
    move(3, 10),
    add(3, FRAME.one),
    moveImmediate(4, BPF_NOEXIST),
    call(HELPERS.updateElement),
    { label: 'counted' },
  ];
}
