import type { HostConfig } from '../../api/types.ts';
import { EngineError } from '../../base/errors.ts';
import type { Device, DeviceRule } from '../../libcontainer/spec.ts';
import type { DeviceSource } from './host-devices.ts';

export type SpecDevices = { devices: Device[]; rules: DeviceRule[] };

const allowed = (major: number, minor: number): DeviceRule => ({
  allow: true,
  type: 'c',
  major,
  minor,
  access: 'rwm',
});

/** Everything denied but zero, null, urandom, random, tty and console; fuse not even by default. */
const DEFAULT_RULES: readonly DeviceRule[] = [
  { allow: false, access: 'rwm' },
  allowed(1, 5),
  allowed(1, 3),
  allowed(1, 9),
  allowed(1, 8),
  allowed(5, 0),
  allowed(5, 1),
  { ...allowed(10, 229), allow: false },
];

/**
 * The devices of a container beside the standard ones, and the rules for their use.
 * @throws EngineError invalid-parameter for a malformed rule, system for a device that is not there
 */
export function specDevices(hostConfig: HostConfig, source: DeviceSource): SpecDevices {
  const mappings = (hostConfig.Devices ?? []).map(mapping => {
    const host = mapping.PathOnHost ?? '';
    return {
      host,
      container: mapping.PathInContainer || host,
      access: mapping.CgroupPermissions || 'rwm',
    };
  });
  if (hostConfig.Privileged) {
    const moved = mappings.filter(({ host, container }) => host !== container);
    return {
      devices: [
        ...source.all(),
        ...moved.flatMap(({ host, container }) => relocated(source, host, container)),
      ],
      rules: [...DEFAULT_RULES, { allow: true, access: 'rwm' }],
    };
  }
  const devices: Device[] = [];
  const rules: DeviceRule[] = [...DEFAULT_RULES];
  for (const { host, container, access } of mappings) {
    for (const device of relocated(source, host, container)) {
      devices.push(device);
      const { type, major, minor } = device;
      if (type === 'b' || type === 'c') rules.push({ allow: true, type, major, minor, access });
    }
  }
  return { devices, rules: [...rules, ...(hostConfig.DeviceCgroupRules ?? []).map(parseDeviceRule)] };
}

function relocated(source: DeviceSource, host: string, container: string): Device[] {
  return source.find(host).map(device => ({ ...device, path: container + device.path.slice(host.length) }));
}

/** `c 1:* rwm`. @throws EngineError invalid-parameter, in Docker's words */
function parseDeviceRule(text: string): DeviceRule {
  const match = /^([acb]) (\d+|\*):(\d+|\*) ([rwm]{1,3})$/.exec(text);
  if (!match) throw new EngineError('invalid-parameter', `invalid device cgroup rule format: '${text}'`);
  const [, type, major, minor, access] = match;
  const number = (part: string | undefined) => (part === '*' ? undefined : Number(part));
  return { allow: true, type: type as 'a' | 'b' | 'c', major: number(major), minor: number(minor), access };
}
