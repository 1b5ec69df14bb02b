import { posix } from 'node:path';
import { EngineError } from '../base/errors.ts';
import type { CleanupOperation, ParentOperation } from './plan.ts';
import type { Linux } from './spec.ts';

export const RESCTRL_ROOT = '/sys/fs/resctrl';

export type ResctrlPlan = { make: ParentOperation[]; join: ParentOperation[]; cleanup: CleanupOperation[] };

type IntelRdt = { closID?: string; l3CacheSchema?: string; memBwSchema?: string; schemata?: string[] };

/**
 * The container's class of service in resctrl (config-linux.md, "IntelRdt"): made under its id, or joined
 * where `closID` names one that others share, and then left behind.
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
  const lines = [rdt.l3CacheSchema, rdt.memBwSchema, ...(rdt.schemata ?? [])].filter(Boolean);
  return {
    make: [
      { op: 'mkdir', path, mode: 0o755 },
      ...(lines.length > 0
        ? [{ op: 'write' as const, path: posix.join(path, 'schemata'), data: `${lines.join('\n')}\n` }]
        : []),
    ],
    join: [{ op: 'join-child', path: posix.join(path, 'tasks') }],
    cleanup: rdt.closID ? [] : [{ op: 'rmdir', path }],
  };
}
