import * as ns from '../kernel/abi/sched.ts';
import { joinCgroups } from './cgroups/join-cgroups.ts';
import type { CgroupPaths } from './cgroups/plan-cgroups.ts';
import type { ChildOperation, Plan } from './plan.ts';
import { processOperations } from './process-operations.ts';
import type { NamespaceType, Process, Spec } from './spec.ts';

export type ExecPlanOptions = {
  /** The container's own spec: its namespaces and its seccomp filter hold for the process too. */
  spec: Spec;
  process: Process;
  cgroupPaths: CgroupPaths;
  rows?: number;
  columns?: number;
  preserve?: number;
};

/** Joined from the init's pidfd; the pid namespace is the shim's business, as only its children change it. */
const JOINED: readonly (readonly [NamespaceType, number])[] = [
  ['ipc', ns.CLONE_NEWIPC],
  ['uts', ns.CLONE_NEWUTS],
  ['network', ns.CLONE_NEWNET],
  ['cgroup', ns.CLONE_NEWCGROUP],
  ['mount', ns.CLONE_NEWNS],
];

/**
 * The plan that adds a process to a running container. It is in the container's cgroups and namespaces, and
 * has its rights and its filter, before it executes anything of the image.
 * @throws EngineError invalid-parameter
 */
export function compileExec(options: ExecPlanOptions): Plan {
  const { spec, process, cgroupPaths } = options;
  const own = new Set((spec.linux?.namespaces ?? []).map(({ type }) => type));
  const flags = JOINED.filter(([type]) => own.has(type)).reduce((sum, [, flag]) => sum | flag, 0);
  const { join, cloneInto } = joinCgroups(cgroupPaths);
  const child: ChildOperation[] = [
    ...join,
    ...(process.oomScoreAdj === undefined
      ? []
      : [{ op: 'write' as const, path: '/proc/self/oom_score_adj', data: String(process.oomScoreAdj) }]),
    { op: 'setns-init', flags },
    ...(process.terminal
      ? [{ op: 'console' as const, rows: options.rows ?? 0, columns: options.columns ?? 0, bind: false }]
      : []),
    ...processOperations({ process, seccomp: spec.linux?.seccomp, preserve: options.preserve }),
  ];
  return {
    parent: [
      ...(own.has('pid') ? [{ op: 'enter-pid-namespace' as const, path: '' }] : []),
      { op: 'clone', flags: 0, cgroup: cloneInto },
    ],
    child,
    cleanup: [],
  };
}
