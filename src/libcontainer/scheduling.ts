import { EngineError } from '../base/errors.ts';
import { lookupTable } from '../base/lookup-table.ts';
import type { ChildOperation, SetAffinity } from './plan.ts';
import { ioPriorityValue } from './resource-limits.ts';
import type { Linux, Process, Scheduler } from '../oci/runtime-spec.ts';

/** include/uapi/linux/sched.h */
const POLICIES = lookupTable<number>({
  SCHED_OTHER: 0,
  SCHED_FIFO: 1,
  SCHED_RR: 2,
  SCHED_BATCH: 3,
  SCHED_ISO: 4,
  SCHED_IDLE: 5,
  SCHED_DEADLINE: 6,
});
const SCHEDULER_FLAGS = lookupTable<number>({
  SCHED_FLAG_RESET_ON_FORK: 0x01,
  SCHED_FLAG_RECLAIM: 0x02,
  SCHED_FLAG_DL_OVERRUN: 0x04,
  SCHED_FLAG_KEEP_POLICY: 0x08,
  SCHED_FLAG_KEEP_PARAMS: 0x10,
  SCHED_FLAG_UTIL_CLAMP_MIN: 0x20,
  SCHED_FLAG_UTIL_CLAMP_MAX: 0x40,
});
/** include/uapi/linux/mempolicy.h */
const MEMORY_MODES = lookupTable<number>({
  MPOL_DEFAULT: 0,
  MPOL_PREFERRED: 1,
  MPOL_BIND: 2,
  MPOL_INTERLEAVE: 3,
  MPOL_LOCAL: 4,
  MPOL_PREFERRED_MANY: 5,
  MPOL_WEIGHTED_INTERLEAVE: 6,
});
const MEMORY_FLAGS = lookupTable<number>({
  MPOL_F_STATIC_NODES: 1 << 15,
  MPOL_F_RELATIVE_NODES: 1 << 14,
  MPOL_F_NUMA_BALANCING: 1 << 13,
});
/** What `features` tells. */
export const MEMORY_POLICY_NAMES = { modes: Object.keys(MEMORY_MODES), flags: Object.keys(MEMORY_FLAGS) };

/** include/uapi/linux/personality.h */
const DOMAINS = lookupTable<number>({ LINUX: 0x0000, LINUX32: 0x0008 });

const SCHED_ATTR_BYTES = 56;

/** More CPUs than any machine has: the kernel takes those of the process's cgroup. */
export const ALL_CPUS: SetAffinity = { op: 'affinity', mask: new Uint8Array(1024).fill(0xff) };

/**
 * How the process is scheduled and where its memory comes from; all inherited by what it starts.
 * @throws EngineError invalid-parameter
 */
export function schedulingOperations(process: Process, linux: Linux = {}): ChildOperation[] {
  const { personality } = linux;
  const { memoryPolicy } = linux;
  if (memoryPolicy) checkNodes(memoryPolicy);
  return [
    ...(process.scheduler
      ? [{ op: 'scheduler' as const, attributes: schedulerAttributes(process.scheduler) }]
      : []),
    ...(process.ioPriority
      ? [{ op: 'io-priority' as const, value: ioPriorityValue(process.ioPriority) }]
      : []),
    ...(personality ? [{ op: 'personality' as const, persona: persona(personality) }] : []),
    ...(memoryPolicy
      ? [
          {
            op: 'memory-policy' as const,
            mode:
              numberOf(
                MEMORY_MODES,
                memoryPolicy.mode ?? '',
                'linux.memoryPolicy.mode: invalid memory policy mode',
              ) |
              sum(MEMORY_FLAGS, memoryPolicy.flags, 'linux.memoryPolicy.flags: invalid memory policy flag'),
            nodes: bitMask(memoryPolicy.nodes ?? '', 'linux.memoryPolicy.nodes: invalid memory policy node'),
          },
        ]
      : []),
  ];
}

/** `0-2,7` as a little-endian bit mask of whole 64-bit words. @throws EngineError invalid-parameter */
export function bitMask(list: string, where: string): Uint8Array {
  const mask = Buffer.alloc(list.trim() === '' ? 0 : 1024);
  let words = 0;
  for (const range of list.split(',').filter(part => part.trim() !== '')) {
    const match = /^\s*(\d+)(?:-(\d+))?\s*$/.exec(range);
    const first = Number(match?.[1]);
    const last = Number(match?.[2] ?? match?.[1]);
    if (!match || last < first || last >= 8 * mask.length)
      throw new EngineError(
        'invalid-parameter',
        `${where}: expected a list like 0-2,7: ${JSON.stringify(list)}`,
      );
    for (let bit = first; bit <= last; bit++) mask[bit >> 3]! |= 1 << (bit & 7);
    words = Math.max(words, (last >> 6) + 1);
  }
  return mask.subarray(0, 8 * words);
}

/** @throws EngineError invalid-parameter */
function checkNodes({ mode = '', nodes = '' }: NonNullable<Linux['memoryPolicy']>): void {
  const mask = bitMask(nodes, 'linux.memoryPolicy.nodes: invalid memory policy node');
  const count = mask.reduce((sum, byte) => sum + byte.toString(2).replaceAll('0', '').length, 0);
  if ((mode === 'MPOL_DEFAULT' || mode === 'MPOL_LOCAL') && count > 0)
    throw new EngineError(
      'invalid-parameter',
      `linux.memoryPolicy: ${mode}: mode requires 0 nodes but got ${count}`,
    );
}

/** struct sched_attr (sched_setattr(2)). */
function schedulerAttributes(scheduler: Scheduler): Uint8Array {
  const attributes = Buffer.alloc(SCHED_ATTR_BYTES);
  attributes.writeUInt32LE(SCHED_ATTR_BYTES, 0);
  attributes.writeUInt32LE(numberOf(POLICIES, scheduler.policy, 'process.scheduler.policy'), 4);
  attributes.writeBigUInt64LE(BigInt(sum(SCHEDULER_FLAGS, scheduler.flags, 'process.scheduler.flags')), 8);
  attributes.writeInt32LE(scheduler.nice ?? 0, 16);
  attributes.writeUInt32LE(scheduler.priority ?? 0, 20);
  attributes.writeBigUInt64LE(BigInt(scheduler.runtime ?? 0), 24);
  attributes.writeBigUInt64LE(BigInt(scheduler.deadline ?? 0), 32);
  attributes.writeBigUInt64LE(BigInt(scheduler.period ?? 0), 40);
  return attributes;
}

function persona({ domain, flags }: NonNullable<Linux['personality']>): number {
  if (flags?.length)
    throw new EngineError(
      'invalid-parameter',
      'linux.personality.flags: expected none (the specification defines none)',
    );
  return numberOf(DOMAINS, domain, 'linux.personality.domain');
}

function numberOf(names: Record<string, number>, name: string, where: string): number {
  const number = names[name];
  if (number === undefined)
    throw new EngineError(
      'invalid-parameter',
      `${where}: expected one of ${Object.keys(names).join(', ')}: ${name}`,
    );
  return number;
}

function sum(names: Record<string, number>, list: readonly string[] | undefined, where: string): number {
  return (list ?? []).reduce((total, name) => total | numberOf(names, name, where), 0);
}
