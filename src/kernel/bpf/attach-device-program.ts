import { closeSync, constants, openSync } from 'node:fs';
import { addressOf, cstring, syscall } from '../libc.ffi.ts';

/** bpf(2) */
const BPF_PROG_LOAD = 5;
const BPF_PROG_ATTACH = 8;
const BPF_PROG_TYPE_CGROUP_DEVICE = 15;
const BPF_CGROUP_DEVICE = 6;
const BPF_F_ALLOW_MULTI = 2;
const INSTRUCTION_BYTES = 8;

/** Gives a cgroup v2 directory a program that decides about devices, besides those it has. @throws SyscallError */
export function attachDeviceProgram(directory: string, instructions: Uint8Array): void {
  const program = load(instructions);
  const cgroup = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    const attach = Buffer.alloc(16);
    [cgroup, program, BPF_CGROUP_DEVICE, BPF_F_ALLOW_MULTI].forEach((value, index) =>
      attach.writeUInt32LE(value, 4 * index),
    );
    syscall('bpf', 'BPF_PROG_ATTACH', BPF_PROG_ATTACH, attach, attach.length);
  } finally {
    closeSync(cgroup);
    closeSync(program);
  }
}

function load(instructions: Uint8Array): number {
  const license = cstring('Apache-2.0');
  const attributes = Buffer.alloc(48);
  attributes.writeUInt32LE(BPF_PROG_TYPE_CGROUP_DEVICE, 0);
  attributes.writeUInt32LE(instructions.length / INSTRUCTION_BYTES, 4);
  attributes.writeBigUInt64LE(addressOf(instructions), 8);
  attributes.writeBigUInt64LE(addressOf(license), 16);
  return syscall('bpf', 'BPF_PROG_LOAD', BPF_PROG_LOAD, attributes, attributes.length);
}
