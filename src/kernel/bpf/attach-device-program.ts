import { closeSync, constants, openSync } from 'node:fs';
import { syscall } from '../libc.ffi.ts';
import { loadProgram } from './bpf.ts';

/** bpf(2) */
const BPF_PROG_ATTACH = 8;
const BPF_PROG_TYPE_CGROUP_DEVICE = 15;
const BPF_CGROUP_DEVICE = 6;
const BPF_F_ALLOW_MULTI = 2;

/** Gives a cgroup v2 directory a program that decides about devices, besides those it has. @throws SyscallError */
export function attachDeviceProgram(directory: string, instructions: Uint8Array): void {
  const program = loadProgram({
    type: BPF_PROG_TYPE_CGROUP_DEVICE,
    attachType: BPF_CGROUP_DEVICE,
    instructions,
  });
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
