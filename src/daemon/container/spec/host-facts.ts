import { existsSync, readFileSync } from 'node:fs';
import { release } from 'node:os';
import {
  ALL_CAPABILITIES,
  boundingCapabilities,
  capabilityNames,
} from '../../../libcontainer/capabilities.ts';
import { type DeviceSource, hostDevices } from './host-devices.ts';
import { defaultMaskedPaths } from './system-paths.ts';
import { type LimitSupport, readLimitSupport } from './limit-support.ts';
import { hostMountPropagation, type MountPropagation } from './mount-propagation.ts';

/** What the host allows and has, as far as runtime specs depend on it. */
export type HostFacts = {
  /** Node's `process.arch`. */
  architecture: string;
  /** As uname(2) has it. */
  kernelVersion: string;
  /** What containers can have at most, with the CAP_ prefix. */
  capabilities: readonly string[];
  seccomp: boolean;
  limits: LimitSupport;
  /** Recursive read-only mounts: Linux 5.12. */
  recursiveReadonly: boolean;
  /** The profile for containers that name none; undefined where the host has no AppArmor. */
  apparmorProfile?: string;
  /** What containers do not see unless they are told otherwise. */
  maskedPaths: readonly string[];
  /** Whether there is a /proc/sys file for it. */
  hasSysctl: (key: string) => boolean;
  devices: DeviceSource;
  mountPropagation: (path: string) => MountPropagation;
};

/** Reads the facts once; they do not change while the engine runs. The default profile has been loaded before. */
export function readHostFacts(apparmorProfile?: string): HostFacts {
  const kernelVersion = release();
  const [major = 0, minor = 0] = kernelVersion.split('.').map(part => Number.parseInt(part, 10));
  const sysctls = new Map<string, boolean>();
  return {
    architecture: process.arch,
    kernelVersion,
    capabilities: availableCapabilities(),
    seccomp: existsSync('/proc/sys/kernel/seccomp/actions_avail'),
    limits: readLimitSupport(),
    ...(apparmorProfile === undefined ? {} : { apparmorProfile }),
    recursiveReadonly: major > 5 || (major === 5 && minor >= 12),
    maskedPaths: defaultMaskedPaths(),
    hasSysctl: key =>
      sysctls.getOrInsertComputed(key, () => existsSync(`/proc/sys/${key.replaceAll('.', '/')}`)),
    devices: hostDevices,
    mountPropagation: path => hostMountPropagation(path, readFileSync('/proc/self/mountinfo', 'utf8')),
  };
}

function availableCapabilities(): string[] {
  const names = capabilityNames(boundingCapabilities());
  return names.length > 0 ? names : [...ALL_CAPABILITIES];
}
