import type { Linux } from '../../../oci/runtime-spec.ts';
import { checkSysctl } from '../../../libcontainer/sysctls.ts';
import type { SpecInput } from './spec-input.ts';

/**
 * The sysctls of a container: Docker's defaults for a network namespace of its own (ping without a
 * capability, low ports for everybody), and those asked for.
 * @throws EngineError invalid-parameter for one that would reach beyond the container
 */
export function specSysctls(
  { hostConfig, host }: SpecInput,
  namespaces: NonNullable<Linux['namespaces']>,
): Record<string, string> {
  const { kind } = hostConfig.NetworkMode;
  const defaults = Object.entries({
    'net.ipv4.ping_group_range': '0 2147483647',
    'net.ipv4.ip_unprivileged_port_start': '0',
  }).filter(([key]) => kind !== 'host' && kind !== 'container' && host.hasSysctl(key));
  const asked = hostConfig.Sysctls;
  for (const key of Object.keys(asked)) checkSysctl(key, namespaces);
  return { ...Object.fromEntries(defaults), ...asked };
}
