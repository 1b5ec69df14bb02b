import { EngineError } from '../base/errors.ts';
import { MS_PRIVATE, MS_REC, MS_SHARED, MS_SLAVE, MS_UNBINDABLE } from '../kernel/abi/mount.ts';
import { UNMAPPED } from './mount-operations.ts';
import { propagationFlags } from './mount-options.ts';
import { hasMountNamespace, hasUserNamespace, type Namespaces } from './namespaces.ts';
import type { ChildOperation, OpenTree } from './plan.ts';
import type { Spec } from '../oci/runtime-spec.ts';

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

type RootOptions = { spec: Spec; rootfs: RootSource; rootless?: boolean | undefined };

/** Mounts the root; `trees` are opened by the shim before, as a child in a user namespace may not reach them. */
export function rootOperations(
  { spec, rootfs, rootless }: RootOptions,
  namespaces: Namespaces,
): { child: ChildOperation[]; trees: OpenTree[] } {
  const shared = (propagationOf(spec) & MS_SHARED) !== 0;
  const path = rootPath(rootfs);
  const opensTree = hasUserNamespace(namespaces) && !rootless && !shared && rootfs.type === 'bind';
  const given = rootfs.type === 'mount' ? rootfs.source : path;
  const child: ChildOperation[] = [
    ...(hasMountNamespace(namespaces)
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
      : { op: 'bind-root', source: opensTree ? 'tree:0' : given },
  ];
  const tree = { op: 'open-tree', source: path, recursive: true, locked: false, ...UNMAPPED } as const;
  return { child, trees: opensTree ? [tree] : [] };
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
export function changeRoot(
  { spec, noPivot }: { spec: Spec; noPivot?: boolean | undefined },
  namespaces: Namespaces,
): ChildOperation[] {
  if (hasMountNamespace(namespaces))
    return [{ op: noPivot ? 'move-root' : 'pivot-root' }, ...rootPropagation(spec)];
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
