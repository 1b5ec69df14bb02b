import { posix } from 'node:path';
import { EngineError } from '../base/errors.ts';
import * as M from '../kernel/abi/mount.ts';
import type { CgroupLayout } from '../cgroups/layout.ts';
import type { CgroupPaths } from '../cgroups/cgroup-paths.ts';
import { checkProcMount } from './check-proc-mount.ts';
import { type MountOptions, parseMountOptions } from './mount-options.ts';
import type { BindMount, ChildOperation, MapMount, MountIds, OpenTree } from './plan.ts';
import type { Linux, Mount } from '../oci/runtime-spec.ts';
import { mapLines } from './user-namespace.ts';

/** What mounts need to know of the container. */
export type MountContext = {
  layout: CgroupLayout;
  paths: Pick<CgroupPaths, 'v1' | 'unified'>;
  /** Whether the container has a cgroup namespace of its own. */
  ownNamespace: boolean;
  linux: Linux;
  /** The shim opens the sources of binds, which a child in a user namespace may not reach. */
  opensSources: boolean;
  /** The container's root as a host path, where it is one. */
  rootPath?: string;
};

/** What a mount comes to. */
export type CompiledMount = {
  child: ChildOperation[];
  /** What the shim opens for it before. */
  trees: OpenTree[];
  /** What the shim maps of the child's own mounts. */
  maps: MapMount[];
};

/**
 * The operations of one entry of a spec's `mounts`. All destinations are resolved inside the container's root.
 * @param nextTree the number that a tree gets which the shim opens for it
 * @throws EngineError invalid-parameter
 */
export function mountOperations(mount: Mount, context: MountContext, nextTree: number): CompiledMount {
  const target = posix.normalize(`/${mount.destination}`);
  if (target === '/')
    throw new EngineError(
      'invalid-parameter',
      `mounts: invalid mount ${mount.destination}: mountpoint is on the top of rootfs`,
    );
  checkProcMount(mount);
  const options = parseMountOptions(mount.options);
  if (options.bind || mount.type === 'bind') {
    const { source, trees = [], maps = [] } = bindSource(mount, options, context, nextTree);
    return { child: bindOperations({ source, target }, options, context), trees, maps };
  }
  const child =
    mount.type === 'cgroup'
      ? cgroupMounts(target, options, context)
      : newMountOperations(mount, target, options, context);
  return { child, trees: [], maps: [] };
}

function newMountOperations(
  mount: Mount,
  target: string,
  options: MountOptions,
  { linux }: MountContext,
): ChildOperation[] {
  if (!mount.type)
    throw new EngineError(
      'invalid-parameter',
      `mounts: invalid mount ${mount.destination}: a type is expected`,
    );
  if (options.idmap !== 'no' || mount.uidMappings?.length)
    throw new EngineError(
      'invalid-parameter',
      `mounts: invalid mount ${mount.destination}: only a bind can be idmapped`,
    );
  const inherits = mount.type === 'tmpfs' && !options.data.some(one => one.startsWith('mode='));
  const label = UNLABELLED.has(mount.type) ? undefined : linux.mountLabel;
  const data = [
    ...options.data,
    ...(inherits ? ['mode=inherit'] : []),
    ...(label ? [`context=${label}`] : []),
  ];
  const attributes = staysWritable(mount, options)
    ? options.attributes & ~M.MOUNT_ATTR_RDONLY
    : options.attributes;
  return [
    // Where a link could lead it, the files of the real one would be looked for in vain.
    ...(mount.type === 'proc' || mount.type === 'sysfs'
      ? [{ op: 'require-directory' as const, target }]
      : []),
    newMount(mount.type, mount.source ?? mount.type, target, { ...options, attributes, data }),
  ];
}

/** What mounts and devices may be put into by the engine itself, as with runc: see {@link readonlyAtLast}. */
function staysWritable({ type }: Mount, { bind, attributes }: MountOptions): boolean {
  return type === 'tmpfs' && !bind && (attributes & M.MOUNT_ATTR_RDONLY) !== 0;
}

/** Makes those read-only that were to be, unless another mount hides them. */
export function readonlyAtLast(mounts: readonly Mount[]): ChildOperation[] {
  const targetOf = ({ destination }: Mount) => posix.normalize(`/${destination}`).replace(/(?<=.)\/$/, '');
  return mounts
    .filter(mount => staysWritable(mount, parseMountOptions(mount.options)))
    .filter(mount => mounts.findLast(other => targetOf(other) === targetOf(mount)) === mount)
    .map(mount => readonlyMount(targetOf(mount)));
}

export function readonlyMount(target: string): ChildOperation {
  return {
    op: 'mount-setattr',
    target,
    attributes: M.MOUNT_ATTR_RDONLY,
    clearAttributes: 0,
    recursive: false,
    propagation: 0,
  };
}

function newMount(type: string, source: string, target: string, options: MountOptions): ChildOperation {
  return {
    op: 'mount',
    type,
    source,
    target,
    options: options.data,
    attributes: options.attributes | options.recursiveAttributes,
    propagation: options.propagation,
    copyUp: options.copyUp,
  };
}

/** File systems that have labels of their own, or none. */
const UNLABELLED = new Set(['proc', 'sysfs', 'mqueue', 'devpts', 'cgroup2']);

function bindOperations(
  { source, target }: Pick<BindMount, 'source' | 'target'>,
  options: MountOptions,
  context: MountContext,
): ChildOperation[] {
  const bind: BindMount = {
    op: 'bind',
    source,
    target,
    recursive: options.recursive,
    attributes: options.attributes,
    clearAttributes: clearedByBind(options, context),
    recursiveAttributes: false,
    propagation: options.propagation,
  };
  if (options.recursiveAttributes === 0 && options.recursiveClear === 0) return [bind];
  return [
    bind,
    {
      op: 'mount-setattr',
      target,
      attributes: options.recursiveAttributes,
      clearAttributes: options.recursiveClear,
      recursive: true,
      propagation: 0,
    },
  ];
}

/**
 * Options replace the attributes of what is bound, as with remounting (mount(2), MS_REMOUNT | MS_BIND): what they
 * do not name is cleared, but for how access times are kept. In a user namespace the protection that the host's
 * mount has stays, unless it is named; without any option all stays.
 */
function clearedByBind(options: MountOptions, { linux }: MountContext): number {
  const { attributes, clearAttributes, asks } = options;
  const keeps = linux.namespaces?.some(({ type }) => type === 'user');
  const times = clearAttributes & M.MOUNT_ATTR__ATIME || attributes & M.MOUNT_ATTR_NODIRATIME;
  const cleared =
    clearAttributes |
    (times ? M.MOUNT_ATTR__ATIME | M.MOUNT_ATTR_NODIRATIME : 0) |
    (asks ? M.MOUNT_ATTR_NOSYMFOLLOW | (keeps ? 0 : PROTECTION) : 0);
  return cleared & ~(attributes & ~M.MOUNT_ATTR__ATIME);
}

const PROTECTION = M.MOUNT_ATTR_RDONLY | M.MOUNT_ATTR_NOSUID | M.MOUNT_ATTR_NODEV | M.MOUNT_ATTR_NOEXEC;

type BindSource = { source: string; trees?: OpenTree[]; maps?: MapMount[] };

/** The host path, the tree that the shim opens, or a path of another process. */
function bindSource(
  mount: Mount,
  options: MountOptions,
  context: MountContext,
  nextTree: number,
): BindSource {
  const { source } = mount;
  if (!source)
    throw new EngineError(
      'invalid-parameter',
      `mounts: invalid mount ${mount.destination}: a bind needs a source`,
    );
  const mapped = isMapped(mount, options);
  const ids = mapped ? mountIds(mount, options, context) : UNMAPPED;
  // What another container sees must be cloned in its mount namespace.
  const [, pid, seen] = /^\/proc\/(\d+)\/root(\/.*)$/.exec(source) ?? [];
  if (pid !== undefined && !mapped) return { source: `inside:${pid}:${seen}` };
  if (source.startsWith('inside:') || (!mapped && !context.opensSources)) return { source };
  // What the container itself has mounted below its root, only it can clone.
  const inside = pathInRoot(source, context);
  if (inside !== undefined)
    return mapped
      ? { source: `mapped:${inside}`, maps: [{ op: 'map-mount', ...ids }] }
      : { source: `root:${inside}` };
  const { recursive } = options;
  const locked = context.opensSources;
  return {
    source: `tree:${nextTree}`,
    trees: [{ op: 'open-tree', source, recursive, locked, ...ids }],
  };
}

function pathInRoot(source: string, { rootPath }: MountContext): string | undefined {
  return rootPath && source.startsWith(`${rootPath}/`) ? source.slice(rootPath.length) : undefined;
}

export const UNMAPPED: MountIds = { uidMap: '', gidMap: '', userNamespace: '', mapRecursive: false };

function isMapped({ uidMappings = [], gidMappings = [] }: Mount, { idmap }: MountOptions): boolean {
  return uidMappings.length > 0 || gidMappings.length > 0 || idmap !== 'no';
}

/** Its own maps, or those of the container's user namespace. */
function mountIds(mount: Mount, { idmap }: MountOptions, { linux }: MountContext): MountIds {
  const own = mount.uidMappings?.length || mount.gidMappings?.length;
  const { uidMappings = [], gidMappings = [] } = own ? mount : linux;
  const mapRecursive = idmap === 'all';
  const joined = linux.namespaces?.find(({ type }) => type === 'user')?.path;
  if (!own && joined) return { ...UNMAPPED, userNamespace: joined, mapRecursive };
  if (uidMappings.length === 0 || gidMappings.length === 0)
    throw new EngineError(
      'invalid-parameter',
      `mounts: invalid mount ${mount.destination}: an idmapped mount needs uidMappings and gidMappings`,
    );
  return { uidMap: mapLines(uidMappings), gidMap: mapLines(gidMappings), userNamespace: '', mapRecursive };
}

/** Whether the shim has a part in it: it has to be at hand then. */
export function mapsOwnMount(mount: Mount, context: MountContext): boolean {
  return (
    isMapped(mount, parseMountOptions(mount.options)) && pathInRoot(mount.source ?? '', context) !== undefined
  );
}

/** The container's own part of the cgroup file systems. */
function cgroupMounts(target: string, options: MountOptions, view: MountContext): ChildOperation[] {
  const { layout, paths } = view;
  if (layout.mode === 'v2') {
    if (view.ownNamespace) return [newMount('cgroup2', 'cgroup', target, options)];
    return [bindCgroup(paths.unified ?? '', target, options)];
  }
  const base = parseMountOptions(['nosuid', 'noexec', 'nodev', 'mode=755']);
  return [
    newMount('tmpfs', 'cgroup', target, base),
    ...layout.v1.flatMap(hierarchy => {
      const name = posix.basename(hierarchy.mountPoint);
      const directory = posix.join(target, name);
      const links = hierarchy.controllers
        .filter(controller => controller !== name && !controller.startsWith('name='))
        .map(controller => symlink(posix.join(target, controller), name));
      if (!view.ownNamespace) {
        const own = paths.v1[hierarchy.controllers[0] ?? ''] ?? '';
        return [bindCgroup(own, directory, options), ...links];
      }
      const named = hierarchy.controllers.some(controller => controller.startsWith('name='));
      const data = named ? ['none', ...hierarchy.controllers] : hierarchy.controllers;
      return [newMount('cgroup', 'cgroup', directory, { ...options, data: [...data] }), ...links];
    }),
    ...(options.attributes & M.MOUNT_ATTR_RDONLY ? [readonlyMount(target)] : []),
  ];
}

function symlink(target: string, content: string): ChildOperation {
  return { op: 'symlink', target, content };
}

function bindCgroup(source: string, target: string, options: MountOptions): ChildOperation {
  return {
    op: 'bind',
    source,
    target,
    recursive: false,
    attributes: options.attributes,
    clearAttributes: 0,
    recursiveAttributes: false,
    propagation: options.propagation,
  };
}
