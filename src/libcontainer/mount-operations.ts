import { posix } from 'node:path';
import { EngineError } from '../base/errors.ts';
import { MOUNT_ATTR_RDONLY } from '../kernel/abi/mount.ts';
import type { CgroupLayout } from './cgroups/layout.ts';
import type { CgroupPaths } from './cgroups/plan-cgroups.ts';
import { type MountOptions, parseMountOptions } from './mount-options.ts';
import type { ChildOperation } from './plan.ts';
import type { Mount } from './spec.ts';

/** What a mount of type `cgroup` needs to know. */
export type CgroupView = { layout: CgroupLayout; paths: CgroupPaths; ownNamespace: boolean };

/**
 * The operations of one entry of a spec's `mounts`. All destinations are resolved inside the container's root.
 * @throws EngineError invalid-parameter
 */
export function mountOperations(mount: Mount, cgroups: CgroupView): ChildOperation[] {
  const target = posix.normalize(`/${mount.destination}`);
  const options = parseMountOptions(mount.options);
  if (options.bind || mount.type === 'bind') return bindOperations(mount, target, options);
  if (mount.type === 'cgroup') return cgroupMounts(target, options, cgroups);
  if (!mount.type)
    throw new EngineError('invalid-parameter', `mounts: ${mount.destination}: a type is expected`);
  return [newMount(mount.type, mount.source ?? mount.type, target, options)];
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
  };
}

function bindOperations(mount: Mount, target: string, options: MountOptions): ChildOperation[] {
  if (!mount.source)
    throw new EngineError('invalid-parameter', `mounts: ${mount.destination}: a bind needs a source`);
  const bind: ChildOperation = {
    op: 'bind',
    source: mount.source,
    target,
    recursive: options.recursive,
    attributes: options.attributes,
    clearAttributes: options.clearAttributes,
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

/** The container's own part of the cgroup file systems. */
function cgroupMounts(target: string, options: MountOptions, view: CgroupView): ChildOperation[] {
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
    ...(options.attributes & MOUNT_ATTR_RDONLY
      ? [
          {
            op: 'mount-setattr' as const,
            target,
            attributes: MOUNT_ATTR_RDONLY,
            clearAttributes: 0,
            recursive: false,
            propagation: 0,
          },
        ]
      : []),
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
