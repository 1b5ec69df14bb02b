import { posix } from 'node:path';
import { EngineError } from '../../../base/errors.ts';

/** Where a container is among systemd's units. */
export type UnitName = {
  /** `PREFIX-NAME.scope`, or the slice that is the container's cgroup itself. */
  unit: string;
  /** The slice that it is in. */
  slice: string;
};

/**
 * Reads a cgroupsPath as it is written for systemd: `slice:prefix:name`.
 * @param path empty for the default: a scope of the container's id
 * @throws EngineError invalid-parameter
 */
export function unitNameOf(path: string, id: string, rootless: boolean): UnitName {
  const own = rootless ? 'user.slice' : 'system.slice';
  const [slice, prefix, name, ...more] = path === '' ? [own, 'slipway', id] : path.split(':');
  if (prefix === undefined || name === undefined || more.length > 0)
    throw new EngineError(
      'invalid-parameter',
      `expected cgroupsPath to be of format "slice:prefix:name" for systemd cgroups, got ${JSON.stringify(path)} instead`,
    );
  if (name.endsWith('.slice')) return { unit: name, slice: slice || own };
  return { unit: prefix === '' ? `${name}.scope` : `${prefix}-${name}.scope`, slice: slice || own };
}

/**
 * A slice's path in the cgroup hierarchies: `a-b.slice` is in `a.slice` (systemd.slice(5)); `-.slice` is the root.
 * @throws EngineError invalid-parameter
 */
export function slicePath(slice: string): string {
  const name = slice.endsWith('.slice') ? slice.slice(0, -'.slice'.length) : '';
  if (slice === '-.slice') return '/';
  const parts = name.split('-');
  if (name === '' || slice.includes('/') || parts.includes(''))
    throw new EngineError('invalid-parameter', `invalid slice name: ${slice}`);
  return posix.join('/', ...parts.map((_, index) => `${parts.slice(0, index + 1).join('-')}.slice`));
}

/** Where a unit's cgroup is, below the manager's own. @throws EngineError invalid-parameter */
export function unitPath({ slice, unit }: UnitName): string {
  return posix.join(slicePath(slice), unit);
}
