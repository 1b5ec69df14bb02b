import { closeSync } from 'node:fs';
import { assembleBpf, call, exit, moveImmediate } from './assembler.ts';
import { loadProgram, runProgram } from './bpf.ts';

const BPF_PROG_TYPE_SCHED_CLS = 3;
const BPF_F_INGRESS = 1;
const HELPERS = { cloneRedirect: 13 };

/**
 * Has an interface of the thread's network namespace receive a frame, as though a neighbour had sent it. Nothing of the
 * interface is changed: a program that is run once gives the frame to it.
 * @param linkIndex an interface that is up
 * @param frame from the Ethernet header on
 * @throws SyscallError
 */
export function injectPacket(linkIndex: number, frame: Buffer): void {
  const instructions = assembleBpf([
    // The first register holds the packet already.
    moveImmediate(2, linkIndex),
    moveImmediate(3, BPF_F_INGRESS),
    call(HELPERS.cloneRedirect),
    exit(),
  ]);
  const program = loadProgram({ type: BPF_PROG_TYPE_SCHED_CLS, attachType: 0, instructions });
  try {
    runProgram(program, frame);
  } finally {
    closeSync(program);
  }
}
