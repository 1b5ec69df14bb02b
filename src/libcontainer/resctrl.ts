import { posix } from 'node:path';
import { EngineError } from '../base/errors.ts';
import type { CleanupOperation, ParentOperation } from './plan.ts';
import type { Linux } from '../oci/runtime-spec.ts';

export const RESCTRL_ROOT = '/sys/fs/resctrl';

export type ResctrlPlan = { make: ParentOperation[]; join: ParentOperation[]; cleanup: CleanupOperation[] };

type IntelRdt = {
  closID?: string;
  l3CacheSchema?: string;
  memBwSchema?: string;
  schemata?: string[];
  enableMonitoring?: boolean;
};

/**
 * The container's class of service in resctrl (config-linux.md, "IntelRdt"): made under its id, or joined
 * where `closID` names one that others share, and then left behind. One that is named without what it is to be
 * has to be there.
 * @throws EngineError invalid-parameter
 */
export function resctrlOperations(id: string, linux: Linux): ResctrlPlan {
  const rdt = linux.intelRdt as IntelRdt | undefined;
  if (!rdt) return { make: [], join: [], cleanup: [] };
  const name = rdt.closID ?? id;
  if (name.includes('/') || name === '.' || name === '..')
    throw new EngineError(
      'invalid-parameter',
      `linux.intelRdt.closID: expected a name without slashes: ${name}`,
    );
  const path = posix.join(RESCTRL_ROOT, name);
  const schemata = schemataOf(rdt);
  const monitored = rdt.enableMonitoring ? [posix.join(path, 'mon_groups', id)] : [];
  const made = [...(rdt.closID && schemata === '' ? [] : [path]), ...monitored];
  return {
    make: [
      ...made.map(directory => ({ op: 'mkdir' as const, path: directory, mode: 0o755 })),
      ...(schemata ? [{ op: 'write' as const, path: posix.join(path, 'schemata'), data: schemata }] : []),
    ],
    join: [path, ...monitored].map(directory => ({
      op: 'join-child',
      path: posix.join(directory, 'tasks'),
    })),
    cleanup: [...monitored, ...(rdt.closID ? [] : [path])].map(directory => ({
      op: 'rmdir',
      path: directory,
    })),
  };
}

/** The bandwidth has a member of its own, which counts. */
function schemataOf({ l3CacheSchema = '', memBwSchema, schemata = [] }: IntelRdt): string {
  const cache = l3CacheSchema.split('\n').filter(line => !memBwSchema || !line.startsWith('MB:'));
  const lines = [...cache, memBwSchema, ...schemata].filter(Boolean);
  return lines.map(line => `${line}\n`).join('');
}
