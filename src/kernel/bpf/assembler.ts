/**
 * An assembler for eBPF (RFC 9669; linux/bpf.h): instructions with named jump targets to the 8-byte form that
 * BPF_PROG_LOAD takes.
 */
export type Register = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10;

export type BpfInstruction = {
  code: number;
  dst?: Register;
  src?: Register;
  offset?: number;
  immediate?: number;
  /** The label that `offset` will lead to. */
  target?: string;
};

/** A place to jump to: the instruction that follows. */
export type BpfLabel = { label: string };

const INSTRUCTION_BYTES = 8;

/** @throws RangeError for a jump to a label that is missing, or before the jump */
export function assembleBpf(items: readonly (BpfInstruction | BpfLabel)[]): Uint8Array {
  const places = new Map<string, number>();
  const instructions: BpfInstruction[] = [];
  for (const item of items) {
    if ('label' in item) places.set(item.label, instructions.length);
    else instructions.push(item);
  }
  const bytes = Buffer.alloc(instructions.length * INSTRUCTION_BYTES);
  instructions.forEach(({ code, dst = 0, src = 0, offset = 0, immediate = 0, target }, index) => {
    const at = index * INSTRUCTION_BYTES;
    bytes.writeUInt8(code, at);
    bytes.writeUInt8((src << 4) | dst, at + 1);
    bytes.writeInt16LE(target === undefined ? offset : distance(places, target, index), at + 2);
    bytes.writeInt32LE(immediate | 0, at + 4);
  });
  return bytes;
}

function distance(places: Map<string, number>, target: string, index: number): number {
  const place = places.get(target);
  if (place === undefined || place <= index) throw new RangeError(`no label ${target} after ${index}`);
  return place - index - 1;
}

/** dst = *(u32 *)(src + offset) */
export const loadWord = (dst: Register, src: Register, offset: number): BpfInstruction => ({
  code: 0x61,
  dst,
  src,
  offset,
});
/** dst = immediate */
export const moveImmediate = (dst: Register, immediate: number): BpfInstruction => ({
  code: 0xb7,
  dst,
  immediate,
});
/** dst = (u32)src */
export const move32 = (dst: Register, src: Register): BpfInstruction => ({ code: 0xbc, dst, src });
/** dst = (u32)dst & immediate */
export const and32 = (dst: Register, immediate: number): BpfInstruction => ({ code: 0x54, dst, immediate });
/** dst = (u32)dst >> immediate */
export const shiftRight32 = (dst: Register, immediate: number): BpfInstruction => ({
  code: 0x74,
  dst,
  immediate,
});
/** goto target */
export const jump = (target: string): BpfInstruction => ({ code: 0x05, target });
/** if ((u32)dst == immediate) goto target */
export const jumpIfEqual32 = (dst: Register, immediate: number, target: string): BpfInstruction => ({
  code: 0x16,
  dst,
  immediate,
  target,
});
/** if ((u32)dst != immediate) goto target */
export const jumpIfNotEqual32 = (dst: Register, immediate: number, target: string): BpfInstruction => ({
  code: 0x56,
  dst,
  immediate,
  target,
});
/** if (dst == immediate) goto target */
export const jumpIfEqual = (dst: Register, immediate: number, target: string): BpfInstruction => ({
  code: 0x15,
  dst,
  immediate,
  target,
});
/** dst = src */
export const move = (dst: Register, src: Register): BpfInstruction => ({ code: 0xbf, dst, src });
/** dst += immediate */
export const add = (dst: Register, immediate: number): BpfInstruction => ({ code: 0x07, dst, immediate });
/** *(u32 *)(dst + offset) = immediate */
export const storeWord = (dst: Register, offset: number, immediate: number): BpfInstruction => ({
  code: 0x62,
  dst,
  offset,
  immediate,
});
/** dst = the map with that descriptor: two instructions. */
export const loadMap = (dst: Register, descriptor: number): BpfInstruction[] => [
  { code: 0x18, dst, src: 1, immediate: descriptor },
  { code: 0 },
];
/** r0 = helper(r1, r2 …), by its number in bpf_func_id (linux/bpf.h). */
export const call = (helper: number): BpfInstruction => ({ code: 0x85, immediate: helper });
/** return r0 */
export const exit = (): BpfInstruction => ({ code: 0x95 });
/** dst = *(u64 *)(src + offset) */
export const loadDouble = (dst: Register, src: Register, offset: number): BpfInstruction => ({
  code: 0x79,
  dst,
  src,
  offset,
});
/** dst = a number of 64 bits: two instructions. */
export const loadImmediate64 = (dst: Register, value: bigint): BpfInstruction[] => [
  { code: 0x18, dst, immediate: Number(BigInt.asIntN(32, value)) },
  { code: 0, immediate: Number(BigInt.asIntN(32, value >> 32n)) },
];
/** *(u64 *)(dst + offset) = src */
export const storeDouble = (dst: Register, offset: number, src: Register): BpfInstruction => ({
  code: 0x7b,
  dst,
  src,
  offset,
});
/** *(u64 *)(dst + offset) = immediate, of 32 bits with a sign */
export const storeImmediate64 = (dst: Register, offset: number, immediate: number): BpfInstruction => ({
  code: 0x7a,
  dst,
  offset,
  immediate,
});
/** *(u64 *)(dst + offset) += src, atomically */
export const atomicAdd = (dst: Register, offset: number, src: Register): BpfInstruction => ({
  code: 0xdb,
  dst,
  src,
  offset,
});
/** dst &= src */
export const and = (dst: Register, src: Register): BpfInstruction => ({ code: 0x5f, dst, src });
/** if (dst != src) goto target */
export const jumpIfNotEqualRegister = (dst: Register, src: Register, target: string): BpfInstruction => ({
  code: 0x5d,
  dst,
  src,
  target,
});
