import { deviceAccess, type DeviceException } from '../../../cgroups/device-access.ts';
import type { DeviceRule } from '../../../oci/runtime-spec.ts';
import type { Property } from './unit-manager.ts';

const KINDS = { b: 'block', c: 'char' };

/**
 * Rules for devices as properties of the container's unit, so that systemd grants no more, and no less, when it looks
 * at the unit again. It has lists of what is allowed only, and none with a major number for all and a minor one.
 *
 * What it has no words for is left to the container's own program on cgroup v2, which systemd cannot undo: the unit
 * allows everything then. On v1 the unit allows what it can say, as the files that are written after it are all there is.
 * @param unified whether the machine has cgroup v2 only
 * @throws EngineError invalid-parameter
 */
export function deviceProperties(rules: readonly DeviceRule[], unified: boolean): Property[] {
  const { defaultAllow, exceptions } = deviceAccess(rules);
  const allowed = defaultAllow ? [] : exceptions.flatMap(allowance);
  const isSaid = defaultAllow ? exceptions.length === 0 : allowed.length === exceptions.length;
  if ((defaultAllow && isSaid) || (unified && !isSaid)) return policy('auto', []);
  return policy('strict', allowed);
}

function policy(name: 'auto' | 'strict', allowed: [string, string][]): Property[] {
  return [
    ['DevicePolicy', { signature: 's', value: name }],
    ['DeviceAllow', { signature: 'a(ss)', value: allowed }],
  ];
}

/** systemd.resource-control(5), DeviceAllow=. */
function allowance({ type, major, minor, access }: DeviceException): [string, string][] {
  const kind = KINDS[type];
  if (major === undefined) return minor === undefined ? [[`${kind}-*`, access]] : [];
  return [[minor === undefined ? `${kind}-${major}` : `/dev/${kind}/${major}:${minor}`, access]];
}
