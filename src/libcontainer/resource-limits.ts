import { EngineError } from '../base/errors.ts';
import { lookupTable } from '../base/lookup-table.ts';
import type { Process } from '../oci/runtime-spec.ts';

/** include/uapi/asm-generic/resource.h */
export const RESOURCE_LIMITS = lookupTable<number>({
  RLIMIT_CPU: 0,
  RLIMIT_FSIZE: 1,
  RLIMIT_DATA: 2,
  RLIMIT_STACK: 3,
  RLIMIT_CORE: 4,
  RLIMIT_RSS: 5,
  RLIMIT_NPROC: 6,
  RLIMIT_NOFILE: 7,
  RLIMIT_MEMLOCK: 8,
  RLIMIT_AS: 9,
  RLIMIT_LOCKS: 10,
  RLIMIT_SIGPENDING: 11,
  RLIMIT_MSGQUEUE: 12,
  RLIMIT_NICE: 13,
  RLIMIT_RTPRIO: 14,
  RLIMIT_RTTIME: 15,
});

const IO_CLASSES = { IOPRIO_CLASS_RT: 1, IOPRIO_CLASS_BE: 2, IOPRIO_CLASS_IDLE: 3 };

/** The value of ioprio_set(2). @throws EngineError invalid-parameter */
export function ioPriorityValue({ class: name, priority = 0 }: NonNullable<Process['ioPriority']>): number {
  const number = IO_CLASSES[name];
  if (number === undefined || !Number.isInteger(priority) || priority < 0 || priority > 7)
    throw new EngineError('invalid-parameter', `process.ioPriority: invalid: ${name} ${priority}`);
  return (number << 13) | priority;
}
