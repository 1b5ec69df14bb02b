import type { SyscallColumn } from './syscall-table.ts';

/** A system call ABI that a filter can be asked to serve. */
export type Architecture = {
  /** As runtime specs name it. */
  name: string;
  /** AUDIT_ARCH_* of linux/audit.h: what seccomp_data.arch holds. */
  audit: number;
  column: SyscallColumn;
  /** Bits that all its syscall numbers have (x32 shares its audit value with x86-64). */
  base: number;
  /** 32: only the low half of an argument is compared, as libseccomp does. */
  argumentBits: 32 | 64;
  /** Numbers of socketcall(2) and ipc(2), where calls of both families can also be made through them. */
  multiplexers?: { socketcall: number; ipc: number };
};

export const X32_BIT = 0x4000_0000;

const ARCHITECTURES: readonly Architecture[] = [
  { name: 'SCMP_ARCH_X86_64', audit: 0xc000_003e, column: 'x86_64', base: 0, argumentBits: 64 },
  {
    name: 'SCMP_ARCH_X86',
    audit: 0x4000_0003,
    column: 'x86',
    base: 0,
    argumentBits: 32,
    multiplexers: { socketcall: 102, ipc: 117 },
  },
  { name: 'SCMP_ARCH_X32', audit: 0xc000_003e, column: 'x32', base: X32_BIT, argumentBits: 32 },
  { name: 'SCMP_ARCH_AARCH64', audit: 0xc000_00b7, column: 'aarch64', base: 0, argumentBits: 64 },
  { name: 'SCMP_ARCH_ARM', audit: 0x4000_0028, column: 'arm', base: 0, argumentBits: 32 },
];

/** Valid in a spec, but no process of theirs can run on the machines the engine runs on. */
const FOREIGN = new Set(
  'MIPS MIPS64 MIPS64N32 MIPSEL MIPSEL64 MIPSEL64N32 PPC PPC64 PPC64LE S390 S390X PARISC PARISC64 RISCV64 LOONGARCH64 M68K SH SHEB'
    .split(' ')
    .map(name => `SCMP_ARCH_${name}`),
);

/** undefined for an unknown name, null for an architecture that cannot occur here. */
export function architectureNamed(name: string): Architecture | null | undefined {
  const known = ARCHITECTURES.find(architecture => architecture.name === name);
  return known ?? (FOREIGN.has(name) ? null : undefined);
}

/** The architecture of a machine, by Node's `process.arch`. */
export function nativeArchitecture(machine: string): Architecture {
  return architectureNamed(machine === 'arm64' ? 'SCMP_ARCH_AARCH64' : 'SCMP_ARCH_X86_64')!;
}
