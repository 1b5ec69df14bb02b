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
/** Sets of programs that stay open. */
const MAX_LOADED = 16;

/**
 * Lets the processes of a v2 cgroup connect, and send datagrams, only to what the rules allow and to themselves, in place of
 * what was allowed before. The programs stay when this process ends.
 * @throws EngineError system with the verifier's log, SyscallError
 */
export function guardNetwork(directory: string, rules: readonly NetworkRule[]): void {
  const programs = programsFor(rules);
  for (const { attachType } of HOOKS) {
    const before = ownPrograms(directory, attachType);
    attachToCgroup(directory, programs.get(attachType)!, attachType);
    detachAll(directory, before, attachType);
  }
}

/** By attach type. */
type Programs = ReadonlyMap<number, number>;

/** By their rules, the latest ones last: the kernel takes milliseconds to verify a set, and containers start with the same again. */
const loaded = new Map<string, Programs>();

function programsFor(rules: readonly NetworkRule[]): Programs {
  const key = JSON.stringify(rules);
  const programs = loaded.get(key) ?? loadAll(rules);
  loaded.delete(key);
  loaded.set(key, programs);
  const [oldest] = loaded;
  if (loaded.size > MAX_LOADED && oldest !== undefined) {
    loaded.delete(oldest[0]);
    for (const program of oldest[1].values()) closeSync(program);
  }
  return programs;
}

function loadAll(rules: readonly NetworkRule[]): Programs {
  const programs = new Map<number, number>();
  const type = BPF_PROG_TYPE_CGROUP_SOCK_ADDR;
  try {
    for (const { attachType, family } of HOOKS) {
      const instructions = networkProgram(family, rules);
      programs.set(attachType, loadProgram({ type, attachType, name: PROGRAM_NAME, instructions }));
    }
    return programs;
  } catch (error) {
    for (const program of programs.values()) closeSync(program);
    throw error;
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
