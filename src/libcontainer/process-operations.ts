import type { Int64 } from '../base/int64.ts';
import { EngineError } from '../base/errors.ts';
import { capabilityMask } from './capabilities.ts';
import { effectiveEnvironment } from './environment.ts';
import type { ChildOperation, RaiseResourceLimit, SetResourceLimit } from './plan.ts';
import { RESOURCE_LIMITS } from './resource-limits.ts';
import { schedulingOperations } from './scheduling.ts';
import { filesFilter } from './files-limit.ts';
import { compileSeccomp } from './seccomp/compile-seccomp.ts';
import type { Linux, Process } from '../oci/runtime-spec.ts';

const CAP_SYS_ADMIN = 1n << 21n;
const RLIM_INFINITY = 0xffff_ffff_ffff_ffffn;

export type ProcessOptions = {
  process: Process;
  linux?: Linux;
  /** Hooks to be run in the process just before it executes. */
  startHooks?: ChildOperation[];
  /** False in a user namespace that denies setgroups(2). */
  setGroups?: boolean;
  /** How many descriptors from 3 on the process keeps. */
  preserve?: number;
  /** The FIFO by which it is told to start, as the shim's descriptor; by the shim when absent. */
  startFifo?: number;
  /** Whether it asks the shim before it opens anything. */
  asksForFiles?: boolean;
  /** Whether the pid namespace was joined, so that only a child of the process is in it. */
  forks?: boolean;
};

/**
 * The last operations of init and of exec'd processes alike: from a process that is in its namespaces and its
 * root to one that executes the user's program with the user's rights. Sealed first: all that follows looks up paths of
 * the image.
 *
 * The filter is installed last of all, so that a strict one need allow nothing but what the program does. Without
 * no_new_privs that takes CAP_SYS_ADMIN, which is therefore kept until then, and dropped by the operation after.
 * @throws EngineError invalid-parameter
 */
export function processOperations(options: ProcessOptions): ChildOperation[] {
  const { process } = options;
  const args = process.args ?? [];
  if (args.length === 0) throw new EngineError('invalid-parameter', 'process.args must not be empty');
  const env = effectiveEnvironment(process.env ?? []);
  const capabilities = capabilitySets(process);
  const seccomp = options.linux?.seccomp;
  const filter = seccomp && compileSeccomp(seccomp);
  const asksForFiles = options.asksForFiles ?? false;
  const needsAdmin = (asksForFiles || filter !== undefined) && !process.noNewPrivileges ? CAP_SYS_ADMIN : 0n;
  return [
    { op: 'seal', preserve: options.preserve ?? 0, fifo: options.startFifo ?? 0 },
    ...schedulingOperations(process, options.linux),
    ...setLabel(process),
    ...(env.some(entry => entry.startsWith('HOME=')) ? [] : [{ op: 'home' as const, uid: process.user.uid }]),
    // After all that takes files, for which they may be too low.
    ...limitOperations(process),
    { op: 'cap-bounding', keep: capabilities.bounding },
    { op: 'umask', mask: process.user.umask ?? 0o022 },
    { op: 'chdir', path: process.cwd, mayFail: true },
    {
      op: 'user',
      uid: process.user.uid,
      gid: process.user.gid,
      setGroups: options.setGroups ?? true,
      groups: process.user.additionalGids ?? [],
    },
    {
      op: 'capabilities',
      effective: capabilities.effective | needsAdmin,
      permitted: capabilities.permitted | needsAdmin,
      inheritable: capabilities.inheritable,
      ambient: capabilities.ambient,
    },
    { op: 'chdir', path: process.cwd, mayFail: false },
    { op: 'find-executable', name: args[0] ?? '', path: pathOf(env) },
    ...(options.forks ? [{ op: 'fork' as const }] : []),
    { op: options.startFifo === undefined ? 'await-start' : 'await-fifo' },
    ...(process.noNewPrivileges ? [{ op: 'no-new-privileges' as const }] : []),
    // First: the container's own filter need not allow to pass the listener on.
    ...(asksForFiles ? [{ op: 'ask-for-files' as const, filter: filesFilter() }] : []),
    ...(filter
      ? [
          {
            op: 'seccomp' as const,
            filter: filter.filter,
            flags: filter.flags,
          },
        ]
      : []),
    ...(needsAdmin
      ? [
          {
            op: 'capabilities' as const,
            effective: capabilities.effective,
            permitted: capabilities.permitted,
            inheritable: capabilities.inheritable,
            ambient: capabilities.ambient,
          },
        ]
      : []),
    // With the filter and the rights of the process, as the specification asks: they are of the container.
    ...(options.startHooks ?? []),
    { op: 'exec', args, env },
  ];
}

/** Without `capabilities` a process has none (config.md leaves it open; crun drops all, runc none). */
function capabilitySets(process: Process) {
  const sets = process.capabilities ?? {};
  // The kernel raises no others (capabilities(7)); runc warns, and goes on without them.
  const raisable = capabilityMask(sets.inheritable) & capabilityMask(sets.permitted);
  return {
    bounding: capabilityMask(sets.bounding ?? []),
    effective: capabilityMask(sets.effective ?? []),
    permitted: capabilityMask(sets.permitted ?? []),
    inheritable: capabilityMask(sets.inheritable ?? []),
    ambient: capabilityMask(sets.ambient, raisable),
  };
}

function pathOf(env: readonly string[]): string {
  return env.findLast(entry => entry.startsWith('PATH='))?.slice('PATH='.length) ?? '';
}

/** Before a user namespace is entered, and for it. @throws EngineError invalid-parameter */
export function raisedLimits(process: Process): RaiseResourceLimit[] {
  return limitOperations(process).map(({ resource, hard }) => ({ op: 'raise-limit', resource, hard }));
}

/** @throws EngineError invalid-parameter */
function limitOperations({ rlimits = [] }: Process): SetResourceLimit[] {
  return rlimits.map(({ type, soft, hard }, index) => {
    if (rlimits.findIndex(other => other.type === type) < index)
      throw new EngineError('invalid-parameter', `process.rlimits: ${type} is given twice`);
    const resource = RESOURCE_LIMITS[type];
    if (resource === undefined)
      throw new EngineError('invalid-parameter', `process.rlimits: invalid rlimit type: ${type}`);
    return { op: 'rlimit', resource, soft: limitValue(soft), hard: limitValue(hard) };
  });
}

/** Unlimited arrives as -1 or as 2^64-1. */
function limitValue(value: Int64): bigint {
  return value < 0 ? RLIM_INFINITY : BigInt(value);
}

/** What a label is set by, while the host's procfs can be seen. Comes first in the child's list. */
export function openLabel({ apparmorProfile, selinuxLabel }: Process): ChildOperation[] {
  if (apparmorProfile) return [{ op: 'open-label', file: 'apparmor/exec' }];
  return selinuxLabel ? [{ op: 'open-label', file: 'exec' }] : [];
}

function setLabel({ apparmorProfile, selinuxLabel }: Process): ChildOperation[] {
  if (apparmorProfile) return [{ op: 'exec-label', label: `exec ${apparmorProfile}` }];
  return selinuxLabel ? [{ op: 'exec-label', label: selinuxLabel }] : [];
}
