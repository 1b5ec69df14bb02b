import { onceForEach } from '../base/once-for-each.ts';
import type { DeviceRule } from '../oci/runtime-spec.ts';

const device = (major: number, minor?: number): DeviceRule => ({
  allow: true,
  type: 'c',
  major,
  minor,
  access: 'rwm',
});

/**
 * What every container may use whatever its spec says, as with runc: making (but not opening) any node; null,
 * zero, full, random, urandom, tty, pseudo-terminals, and /dev/net/tun.
 */
const DEFAULT_DEVICE_RULES: readonly DeviceRule[] = [
  { allow: true, type: 'c', access: 'm' },
  { allow: true, type: 'b', access: 'm' },
  device(1, 3),
  device(1, 8),
  device(1, 7),
  device(5, 0),
  device(1, 5),
  device(1, 9),
  device(136),
  device(5, 2),
  device(10, 200),
];

const NONE: readonly DeviceRule[] = [];

/** A spec's rules, and then the default ones; the same list for the same list. */
export function withDefaultDevices(rules: readonly DeviceRule[] = NONE): readonly DeviceRule[] {
  return completed(rules);
}

const completed = onceForEach((rules: readonly DeviceRule[]): readonly DeviceRule[] => [
  ...rules,
  ...DEFAULT_DEVICE_RULES,
]);
