import { posix } from 'node:path';
import type { CompletedHostConfig } from '../../model/host-config.ts';
import { EngineError } from '../../../base/errors.ts';
import type { Device, DeviceRule } from '../../../oci/runtime-spec.ts';
import type { DeviceSource } from './host-devices.ts';

/** `rules`: the same list for all containers that ask for nothing, so that what is made of it is made once. */
export type SpecDevices = { devices: Device[]; rules: readonly DeviceRule[] };

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
 * @throws EngineError invalid-parameter for a malformed rule, also for a device that is not there
 */
export function specDevices(
  hostConfig: Pick<CompletedHostConfig, 'Devices' | 'DeviceCgroupRules' | 'Privileged'>,
  source: DeviceSource,
): SpecDevices {
  const mappings = hostConfig.Devices.map(mapping => {
    const { PathOnHost: host = '', PathInContainer, CgroupPermissions } = mapping;
    return {
      host,
      container: posix.join('/', PathInContainer || host),
      access: CgroupPermissions || 'rwm',
    };
  });
  if (hostConfig.Privileged) {
    const moved = mappings.filter(({ host, container }) => host !== container);
    return {
      devices: [...source.all(), ...mapped(source, moved).map(({ device }) => device)],
      rules: [...DEFAULT_RULES, { allow: true, access: 'rwm' }],
    };
  }
  const found = mapped(source, mappings);
  const rules = found.flatMap(({ device: { type, major, minor }, access }): DeviceRule[] =>
    type === 'b' || type === 'c' ? [{ allow: true, type, major, minor, access }] : [],
  );
  const asked = hostConfig.DeviceCgroupRules.map(parseDeviceRule);
  const own = [...rules, ...asked];
  return {
    devices: found.map(({ device }) => device),
    rules: own.length === 0 ? DEFAULT_RULES : [...DEFAULT_RULES, ...own],
  };
}

type Mapping = { host: string; container: string; access: string };

/** Each is made at every start. A directory stands for all that are in it. */
const MAX_DEVICES = 4096;

function mapped(source: DeviceSource, mappings: readonly Mapping[]): { device: Device; access: string }[] {
  const found: { device: Device; access: string }[] = [];
  for (const { host, container, access } of mappings) {
    for (const device of source.find(host))
      found.push({ device: { ...device, path: container + device.path.slice(host.length) }, access });
    if (found.length > MAX_DEVICES)
      throw new EngineError('invalid-parameter', `a container has at most ${MAX_DEVICES} devices`);
  }
  return found;
}

/** `c 1:* rwm`. @throws EngineError invalid-parameter, in Docker's words */
function parseDeviceRule(text: string): DeviceRule {
  const match = /^([acb]) (\d+|\*):(\d+|\*) ([rwm]{1,3})$/.exec(text);
  if (!match) throw new EngineError('invalid-parameter', `invalid device cgroup rule format: '${text}'`);
  const [, type, major, minor, access] = match;
  const number = (part: string | undefined) => (part === '*' ? undefined : Number(part));
  return { allow: true, type: type as 'a' | 'b' | 'c', major: number(major), minor: number(minor), access };
}
