import { existsSync } from 'node:fs';
import { EngineError } from '../base/errors.ts';
import type { ChildOperation, ParentOperation } from './plan.ts';
import type { IdMapping, Spec } from '../oci/runtime-spec.ts';

export type UserNamespace = {
  /** Maps ids, once the child is there and waits. */
  parent: ParentOperation[];
  /** The child becomes the namespace's root. */
  child: ChildOperation[];
  /** False where setgroups(2) is denied, or the caller's groups are to be kept. */
  setGroups: boolean;
};

/** As with crun; podman sets it for `--group-add keep-groups`. */
const KEEP_GROUPS = 'run.oci.keep_original_groups';

/**
 * The maps of a container's own user namespace (user_namespaces(7)). Without privileges (`rootless`) a user may
 * map itself alone, giving up setgroups(2); ranges need newuidmap(1) and newgidmap(1).
 * @throws EngineError invalid-parameter
 */
export function userNamespace({ linux = {}, process, annotations }: Spec, rootless: boolean): UserNamespace {
  const user = linux.namespaces?.find(({ type }) => type === 'user');
  const { uidMappings = [], gidMappings = [] } = linux;
  const alone = rootless && isSelf(gidMappings);
  const setGroups = !(user && alone) && annotations?.[KEEP_GROUPS] !== '1';
  if (!user) return { parent: [], child: [], setGroups };
  const root = { op: 'user' as const, uid: 0, gid: 0, setGroups, groups: [] };
  if (user.path) return { parent: [], child: [{ op: 'barrier' }, root], setGroups };
  if (uidMappings.length === 0)
    throw new EngineError(
      'invalid-parameter',
      'linux.uidMappings: user namespaces enabled, but no uid mappings found',
    );
  if (gidMappings.length === 0)
    throw new EngineError(
      'invalid-parameter',
      'linux.gidMappings: user namespaces enabled, but no gid mappings found',
    );
  if (alone && process?.user.additionalGids?.length)
    throw new EngineError(
      'invalid-parameter',
      'process.user.additionalGids: cannot set any additional groups in a rootless container',
    );
  return {
    parent: [
      ...(alone ? [{ op: 'write-child-proc' as const, file: 'setgroups', data: 'deny' }] : []),
      mapping('uid', uidMappings, rootless),
      mapping('gid', gidMappings, rootless),
    ],
    child: [
      { op: 'barrier' },
      mapsRoot(uidMappings) && mapsRoot(gidMappings) ? root : { ...root, ...ids(process) },
    ],
    setGroups,
  };
}

/** Lines for uid_map and gid_map. */
export function mapLines(mappings: readonly IdMapping[]): string {
  return mappings.map(({ containerID, hostID, size }) => `${containerID} ${hostID} ${size}\n`).join('');
}

function mapping(kind: 'uid' | 'gid', mappings: readonly IdMapping[], rootless: boolean): ParentOperation {
  if (!rootless || isSelf(mappings))
    return { op: 'write-child-proc', file: `${kind}_map`, data: mapLines(mappings) };
  const tool = [`/usr/bin/new${kind}map`, `/bin/new${kind}map`].find(path => existsSync(path));
  if (!tool)
    throw new EngineError(
      'invalid-parameter',
      `linux.${kind}Mappings: mapping ranges without privileges needs new${kind}map, which is not installed`,
    );
  const maps = mappings.flatMap(({ containerID, hostID, size }) => [containerID, hostID, size].map(String));
  return { op: 'map-ids', tool, maps };
}

/** Without a root the namespace has the process's own ids at least: what is made needs an owner. */
const ids = (process: Spec['process']) => ({ uid: process?.user.uid ?? 0, gid: process?.user.gid ?? 0 });

const isSelf = (mappings: readonly IdMapping[]) => mappings.length === 1 && mappings[0]?.size === 1;

const mapsRoot = (mappings: readonly IdMapping[]) =>
  mappings.some(({ containerID, size }) => containerID === 0 && size > 0);
