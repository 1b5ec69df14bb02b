import { posix } from 'node:path';
import { EngineError } from '../base/errors.ts';
import { MS_PRIVATE, MS_REC, MS_SHARED, MS_SLAVE, MS_UNBINDABLE } from '../kernel/abi/mount.ts';
import * as ns from '../kernel/abi/sched.ts';
import { delegateCgroup } from './cgroups/delegate-cgroup.ts';
import { type CgroupLayout, cgroupDirectory } from '../cgroups/layout.ts';
import { type CgroupPaths } from '../cgroups/cgroup-paths.ts';
import { type CgroupPlan, planCgroups } from './cgroups/plan-cgroups.ts';
import { deviceOperations } from './device-operations.ts';
import { type HookContext, type HookState, hookOperations } from './hook-operations.ts';
import {
  type MountContext,
  mapsOwnMount,
  mountOperations,
  readonlyAtLast,
  readonlyMount,
  UNMAPPED,
} from './mount-operations.ts';
import { propagationFlags } from './mount-options.ts';
import type { ChildOperation, CleanupOperation, ParentOperation, Plan } from './plan.ts';
import { openLabel, processOperations, raisedLimits } from './process-operations.ts';
import { ALL_CPUS } from './scheduling.ts';
import { type ResctrlPlan, resctrlOperations } from './resctrl.ts';
import { agentOperations } from './seccomp-operations.ts';
import type { Hook, Mount, NamespaceType, Spec } from './spec.ts';
import { sysctlOperations } from './sysctls.ts';
import { type UserNamespace, userNamespace } from './user-namespace.ts';

/** Where a root file system comes from. Host paths. */
export type RootSource =
  | {
      type: 'overlay';
      /** Topmost first. */
      lowerdirs: string[];
      upperdir: string;
      workdir: string;
      /** An empty directory to mount it on; the mount is seen by the container alone. */
      target: string;
      options?: string[];
    }
  | { type: 'bind'; path: string }
  /** A detached mount that the shim was given as a descriptor: `fd:5`. */
  | { type: 'mount'; source: string };

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
  /** Leaves cgroups alone, which somebody without privileges may not make. */
  withoutCgroups?: boolean;
  /** The child may run on all CPUs of its cgroup, whatever its parent was bound to. */
  resetAffinity?: boolean;
  noPivot?: boolean;
  noNewKeyring?: boolean;
  preserve?: number;
};

export type CompiledContainer = { plan: Plan; cgroupPaths: CgroupPaths };

const CLONE_FLAGS: Record<NamespaceType, number> = {
  pid: ns.CLONE_NEWPID,
  network: ns.CLONE_NEWNET,
  mount: ns.CLONE_NEWNS,
  ipc: ns.CLONE_NEWIPC,
  uts: ns.CLONE_NEWUTS,
  user: ns.CLONE_NEWUSER,
  cgroup: ns.CLONE_NEWCGROUP,
  time: ns.CLONE_NEWTIME,
};

/**
 * The plan that makes a container: pure, but for reading the parents of its cgroups.
 * @throws EngineError invalid-parameter, naming what is wrong in the spec
 */
export function compileContainer(options: ContainerOptions): CompiledContainer {
  const { spec } = options;
  const { process, linux = {} } = spec;
  if (!process) throw new EngineError('invalid-parameter', 'process is required');
  const parts: Parts = {
    namespaces: namespacesOf(options),
    cgroups: options.withoutCgroups ? noCgroups(options.cgroupLayout) : cgroupsOf(options),
    user: userNamespace(spec, options.rootless ?? false),
    resctrl: resctrlOperations(options.id, linux),
    hooks: { state: options.state ?? {}, environment: options.hookEnvironment ?? [] },
    trees: [],
    maps: [],
  };
  const child = [...beforeRoot(options, parts), ...rootOperations(options, parts), ...inRoot(options, parts)];
  return {
    plan: {
      parent: parentOperations(options, parts),
      child: [
        ...child,
        ...changeRoot(options, parts),
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
        }),
      ],
      cleanup: [...parts.cgroups.cleanup, ...parts.resctrl.cleanup],
    },
    cgroupPaths: parts.cgroups.paths,
  };
}

type Parts = {
  namespaces: Namespaces;
  cgroups: CgroupPlan;
  user: UserNamespace;
  resctrl: ResctrlPlan;
  hooks: HookContext;
  /** Filled while the mounts are compiled. */
  trees: MountContext['trees'];
  maps: MountContext['maps'];
};

const inUserNamespace = ({ namespaces }: Parts) =>
  namespaces.created.has('user') || namespaces.joined.some(({ type }) => type === 'user');

const ownMounts = ({ namespaces }: Parts) =>
  namespaces.created.has('mount') || namespaces.joined.some(({ type }) => type === 'mount');

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
function beforeRoot(options: ContainerOptions, parts: Parts): ChildOperation[] {
  const { namespaces, user } = parts;
  const inside = inUserNamespace(parts);
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
const makesCgroupsMeanwhile = (parts: Parts) => !inUserNamespace(parts) && parts.cgroups.join.length > 0;

/** The child is in all its cgroups, and sees them as roots where it has a namespace for that. */
function joinCgroups(parts: Parts): ChildOperation[] {
  return [
    ...(makesCgroupsMeanwhile(parts) ? [{ op: 'await-parent' as const }, ...parts.cgroups.join] : []),
    ...(parts.namespaces.created.has('cgroup')
      ? [{ op: 'unshare' as const, flags: ns.CLONE_NEWCGROUP }]
      : []),
  ];
}

/** What is in the root, and everything else that still needs the host's view or rights. */
function inRoot(options: ContainerOptions, parts: Parts): ChildOperation[] {
  const { spec } = options;
  const { process, linux = {} } = spec;
  const { created } = parts.namespaces;
  const { beforeCgroups, afterCgroups } = mounts(options, parts);
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
    ...meet(spec.hooks?.prestart, spec.hooks?.createRuntime),
    ...hookOperations(spec.hooks, 'createContainer', 'creating', parts.hooks),
    ...sysctlOperations(linux),
    { op: 'root-directory', target: process?.cwd ?? '/', mode: 0o755 },
    ...hiding(spec),
    ...(inUserNamespace(parts) ? [] : oomScore(process?.oomScoreAdj)),
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

/** Its offsets can be set only before anything is in it, so it is made empty and then joined (time_namespaces(7)). */
function timeNamespace({ linux = {} }: Spec, { created }: Namespaces): ChildOperation[] {
  if (!created.has('time')) {
    if (Object.keys(linux.timeOffsets ?? {}).length > 0)
      throw new EngineError(
        'invalid-parameter',
        "time namespace offsets specified, but time namespace isn't enabled in the config",
      );
    return [];
  }
  const offsets = Object.entries(linux.timeOffsets ?? {}).map(
    ([clock, { secs = 0, nanosecs = 0 }]) => `${clock} ${secs} ${nanosecs}\n`,
  );
  return [
    { op: 'unshare', flags: ns.CLONE_NEWTIME },
    ...(offsets.length > 0
      ? [{ op: 'write' as const, path: '/proc/self/timens_offsets', data: offsets.join('') }]
      : []),
    { op: 'setns', path: '/proc/self/ns/time_for_children', type: ns.CLONE_NEWTIME },
  ];
}

type Namespaces = {
  /** Made by clone3 or unshare. */
  created: Set<NamespaceType>;
  joined: { type: NamespaceType; path: string }[];
};

function namespacesOf({ spec, networkNamespace }: ContainerOptions): Namespaces {
  const created = new Set<NamespaceType>();
  const joined: Namespaces['joined'] = [];
  for (const { type, path } of spec.linux?.namespaces ?? []) {
    if (!(type in CLONE_FLAGS))
      throw new EngineError('invalid-parameter', `linux.namespaces: unknown namespace type ${type}`);
    if (created.has(type) || joined.some(entry => entry.type === type))
      throw new EngineError('invalid-parameter', `linux.namespaces: ${type} is given twice`);
    if (type === 'network' && networkNamespace) joined.push({ type, path: networkNamespace });
    else if (path) joined.push({ type, path });
    else created.add(type);
  }
  return { created, joined };
}

function parentOperations(options: ContainerOptions, parts: Parts): ParentOperation[] {
  const { hooks } = options.spec;
  const runtimeHooks = [
    ...hookOperations(hooks, 'prestart', 'creating', parts.hooks),
    ...hookOperations(hooks, 'createRuntime', 'creating', parts.hooks),
  ];
  const meanwhile = makesCgroupsMeanwhile(parts);
  return [
    ...parts.cgroups.birthplace,
    ...(meanwhile ? [] : parts.cgroups.parent),
    ...delegation(options, parts),
    ...parts.resctrl.make,
    ...parts.trees,
    ...cloneOperations(options, parts),
    ...(meanwhile ? [...parts.cgroups.parent, { op: 'release' as const }] : []),
    ...parts.maps,
    ...parts.resctrl.join,
    ...(runtimeHooks.length > 0
      ? [{ op: 'barrier' as const }, ...runtimeHooks, { op: 'barrier' as const }]
      : []),
  ];
}

/** A container that may write its cgroups, and sees no others, may also make some below its own. */
function delegation(
  { spec, cgroupLayout }: ContainerOptions,
  { cgroups, namespaces }: Parts,
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
function cloneOperations({ spec, rootless }: ContainerOptions, parts: Parts): ParentOperation[] {
  const { namespaces, cgroups, user } = parts;
  const { process } = spec;
  // The cgroup namespace comes later: its root is the cgroup that the process is in when it is made. The time
  // namespace too: its offsets can be set only before anything is in it.
  const flags = [...namespaces.created]
    .filter(type => type !== 'cgroup' && type !== 'time')
    .reduce((sum, type) => sum | CLONE_FLAGS[type], 0);
  if (!inUserNamespace(parts)) {
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

function joinNamespaces({ joined }: Namespaces): ChildOperation[] {
  return joined
    .filter(({ type }) => type !== 'pid')
    .map(({ type, path }) => ({ op: 'setns', path, type: CLONE_FLAGS[type] }));
}

function rootOperations({ spec, rootfs, rootless }: ContainerOptions, parts: Parts): ChildOperation[] {
  const shared = (propagationOf(spec) & MS_SHARED) !== 0;
  const path = rootPath(rootfs);
  let source = rootfs.type === 'mount' ? rootfs.source : path;
  if (inUserNamespace(parts) && !rootless && !shared && rootfs.type === 'bind') {
    source = `tree:${parts.trees.length}`;
    parts.trees.push({
      op: 'open-tree',
      source: path,
      recursive: true,
      locked: false,
      ...UNMAPPED,
    });
  }
  return [
    ...(ownMounts(parts)
      ? [{ op: 'propagation' as const, path: '/', flags: hostPropagation(propagationOf(spec)) }]
      : []),
    // Or the root itself would appear on the host; and pivot_root(2) wants a parent that is not shared, which it stays
    // where the propagation asked for is not recursive.
    ...(propagationOf(spec) ? [{ op: 'private-parent' as const, path }] : []),
    rootfs.type === 'overlay'
      ? {
          op: 'overlay-root',
          target: rootfs.target,
          lowerdirs: rootfs.lowerdirs,
          upperdir: rootfs.upperdir,
          workdir: rootfs.workdir,
          attributes: 0,
          options: rootfs.options ?? [],
        }
      : { op: 'bind-root', source },
  ];
}

/** The host directory that the root is mounted on. */
function rootPath(rootfs: RootSource): string {
  if (rootfs.type === 'bind') return rootfs.path;
  return rootfs.type === 'overlay' ? rootfs.target : '/';
}

/** What of the host's mounts the container sees change. An unbindable root could not be bound. */
function hostPropagation(flags: number): number {
  if (flags & MS_UNBINDABLE) return MS_PRIVATE | MS_REC;
  return flags || MS_SLAVE | MS_REC;
}

/** 0 when nothing is asked for. */
function propagationOf({ linux }: Spec): number {
  const name = linux?.rootfsPropagation;
  const flags = name ? propagationFlags(name) : 0;
  if (flags === undefined)
    throw new EngineError('invalid-parameter', `linux.rootfsPropagation: unknown propagation ${name}`);
  return flags;
}

/** Where the mounts are the host's, its own root stays where it is. */
function changeRoot({ spec, noPivot }: ContainerOptions, parts: Parts): ChildOperation[] {
  if (ownMounts(parts)) return [{ op: noPivot ? 'move-root' : 'pivot-root' }, ...rootPropagation(spec)];
  if (spec.linux?.maskedPaths?.length || spec.linux?.readonlyPaths?.length)
    throw new EngineError(
      'invalid-parameter',
      'unable to restrict sys entries without a private MNT namespace',
    );
  return [{ op: 'change-root' }];
}

/** What was asked for holds for the container's own root: the first time it was for the host's mounts in its view. */
function rootPropagation(spec: Spec): ChildOperation[] {
  const flags = propagationOf(spec);
  return flags === 0 || flags & MS_PRIVATE ? [] : [{ op: 'propagation', path: '/', flags }];
}

/** Without cgroups of its own a container sees those that it is in: the caller's. */
function seenCgroups(
  { withoutCgroups, cgroupLayout }: ContainerOptions,
  { cgroups }: Parts,
): MountContext['paths'] {
  if (!withoutCgroups) return cgroups.paths;
  const { v1, unified } = cgroupLayout;
  const directories = v1.flatMap(hierarchy =>
    hierarchy.controllers.map(controller => [controller, cgroupDirectory(hierarchy, '.', 1)] as const),
  );
  return { v1: Object.fromEntries(directories), unified: unified && cgroupDirectory(unified, '.', 1) };
}

function mounts(options: ContainerOptions, parts: Parts) {
  const { spec, rootfs, cgroupLayout, rootless } = options;
  const context: MountContext = {
    layout: cgroupLayout,
    paths: seenCgroups(options, parts),
    ownNamespace: parts.namespaces.created.has('cgroup'),
    linux: spec.linux ?? {},
    opensSources: inUserNamespace(parts) && !rootless,
    trees: parts.trees,
    maps: parts.maps,
    rootPath: rootfs.type === 'bind' ? rootfs.path : undefined,
  };
  // What is copied into a tmpfs is accounted for in the container's cgroup; the shim maps mounts when it has made them.
  const needsCgroups = (mount: Mount) =>
    mount.type === 'cgroup' || mount.options?.includes('tmpcopyup') || mapsOwnMount(mount, context);
  const list = spec.mounts ?? [];
  const first = list.findIndex(needsCgroups);
  const operations = list.map(mount => mountOperations(mount, context));
  const split = first < 0 ? list.length : first;
  return { beforeCgroups: operations.slice(0, split).flat(), afterCgroups: operations.slice(split).flat() };
}

/** The shim runs these hooks between two barriers. */
function meet(...lists: (Hook[] | undefined)[]): ChildOperation[] {
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
