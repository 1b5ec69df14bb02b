import { posix } from 'node:path';
import { EngineError } from '../base/errors.ts';
import { MOUNT_ATTR_RDONLY, MS_REC, MS_SLAVE } from '../kernel/abi/mount.ts';
import * as ns from '../kernel/abi/sched.ts';
import type { CgroupLayout } from './cgroups/layout.ts';
import { type CgroupPaths, type CgroupPlan, planCgroups } from './cgroups/plan-cgroups.ts';
import { deviceOperations } from './device-operations.ts';
import { mountOperations } from './mount-operations.ts';
import { propagationFlags } from './mount-options.ts';
import type { ChildOperation, ParentOperation, Plan } from './plan.ts';
import { processOperations } from './process-operations.ts';
import type { Hook, NamespaceType, Spec } from './spec.ts';

export type RootSource =
  | {
      type: 'overlay';
      lowerdirs: string[];
      upperdir: string;
      workdir: string;
      target: string;
      options?: string[];
    }
  | { type: 'bind'; path: string };

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
  state?: object;
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
  const namespaces = namespacesOf(options);
  const cgroups = planCgroups({
    layout: options.cgroupLayout,
    cgroupsPath: linux.cgroupsPath ?? posix.join('/slipway', options.id),
    resources: linux.resources,
  });
  const hookState = JSON.stringify(options.state ?? {});
  const child: ChildOperation[] = [
    ...cgroups.join,
    ...joinNamespaces(namespaces),
    ...(options.noNewKeyring ? [] : [{ op: 'keyring' as const, name: `_ses.${options.id}` }]),
    ...(namespaces.created.has('cgroup') ? [{ op: 'unshare' as const, flags: ns.CLONE_NEWCGROUP }] : []),
    ...rootOperations(options),
    ...mounts(options, cgroups, namespaces),
    ...deviceOperations(spec),
    ...(spec.hostname ? [{ op: 'hostname' as const, name: spec.hostname }] : []),
    ...(spec.domainname ? [{ op: 'domainname' as const, name: spec.domainname }] : []),
    ...(namespaces.created.has('network') && !options.networkNamespace ? [{ op: 'loopback' as const }] : []),
    ...(process.terminal
      ? [{ op: 'console' as const, rows: options.rows ?? 0, columns: options.columns ?? 0, bind: true }]
      : []),
    ...meet(spec.hooks?.prestart, spec.hooks?.createRuntime),
    ...hooks(spec.hooks?.createContainer, hookState),
    ...sysctls(linux.sysctl),
    { op: 'root-directory', target: process.cwd, mode: 0o755 },
    ...hiding(spec),
    ...oomScore(process.oomScoreAdj),
    { op: options.noPivot ? 'move-root' : 'pivot-root' },
    ...processOperations({
      process,
      seccomp: linux.seccomp,
      startHooks: hooks(spec.hooks?.startContainer, hookState),
      listenerState: hookState,
      preserve: options.preserve,
    }),
  ];
  return {
    plan: {
      parent: parentOperations(options, cgroups, namespaces, hookState),
      child,
      cleanup: cgroups.cleanup,
    },
    cgroupPaths: cgroups.paths,
  };
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

function parentOperations(
  { spec }: ContainerOptions,
  cgroups: CgroupPlan,
  namespaces: Namespaces,
  hookState: string,
): ParentOperation[] {
  const pid = namespaces.joined.find(({ type }) => type === 'pid');
  // The cgroup namespace comes later: its root is the cgroup that the process is in when it is made.
  const flags = [...namespaces.created]
    .filter(type => type !== 'cgroup')
    .reduce((sum, type) => sum | CLONE_FLAGS[type], 0);
  const runtimeHooks = [
    ...hooks(spec.hooks?.prestart, hookState),
    ...hooks(spec.hooks?.createRuntime, hookState),
  ];
  return [
    ...cgroups.parent,
    ...(pid ? [{ op: 'enter-pid-namespace' as const, path: pid.path }] : []),
    { op: 'clone', flags, cgroup: cgroups.cloneInto },
    ...(runtimeHooks.length > 0
      ? [{ op: 'barrier' as const }, ...runtimeHooks, { op: 'barrier' as const }]
      : []),
  ];
}

function joinNamespaces({ joined }: Namespaces): ChildOperation[] {
  return joined
    .filter(({ type }) => type !== 'pid')
    .map(({ type, path }) => ({ op: 'setns', path, type: CLONE_FLAGS[type] }));
}

function rootOperations({ spec, rootfs }: ContainerOptions): ChildOperation[] {
  const name = spec.linux?.rootfsPropagation;
  const propagation = name ? propagationFlags(name) : MS_SLAVE | MS_REC;
  if (propagation === undefined)
    throw new EngineError('invalid-parameter', `linux.rootfsPropagation: unknown propagation ${name}`);
  return [
    { op: 'propagation', path: '/', flags: propagation },
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
      : { op: 'bind-root', source: rootfs.path },
  ];
}

function mounts({ spec, cgroupLayout }: ContainerOptions, cgroups: CgroupPlan, namespaces: Namespaces) {
  const view = {
    layout: cgroupLayout,
    paths: cgroups.paths,
    ownNamespace: namespaces.created.has('cgroup'),
  };
  return (spec.mounts ?? []).flatMap(mount => mountOperations(mount, view));
}

/** The shim runs these hooks between two barriers. */
function meet(...lists: (Hook[] | undefined)[]): ChildOperation[] {
  return lists.some(list => list?.length) ? [{ op: 'barrier' }, { op: 'barrier' }] : [];
}

function hooks(list: Hook[] | undefined, state: string) {
  return (list ?? []).map(hook => ({
    op: 'hook' as const,
    path: hook.path,
    args: hook.args ?? [hook.path],
    env: hook.env ?? [],
    state,
    timeoutMs: (hook.timeout ?? 0) * 1000,
  }));
}

function sysctls(values: Record<string, string> | undefined): ChildOperation[] {
  return Object.entries(values ?? {}).map(([key, value]) => ({ op: 'sysctl', key: sysctlPath(key), value }));
}

/** `net.ipv4.conf.eth0/1.forwarding`: dots separate, and a slash stands for a dot in a name (sysctl(8)). */
function sysctlPath(key: string): string {
  const firstSeparator = /[./]/.exec(key)?.[0];
  if (firstSeparator === '/') return key;
  return key.replace(/[./]/g, separator => (separator === '.' ? '/' : '.'));
}

/** Masked and read-only paths, and last the root itself. */
function hiding({ root, linux = {} }: Spec): ChildOperation[] {
  return [
    ...(linux.readonlyPaths ?? []).map(target => ({ op: 'readonly' as const, target })),
    ...(linux.maskedPaths ?? []).map(target => ({ op: 'mask' as const, target })),
    ...(root?.readonly
      ? [
          {
            op: 'mount-setattr' as const,
            target: '/',
            attributes: MOUNT_ATTR_RDONLY,
            clearAttributes: 0,
            recursive: false,
            propagation: 0,
          },
        ]
      : []),
  ];
}

function oomScore(value: number | undefined): ChildOperation[] {
  return value === undefined ? [] : [{ op: 'write', path: '/proc/self/oom_score_adj', data: String(value) }];
}
