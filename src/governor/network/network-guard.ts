import { closeSync } from 'node:fs';
import {
  attachToCgroup,
  describeProgram,
  detachFromCgroup,
  loadProgram,
  programsOfCgroup,
} from '../../kernel/bpf/bpf.ts';
import { networkProgram } from './network-program.ts';
import type { NetworkRule } from './network-rule.ts';

const BPF_PROG_TYPE_CGROUP_SOCK_ADDR = 18;
/** connect(2) and sendmsg(2), of IPv4 and IPv6 (enum bpf_attach_type): Linux 4.18. */
const HOOKS = [
  { attachType: 10, family: 4 },
  { attachType: 11, family: 6 },
  { attachType: 14, family: 4 },
  { attachType: 15, family: 6 },
] as const;
const PROGRAM_NAME = 'slipway_network';

/**
 * Lets the processes of a v2 cgroup connect, and send datagrams, only to what the rules allow and to themselves, in place of
 * what was allowed before. The programs stay when this process ends.
 * @throws EngineError system with the verifier's log, SyscallError
 */
export function guardNetwork(directory: string, rules: readonly NetworkRule[]): void {
  for (const { attachType, family } of HOOKS) {
    const before = ownPrograms(directory, attachType);
    const instructions = networkProgram(family, rules);
    const type = BPF_PROG_TYPE_CGROUP_SOCK_ADDR;
    const program = loadProgram({ type, attachType, name: PROGRAM_NAME, instructions });
    try {
      attachToCgroup(directory, program, attachType);
    } finally {
      closeSync(program);
    }
    detachAll(directory, before, attachType);
  }
}

/** Lets them connect anywhere again. Idempotent. */
export function liftNetworkGuard(directory: string): void {
  for (const { attachType } of HOOKS) detachAll(directory, ownPrograms(directory, attachType), attachType);
}

function ownPrograms(directory: string, attachType: number): number[] {
  const all = programsOfCgroup(directory, attachType);
  const own = all.filter(program => describeProgram(program).name === PROGRAM_NAME);
  for (const program of all) if (!own.includes(program)) closeSync(program);
  return own;
}

function detachAll(directory: string, programs: readonly number[], attachType: number): void {
  for (const program of programs) {
    detachFromCgroup(directory, program, attachType);
    closeSync(program);
  }
}
