/** A place to jump to: an instruction already there, or a return of a value. */
export type Target = { position: number } | { returns: number };

/** Opcodes of classic BPF (linux/bpf_common.h): operands are the accumulator and the constant k. */
export const BPF = {
  load: 0x20,
  jump: 0x05,
  jeq: 0x15,
  jgt: 0x25,
  jge: 0x35,
  and: 0x54,
  return: 0x06,
} as const;

export type Comparison = 'jeq' | 'jgt' | 'jge';

type Instruction = { code: number; jt: number; jf: number; k: number };

const INSTRUCTION_BYTES = 8;
/** How far a conditional jump reaches. */
const MAX_DISTANCE = 255;

/**
 * A classic BPF program, built from its end to its beginning: jumps only lead forward, so every target is
 * known when the jump is made. Returns are shared, and repeated where they are out of reach.
 */
export class FilterProgram {
  /** In reverse order; an instruction's position is its index here. */
  readonly #instructions: Instruction[] = [];
  readonly #returns = new Map<number, number>();

  get length(): number {
    return this.#instructions.length;
  }

  /** Compares the accumulator with `k`. */
  branch(comparison: Comparison, k: number, whenTrue: Target, whenFalse: Target): Target {
    if (sameTarget(whenTrue, whenFalse)) return whenTrue;
    // Making one target reachable may add instructions and put the other out of reach again.
    let [jt, jf] = [this.#reach(whenTrue), this.#reach(whenFalse)];
    jt = this.#reach(jt);
    jf = this.#reach(jf);
    const next = this.length;
    return this.#push({ code: BPF[comparison], jt: next - 1 - jt.position, jf: next - 1 - jf.position, k });
  }

  /** Loads the 32 bits of seccomp_data at `offset`, and goes on with `next`, which compares them. */
  load(offset: number, next: Target): Target {
    return 'returns' in next ? next : this.#before(BPF.load, offset, next);
  }

  /** Keeps only the bits of `mask` in the accumulator. */
  and(mask: number, next: Target): Target {
    return 'returns' in next ? next : this.#before(BPF.and, mask, next);
  }

  /** The program, `entry` being its first instruction. 8 bytes each: code u16, jt u8, jf u8, k u32. */
  encode(entry: Target): Uint8Array {
    const first =
      'returns' in entry ? this.#push({ code: BPF.return, jt: 0, jf: 0, k: entry.returns }) : entry;
    this.#jumpTo(first.position);
    const bytes = Buffer.alloc(this.length * INSTRUCTION_BYTES);
    [...this.#instructions].reverse().forEach(({ code, jt, jf, k }, index) => {
      bytes.writeUInt16LE(code, index * INSTRUCTION_BYTES);
      bytes.writeUInt8(jt, index * INSTRUCTION_BYTES + 2);
      bytes.writeUInt8(jf, index * INSTRUCTION_BYTES + 3);
      bytes.writeUInt32LE(k >>> 0, index * INSTRUCTION_BYTES + 4);
    });
    return bytes;
  }

  #push(instruction: Instruction): { position: number } {
    return { position: this.#instructions.push(instruction) - 1 };
  }

  /** An instruction that falls through to `next`. */
  #before(code: number, k: number, next: { position: number }): Target {
    this.#jumpTo(next.position);
    return this.#push({ code, jt: 0, jf: 0, k });
  }

  /** Makes what follows lead to `position`. */
  #jumpTo(position: number): void {
    const distance = this.length - 1 - position;
    if (distance > 0) this.#push({ code: BPF.jump, jt: 0, jf: 0, k: distance });
  }

  /** A position that a conditional jump made now, or after one more instruction, can lead to. */
  #reach(target: Target): { position: number } {
    const isNear = (position: number) => this.length - 1 - position < MAX_DISTANCE - 1;
    if ('position' in target) {
      if (isNear(target.position)) return target;
      return this.#push({ code: BPF.jump, jt: 0, jf: 0, k: this.length - 1 - target.position });
    }
    const shared = this.#returns.get(target.returns);
    if (shared !== undefined && isNear(shared)) return { position: shared };
    const made = this.#push({ code: BPF.return, jt: 0, jf: 0, k: target.returns });
    this.#returns.set(target.returns, made.position);
    return made;
  }
}

export function sameTarget(a: Target, b: Target): boolean {
  return 'returns' in a
    ? 'returns' in b && a.returns === b.returns
    : 'position' in b && a.position === b.position;
}
