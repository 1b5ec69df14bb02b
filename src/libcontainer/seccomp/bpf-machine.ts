import { BPF } from './filter-program.ts';

/** What a filter sees of a system call (struct seccomp_data), without the instruction pointer. */
export type Call = { architecture: number; number: number; args: readonly bigint[] };

/**
 * Runs a classic BPF program on a system call, as the kernel would: for tests. Knows the instructions that
 * this compiler and libseccomp emit.
 * @returns SECCOMP_RET_* with its data
 * @throws RangeError for a program that the kernel would not load, as far as this call gets to see it
 */
export function runFilter(filter: Uint8Array, { architecture, number, args }: Call): number {
  const code = Buffer.from(filter.buffer, filter.byteOffset, filter.byteLength);
  const data = Buffer.alloc(64);
  data.writeUInt32LE(number >>> 0, 0);
  data.writeUInt32LE(architecture, 4);
  args.forEach((arg, index) => data.writeBigUInt64LE(BigInt.asUintN(64, arg), 16 + 8 * index));
  let accumulator = 0;
  for (let pc = 0; pc * 8 < code.length; pc++) {
    const [at, k] = [pc * 8, code.readUInt32LE(pc * 8 + 4)];
    const jump = (taken: boolean) => (pc += code[at + (taken ? 2 : 3)]!);
    switch (code.readUInt16LE(at)) {
      case BPF.load:
        accumulator = data.readUInt32LE(k);
        break;
      case BPF.and:
        accumulator = (accumulator & k) >>> 0;
        break;
      case BPF.jump:
        pc += k;
        break;
      case BPF.jeq:
        jump(accumulator === k);
        break;
      case BPF.jgt:
        jump(accumulator > k);
        break;
      case BPF.jge:
        jump(accumulator >= k);
        break;
      case 0x45: // BPF_JSET, which libseccomp and runc use
        jump((accumulator & k) !== 0);
        break;
      case BPF.return:
        return k;
      default:
        throw new RangeError(`unknown instruction ${code.readUInt16LE(at)} at ${pc}`);
    }
  }
  throw new RangeError('the program has no end');
}
