import { EngineError } from '../base/errors.ts';
import type { DeviceRule } from '../oci/runtime-spec.ts';

/** Devices that differ from the default: `access` (of `rwm`, in that order) is granted, or else denied. */
export type DeviceException = {
  type: 'b' | 'c';
  /** Absent: all. */
  major?: number;
  minor?: number;
  access: string;
};

/** Read, write, mknod. */
const ACCESS = ['r', 'w', 'm'];

/** What a list of rules comes to: a verdict for every device, and the exceptions from it. */
export type DeviceAccess = { defaultAllow: boolean; exceptions: DeviceException[] };

/**
 * Applies the rules one after the other, the last one winning, to a state in which nothing is allowed. A rule
 * for all types (`a`) starts afresh whatever else it says, as in cgroup v1.
 *
 * The meaning of the result is cgroup v1's (Documentation/admin-guide/cgroup-v1/devices.rst): where the
 * default is to deny, one exception must grant all that is asked; where it is to allow, an exception that
 * denies any of it suffices.
 * @throws EngineError invalid-parameter for a rule that takes a part out of a wildcard exception, which
 *   cgroup v1 would silently ignore
 */
export function deviceAccess(rules: readonly DeviceRule[]): DeviceAccess {
  let defaultAllow = false;
  const exceptions = new Map<string, DeviceException>();
  for (const rule of rules) {
    const access = normalAccess(rule.access);
    if ((rule.type ?? 'a') === 'a') {
      defaultAllow = rule.allow;
      exceptions.clear();
      continue;
    }
    const device = { type: rule.type as 'b' | 'c', major: wildcard(rule.major), minor: wildcard(rule.minor) };
    const before = exceptions.get(keyOf(device))?.access ?? '';
    if (rule.allow === defaultAllow) refuseHole(exceptions, device, access);
    const after = ACCESS.filter(bit =>
      rule.allow === defaultAllow
        ? before.includes(bit) && !access.includes(bit)
        : before.includes(bit) || access.includes(bit),
    );
    if (after.length === 0) exceptions.delete(keyOf(device));
    else exceptions.set(keyOf(device), { ...device, access: after.join('') });
  }
  return { defaultAllow, exceptions: [...exceptions.values()] };
}

type DeviceNumbers = Omit<DeviceException, 'access'>;

const keyOf = ({ type, major, minor }: DeviceNumbers) => `${type} ${major ?? '*'}:${minor ?? '*'}`;

/** runc's callers write -1 for a wildcard. */
const wildcard = (number: number | undefined) => (number === undefined || number < 0 ? undefined : number);

/** Configurations have been seen with an `a`, for all, beside what runc takes notice of. */
function normalAccess(access = 'rwm'): string {
  if (access === '' || /[^rwma]/.test(access))
    throw new EngineError('invalid-parameter', `invalid device access ${JSON.stringify(access)}`);
  return access.replaceAll('a', '');
}

function refuseHole(exceptions: Map<string, DeviceException>, device: DeviceNumbers, access: string): void {
  const wider: DeviceNumbers[] = [
    { type: device.type, minor: device.minor },
    { type: device.type, major: device.major },
    { type: device.type },
  ];
  for (const key of wider.map(keyOf)) {
    const granted = key === keyOf(device) ? undefined : exceptions.get(key)?.access;
    if (granted && Array.from(access).some(bit => granted.includes(bit)))
      throw new EngineError(
        'invalid-parameter',
        `device rule ${keyOf(device)} ${access} takes a part out of the wildcard rule ${key} ${granted}`,
      );
  }
}
