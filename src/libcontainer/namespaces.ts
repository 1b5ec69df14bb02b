import { EngineError } from '../base/errors.ts';
import * as ns from '../kernel/abi/sched.ts';
import type { ChildOperation } from './plan.ts';
import type { NamespaceType, Spec } from '../oci/runtime-spec.ts';

export const CLONE_FLAGS: Record<NamespaceType, number> = {
  pid: ns.CLONE_NEWPID,
  network: ns.CLONE_NEWNET,
  mount: ns.CLONE_NEWNS,
  ipc: ns.CLONE_NEWIPC,
  uts: ns.CLONE_NEWUTS,
  user: ns.CLONE_NEWUSER,
  cgroup: ns.CLONE_NEWCGROUP,
  time: ns.CLONE_NEWTIME,
};

/** Which namespaces a container has besides the host's. */
export type Namespaces = {
  /** Made by clone3 or unshare. */
  created: Set<NamespaceType>;
  joined: { type: NamespaceType; path: string }[];
};

/** @param networkNamespace is joined in place of the one that the spec names or wants made */
export function namespacesOf(spec: Spec, networkNamespace: string | undefined): Namespaces {
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

export function hasUserNamespace({ created, joined }: Namespaces): boolean {
  return created.has('user') || joined.some(({ type }) => type === 'user');
}

export function hasMountNamespace({ created, joined }: Namespaces): boolean {
  return created.has('mount') || joined.some(({ type }) => type === 'mount');
}

/** Joins those that are there, but for the pid namespace, in which a process can only be born. */
export function joinNamespaces({ joined }: Namespaces): ChildOperation[] {
  return joined
    .filter(({ type }) => type !== 'pid')
    .map(({ type, path }) => ({ op: 'setns', path, type: CLONE_FLAGS[type] }));
}

/** Its offsets can be set only before anything is in it, so it is made empty and then joined (time_namespaces(7)). */
export function timeNamespace({ linux = {} }: Spec, { created }: Namespaces): ChildOperation[] {
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
