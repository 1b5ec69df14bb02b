import * as ns from '../kernel/abi/sched.ts';
import { joinCgroups } from './cgroups/join-cgroups.ts';
import type { CgroupPaths } from '../cgroups/cgroup-paths.ts';
import type { HookState } from './hook-operations.ts';
import type { ChildOperation, Plan } from './plan.ts';
import { openLabel, processOperations, raisedLimits } from './process-operations.ts';
import { ALL_CPUS, bitMask } from './scheduling.ts';
import { agentOperations } from './seccomp-operations.ts';
import type { NamespaceType, Process, Spec } from '../oci/runtime-spec.ts';
import { userNamespace } from './user-namespace.ts';

export type ExecPlanOptions = {
  /** The container's own spec: its namespaces and its seccomp filter hold for the process too. */
  spec: Spec;
  process: Process;
  cgroupPaths: CgroupPaths;
  rows?: number;
  columns?: number;
  preserve?: number;
  /** As in ContainerOptions, where the process does not say on which CPUs it runs. */
  resetAffinity?: boolean;
  /** Whether the container's processes ask the shim before they open anything. */
  asksForFiles?: boolean;
  /** The container's state, for seccomp agents. */
  state?: HookState;
  /** Whether the runtime lacks privileges. */
  rootless?: boolean;
};

/** Joined from the init's pidfd, all at once: the user namespace gives what the others take. */
const JOINED: readonly (readonly [NamespaceType, number])[] = [
  ['user', ns.CLONE_NEWUSER],
  ['pid', ns.CLONE_NEWPID],
  ['ipc', ns.CLONE_NEWIPC],
  ['uts', ns.CLONE_NEWUTS],
  ['network', ns.CLONE_NEWNET],
  ['cgroup', ns.CLONE_NEWCGROUP],
  ['time', ns.CLONE_NEWTIME],
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
  const cgroups = joinCgroups(cgroupPaths);
  const { setGroups } = userNamespace(spec, options.rootless ?? false);
  const { initial, final } = process.execCPUAffinity ?? {};
  const reset = options.resetAffinity ? [ALL_CPUS] : [];
  const child: ChildOperation[] = [
    ...openLabel(process),
    ...affinity(initial, 'initial'),
    ...cgroups.join,
    ...(final ? affinity(final, 'final') : reset),
    ...oomScore(process),
    ...agentOperations(spec.linux?.seccomp, options.state ?? {}),
    ...(own.has('user') ? raisedLimits(process) : []),
    { op: 'setns-init', flags },
    ...(process.terminal
      ? [{ op: 'console' as const, rows: options.rows ?? 0, columns: options.columns ?? 0, bind: false }]
      : []),
    ...processOperations({
      process,
      linux: spec.linux,
      preserve: options.preserve,
      setGroups,
      asksForFiles: options.asksForFiles,
      forks: own.has('pid'),
    }),
  ];
  return { parent: [{ op: 'clone', flags: 0, cgroup: cgroups.cloneInto }], child, cleanup: [] };
}

function affinity(list: string | undefined, name: string): ChildOperation[] {
  return list ? [{ op: 'affinity', mask: bitMask(list, `process.execCPUAffinity.${name}`) }] : [];
}

function oomScore({ oomScoreAdj }: Process): ChildOperation[] {
  return oomScoreAdj === undefined
    ? []
    : [{ op: 'write', path: '/proc/self/oom_score_adj', data: String(oomScoreAdj) }];
}
