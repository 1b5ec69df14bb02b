import { checkPathLength } from '../../../base/path-length.ts';
import type { CgroupDriver } from '../../model/daemon-options.ts';
import { invalid } from '../../model/errors.ts';

/** A slice's name is its place among the others: `a-b.slice` is in `a.slice` (systemd.slice(5)). */
const SLICE = /^(-|[^-/:]+(-[^-/:]+)*)\.slice$/;

/** @param parent '' for the default one @throws EngineError invalid-parameter, in Docker's words */
export function checkCgroupParent(parent: string, driver: CgroupDriver): void {
  checkPathLength(parent);
  if (driver === 'systemd' && parent !== '' && !SLICE.test(parent))
    throw invalid('cgroup-parent for systemd cgroup should be a valid slice named as "xxx.slice"');
}
