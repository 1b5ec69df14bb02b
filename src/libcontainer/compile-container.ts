import { posix } from 'node:path';
import { EngineError } from '../base/errors.ts';
import * as ns from '../kernel/abi/sched.ts';
import { delegateCgroup } from './cgroups/delegate-cgroup.ts';
import { type CgroupLayout, cgroupDirectory } from '../cgroups/layout.ts';
import { type CgroupPaths } from '../cgroups/cgroup-paths.ts';
import { type CgroupPlan, planCgroups } from './cgroups/plan-cgroups.ts';
import { deviceOperations } from './device-operations.ts';
import { type HookContext, type HookState, hookOperations } from './hook-operations.ts';
import {
  type CompiledMount,
  type MountContext,
  mapsOwnMount,
  mountOperations,
  readonlyAtLast,
  readonlyMount,
} from './mount-operations.ts';
import {
  CLONE_FLAGS,
  hasUserNamespace,
  joinNamespaces,
  type Namespaces,
  namespacesOf,
  timeNamespace,
} from './namespaces.ts';
import type { ChildOperation, CleanupOperation, MapMount, OpenTree, ParentOperation, Plan } from './plan.ts';
import { openLabel, processOperations, raisedLimits } from './process-operations.ts';
import { ALL_CPUS } from './scheduling.ts';
import { type ResctrlPlan, resctrlOperations } from './resctrl.ts';
import { changeRoot, rootOperations, type RootSource } from './root-operations.ts';
import { limitFiles } from './files-limit.ts';
import { agentOperations } from './seccomp-operations.ts';
import type { Hook, Mount, NamespaceType, Spec } from '../oci/runtime-spec.ts';
import { sysctlOperations } from './sysctls.ts';
import { type UserNamespace, userNamespace } from './user-namespace.ts';

export type ContainerOptions = {
  id: string;
  spec: Spec;
  rootfs: RootSource;
  cgroupLayout: CgroupLayout;
  /** The network namespace that the shim was given, as `setns` names it: `fd:4`. */
  networkNamespace?: string;
  /** Initial size of the terminal; 0 to leave it. */
  rows?: number;
  columns?: number;
  /** The container's state as hooks and seccomp agents get it, with `"$PID"` for the pid. */
  state?: HookState;
  /** The environment of hooks that have none of their own: that of the runtime, as with runc. */
  hookEnvironment?: readonly string[];
  /** The program starts when a byte comes from the FIFO that the shim has as this descriptor. */
  startFifo?: number;
  /** Whether the runtime lacks privileges: ids are mapped as far as the user may. */
  rootless?: boolean;
  /** As {@link CgroupOptions.withoutDevices}. */
  withoutDeviceRules?: boolean;
  /** Leaves cgroups alone, which a user without privileges may not make. */
  withoutCgroups?: boolean;
  /** The child may run on all CPUs of its cgroup, whatever its parent was bound to. */
  resetAffinity?: boolean;
  /**
   * How much all its processes may have open together; 0: any number, but that can be changed. Undefined: there is no
   * filter for it.
   */
  filesLimit?: number;
  noPivot?: boolean;
  noNewKeyring?: boolean;
  preserve?: number;
};

export type CompiledContainer = { plan: Plan; cgroupPaths: CgroupPaths };

/**
 * The plan that makes a container: pure, but for reading the parents of its cgroups.
 * @throws EngineError invalid-parameter, naming what is wrong in the spec
 */
export function compileContainer(options: ContainerOptions): CompiledContainer {
  const { spec } = options;
  const { process, linux = {} } = spec;
  if (!process) throw new EngineError('invalid-parameter', 'process is required');
  const parts: CompiledParts = {
    namespaces: namespacesOf(spec, options.networkNamespace),
    cgroups: options.withoutCgroups ? noCgroups(options.cgroupLayout) : cgroupsOf(options),
    user: userNamespace(spec, options.rootless ?? false),
    resctrl: resctrlOperations(options.id, linux),
    hooks: { state: options.state ?? {}, environment: options.hookEnvironment ?? [] },
  };
  const before = beforeRoot(options, parts);
  const root = rootOperations(options, parts.namespaces);
  const mounts = compileMounts(options, parts, root.trees.length);
  const inside = inRoot(options, parts, mounts);
  return {
    plan: {
      parent: parentOperations(options, parts, {
        trees: [...root.trees, ...mounts.trees],
        maps: mounts.maps,
      }),
      child: [
        ...before,
        ...root.child,
        ...inside,
        ...changeRoot(options, parts.namespaces),
        ...processOperations({
          process,
          linux,
          startHooks: hookOperations(spec.hooks, 'startContainer', 'created', {
            ...parts.hooks,
            environment: process.env ?? [],
            addsHome: true,
          }),
          preserve: options.preserve,
          setGroups: parts.user.setGroups,
          startFifo: options.startFifo,
          asksForFiles: options.filesLimit !== undefined,
        }),
      ],
      cleanup: [...parts.cgroups.cleanup, ...parts.resctrl.cleanup],
    },
    cgroupPaths: parts.cgroups.paths,
  };
}

type CompiledParts = {
  namespaces: Namespaces;
  cgroups: CgroupPlan;
  user: UserNamespace;
  resctrl: ResctrlPlan;
  hooks: HookContext;
};

/** What the shim does for the child's mounts. */
type ShimMounts = { trees: OpenTree[]; maps: MapMount[] };

function cgroupsOf({ spec, id, cgroupLayout, withoutDeviceRules }: ContainerOptions): CgroupPlan {
  return planCgroups({
    layout: cgroupLayout,
    cgroupsPath: spec.linux?.cgroupsPath || posix.join('/slipway', id),
    resources: spec.linux?.resources,
    withoutDevices: withoutDeviceRules,
  });
}

function noCgroups({ mode }: CgroupLayout): CgroupPlan {
  const cleanup: CleanupOperation[] = [];
  const paths: CgroupPaths = { mode, v1: {}, unifiedControllers: [] };
  return { birthplace: [], parent: [], join: [], joinChild: [], cleanup, paths };
}

/** Up to the root: namespaces and who the child is. */
function beforeRoot(options: ContainerOptions, parts: CompiledParts): ChildOperation[] {
  const { namespaces, user } = parts;
  const inside = hasUserNamespace(parts.namespaces);
  return [
    ...openLabel(options.spec.process ?? { user: { uid: 0, gid: 0 }, cwd: '/' }),
    ...agentOperations(options.spec.linux?.seccomp, { ...parts.hooks.state, status: 'creating' }),
    ...(inside ? user.child.filter(({ op }) => op === 'barrier') : joinNamespaces(namespaces)),
    ...timeNamespace(options.spec, namespaces),
    ...(inside ? user.child.filter(({ op }) => op !== 'barrier') : []),
    ...(options.noNewKeyring ? [] : [{ op: 'keyring' as const, name: `_ses.${options.id}` }]),
  ];
}

/** Whether the shim makes cgroups while the child is at work already: each has a processor of its own then. */
const makesCgroupsMeanwhile = (parts: CompiledParts) =>
  !hasUserNamespace(parts.namespaces) && parts.cgroups.join.length > 0;

/** The child is in all its cgroups, and sees them as roots where it has a namespace for that. */
function joinCgroups(parts: CompiledParts): ChildOperation[] {
  return [
    ...(makesCgroupsMeanwhile(parts) ? [{ op: 'await-parent' as const }, ...parts.cgroups.join] : []),
    ...(parts.namespaces.created.has('cgroup')
      ? [{ op: 'unshare' as const, flags: ns.CLONE_NEWCGROUP }]
      : []),
  ];
}

/** What is in the root, and everything else that still needs the host's view or rights. */
function inRoot(
  options: ContainerOptions,
  parts: CompiledParts,
  { beforeCgroups, afterCgroups }: CompiledMounts,
): ChildOperation[] {
  const { spec } = options;
  const { process, linux = {} } = spec;
  const { created } = parts.namespaces;
  return [
    ...beforeCgroups,
    ...joinCgroups(parts),
    ...(options.resetAffinity ? [ALL_CPUS] : []),
    ...afterCgroups,
    ...deviceOperations(spec),
    ...names(spec),
    ...(created.has('network') && !options.networkNamespace ? [{ op: 'loopback' as const }] : []),
    ...(process?.terminal
      ? [{ op: 'console' as const, rows: options.rows ?? 0, columns: options.columns ?? 0, bind: true }]
      : []),
    ...barriersForHooks(spec.hooks?.prestart, spec.hooks?.createRuntime),
    ...hookOperations(spec.hooks, 'createContainer', 'creating', parts.hooks),
    ...sysctlOperations(linux),
    { op: 'root-directory', target: process?.cwd ?? '/', mode: 0o755 },
    ...hiding(spec),
    ...(hasUserNamespace(parts.namespaces) ? [] : oomScore(process?.oomScoreAdj)),
  ];
}

/** @throws EngineError invalid-parameter where they would be the host's */
function names({ hostname, domainname, linux }: Spec): ChildOperation[] {
  const own = linux?.namespaces?.some(({ type }) => type === 'uts');
  return Object.entries({ hostname, domainname }).flatMap(([what, name]) => {
    if (!name) return [];
    if (!own)
      throw new EngineError('invalid-parameter', `unable to set ${what} without a private UTS namespace`);
    return [{ op: what as 'hostname' | 'domainname', name }];
  });
}

function parentOperations(
  options: ContainerOptions,
  parts: CompiledParts,
  { trees, maps }: ShimMounts,
): ParentOperation[] {
  const { hooks } = options.spec;
  const runtimeHooks = [
    ...hookOperations(hooks, 'prestart', 'creating', parts.hooks),
    ...hookOperations(hooks, 'createRuntime', 'creating', parts.hooks),
  ];
  const meanwhile = makesCgroupsMeanwhile(parts);
  return [
    ...parts.cgroups.birthplace,
    ...(options.filesLimit === undefined ? [] : [limitFiles(options.filesLimit, parts.cgroups.paths)]),
    ...(meanwhile ? [] : parts.cgroups.parent),
    ...delegation(options, parts),
    ...parts.resctrl.make,
    ...trees,
    ...cloneOperations(options, parts),
    ...(meanwhile ? [...parts.cgroups.parent, { op: 'release' as const }] : []),
    ...maps,
    ...parts.resctrl.join,
    ...(runtimeHooks.length > 0
      ? [{ op: 'barrier' as const }, ...runtimeHooks, { op: 'barrier' as const }]
      : []),
  ];
}

/** A container that may write its cgroups, and sees no others, may also make some below its own. */
function delegation(
  { spec, cgroupLayout }: ContainerOptions,
  { cgroups, namespaces }: CompiledParts,
): ParentOperation[] {
  const { unified } = cgroups.paths;
  const [user, group] = [spec.linux?.uidMappings, spec.linux?.gidMappings].map(maps =>
    maps?.find(({ containerID }) => containerID === 0),
  );
  const writable = spec.mounts?.some(({ type, options }) => type === 'cgroup' && !options?.includes('ro'));
  if (cgroupLayout.mode !== 'v2' || !unified || !user || !group || !writable) return [];
  if (!namespaces.created.has('user') || !namespaces.created.has('cgroup')) return [];
  return delegateCgroup(unified, { uid: user.hostID, gid: group.hostID });
}

/** The child, in its user namespace where it has one, its ids mapped. */
function cloneOperations({ spec, rootless }: ContainerOptions, parts: CompiledParts): ParentOperation[] {
  const { namespaces, cgroups, user } = parts;
  const { process } = spec;
  // The cgroup namespace comes later: its root is the cgroup that the process is in when it is made. The time
  // namespace too: its offsets can be set only before anything is in it.
  const flags = [...namespaces.created]
    .filter(type => type !== 'cgroup' && type !== 'time')
    .reduce((sum, type) => sum | CLONE_FLAGS[type], 0);
  if (!hasUserNamespace(parts.namespaces)) {
    const pid = namespaces.joined.find(({ type }) => type === 'pid');
    return [
      pid
        ? {
            op: 'clone-inside',
            flags,
            cgroup: cgroups.cloneInto,
            joins: [`${CLONE_FLAGS.pid} ${pid.path}`],
          }
        : { op: 'clone', flags, cgroup: cgroups.cloneInto },
    ];
  }
  // With privileges, those of the host are joined while we have its rights; without, only inside have we any.
  const last = (type: NamespaceType) => Number(type === 'user') * (rootless ? -1 : 1);
  const joins = namespaces.joined
    .toSorted((one, other) => last(one.type) - last(other.type))
    .map(({ type, path }) => `${CLONE_FLAGS[type]} ${path}`);
  return [
    joins.length > 0
      ? { op: 'clone-inside', flags, cgroup: cgroups.cloneInto, joins }
      : { op: 'clone', flags, cgroup: cgroups.cloneInto },
    ...cgroups.joinChild,
    ...user.parent,
    ...(process?.oomScoreAdj === undefined
      ? []
      : [{ op: 'write-child-proc' as const, file: 'oom_score_adj', data: String(process.oomScoreAdj) }]),
    ...(process ? raisedLimits(process) : []),
    { op: 'barrier' },
  ];
}

/** Without cgroups of its own a container sees those that it is in: the caller's. */
function seenCgroups(
  { withoutCgroups, cgroupLayout }: ContainerOptions,
  { cgroups }: CompiledParts,
): MountContext['paths'] {
  if (!withoutCgroups) return cgroups.paths;
  const { v1, unified } = cgroupLayout;
  const directories = v1.flatMap(hierarchy =>
    hierarchy.controllers.map(controller => [controller, cgroupDirectory(hierarchy, '.', 1)] as const),
  );
  return { v1: Object.fromEntries(directories), unified: unified && cgroupDirectory(unified, '.', 1) };
}

type CompiledMounts = ShimMounts & { beforeCgroups: ChildOperation[]; afterCgroups: ChildOperation[] };

/** @param firstTree the number of the first tree that the shim opens for them */
function compileMounts(options: ContainerOptions, parts: CompiledParts, firstTree: number): CompiledMounts {
  const { spec, rootfs, cgroupLayout, rootless } = options;
  const context: MountContext = {
    layout: cgroupLayout,
    paths: seenCgroups(options, parts),
    ownNamespace: parts.namespaces.created.has('cgroup'),
    linux: spec.linux ?? {},
    opensSources: hasUserNamespace(parts.namespaces) && !rootless,
    rootPath: rootfs.type === 'bind' ? rootfs.path : undefined,
  };
  // What is copied into a tmpfs is accounted for in the container's cgroup; the shim maps mounts when it has made them.
  const needsCgroups = (mount: Mount) =>
    mount.type === 'cgroup' || mount.options?.includes('tmpcopyup') || mapsOwnMount(mount, context);
  const list = spec.mounts ?? [];
  const first = list.findIndex(needsCgroups);
  const split = first < 0 ? list.length : first;
  const compiled: CompiledMount[] = [];
  let nextTree = firstTree;
  for (const mount of list) {
    const one = mountOperations(mount, context, nextTree);
    nextTree += one.trees.length;
    compiled.push(one);
  }
  return {
    beforeCgroups: compiled.slice(0, split).flatMap(({ child }) => child),
    afterCgroups: compiled.slice(split).flatMap(({ child }) => child),
    trees: compiled.flatMap(({ trees }) => trees),
    maps: compiled.flatMap(({ maps }) => maps),
  };
}

/** The shim runs these hooks between two barriers. */
function barriersForHooks(...lists: (Hook[] | undefined)[]): ChildOperation[] {
  return lists.some(list => list?.length) ? [{ op: 'barrier' }, { op: 'barrier' }] : [];
}

/** What is to be read-only in the end, masked and read-only paths, and last the root itself. */
function hiding({ root, mounts = [], linux = {} }: Spec): ChildOperation[] {
  return [
    ...readonlyAtLast(mounts),
    ...[...new Set(linux.readonlyPaths)].map(target => ({ op: 'readonly' as const, target })),
    ...[...new Set(linux.maskedPaths)].map(target => ({ op: 'mask' as const, target })),
    ...(root?.readonly ? [readonlyMount('/')] : []),
  ];
}

function oomScore(value: number | undefined): ChildOperation[] {
  return value === undefined ? [] : [{ op: 'write', path: '/proc/self/oom_score_adj', data: String(value) }];
}
