import type { Process, Spec } from '../../../oci/runtime-spec.ts';
import { parseSecurityOptions } from './security-options.ts';
import { specDevices } from './spec-devices.ts';
import type { SpecInput } from './spec-input.ts';
import { possibleMounts, rootPropagation, specMounts } from './spec-mounts.ts';
import { specNamespaces } from './spec-namespaces.ts';
import { specProcess } from './spec-process.ts';
import { mergeResources, specResources } from './spec-resources.ts';
import { specSeccomp } from './spec-seccomp.ts';
import { specSysctls } from './spec-sysctls.ts';
import { tweakCapabilities } from './tweak-capabilities.ts';

const MAX_NAME_BYTES = 64;
const OCI_VERSION = '1.2.0';

/**
 * The OCI runtime spec of a Docker container, equal in effect to dockerd 28's. It reads nothing but what
 * `input` gives, whose host facts answer for devices and mounts.
 * @throws EngineError invalid-parameter or system, in Docker's words
 */
export function toRuntimeSpec(given: SpecInput): Spec {
  const { config, hostConfig, host } = given;
  const input = { ...given, mounts: possibleMounts(given.mounts, host) };
  const security = parseSecurityOptions(hostConfig.SecurityOpt);
  const capabilities = tweakCapabilities(hostConfig, host.capabilities);
  const { devices, rules } = specDevices(hostConfig, host.devices);
  const namespaces = specNamespaces(input);
  const hasOwnNames = hostConfig.UTSMode !== 'host';
  const isUnmasked = hostConfig.Privileged || security.unconfinedSystemPaths;
  return {
    ociVersion: OCI_VERSION,
    process: specProcess(input, security, capabilities),
    root: { path: 'rootfs', readonly: hostConfig.ReadonlyRootfs },
    ...(hasOwnNames && config.Hostname ? { hostname: config.Hostname } : {}),
    ...(hasOwnNames && config.Domainname ? { domainname: kernelName(config.Domainname) } : {}),
    mounts: specMounts(input, security),
    ...(Object.keys(hostConfig.Annotations).length > 0 ? { annotations: hostConfig.Annotations } : {}),
    linux: {
      namespaces,
      devices,
      cgroupsPath: input.cgroupsPath,
      resources: {
        ...mergeResources(specResources(hostConfig, host.devices), input.governed),
        devices: rules,
      },
      rootfsPropagation: rootPropagation(input.mounts),
      seccomp: specSeccomp(input, security, capabilities),
      sysctl: specSysctls(input, namespaces),
      maskedPaths: isUnmasked ? [] : hostConfig.MaskedPaths,
      readonlyPaths: isUnmasked ? [] : hostConfig.ReadonlyPaths,
    },
  };
}

/** The kernel refuses a longer one (setdomainname(2)), of which Docker sets the beginning. */
function kernelName(text: string): string {
  return Buffer.from(text).subarray(0, MAX_NAME_BYTES).toString();
}

/** The container's first process alone. @throws EngineError in Docker's words */
export function toRuntimeProcess(input: SpecInput): Process {
  const security = parseSecurityOptions(input.hostConfig.SecurityOpt);
  return specProcess(input, security, tweakCapabilities(input.hostConfig, input.host.capabilities));
}
