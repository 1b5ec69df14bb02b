import { closeSync } from 'node:fs';
import { attachToCgroup, loadProgram } from './bpf.ts';

const BPF_PROG_TYPE_CGROUP_DEVICE = 15;
const BPF_CGROUP_DEVICE = 6;

/** Gives a cgroup v2 directory a program that decides about devices, besides those it has. @throws SyscallError */
export function attachDeviceProgram(directory: string, instructions: Uint8Array): void {
  const program = loadProgram({
    type: BPF_PROG_TYPE_CGROUP_DEVICE,
    attachType: BPF_CGROUP_DEVICE,
    instructions,
  });
  try {
    attachToCgroup(directory, program, BPF_CGROUP_DEVICE);
  } finally {
    closeSync(program);
  }
}
