import type * as api from '../../api/types.ts';
import { EngineError } from '../../base/errors.ts';
import { compareVersions } from '../exchange.ts';

const OPTION = 'com.docker.network.endpoint.sysctls';
/** `net.ipv4.conf.eth0.forwarding`: what is before the interface, the interface, what is after it. */
const OF_AN_INTERFACE = /^(net\.[^.]+\.[^.]+)\.(eth[^.]*)\.(.+)$/s;

/**
 * Makes sysctls that name an interface options of the main network's endpoint, as Docker does: there is no interface of
 * that name before the container is connected. Clients of API 1.48 and newer have to send them as such options.
 * @throws EngineError invalid-parameter, in Docker's words
 */
export function withEndpointSysctls(
  request: api.ContainerCreateRequest,
  version: string,
): { request: api.ContainerCreateRequest; warnings: string[] } {
  const { HostConfig = {}, NetworkingConfig } = request;
  const { NetworkMode = '', Sysctls } = HostConfig;
  const found = Object.entries(Sysctls ?? {}).flatMap(([name, value]) => toMigrate(name, value));
  if (found.length === 0 || /^(?:host$|container:)/.test(NetworkMode)) return { request, warnings: [] };
  for (const { name, device } of found) refuse(name, device, version);
  const names = new Set(found.map(({ name }) => name));
  const option = found.map(({ setting }) => setting).join(',');
  const kept = Object.entries(Sysctls ?? {}).filter(([name]) => !names.has(name));
  const warning = `Migrated sysctl "${[...names].join(',')}" to DriverOpts{"${OPTION}":"${option}"}.`;
  return {
    request: {
      ...request,
      HostConfig: { ...HostConfig, Sysctls: Object.fromEntries(kept) },
      NetworkingConfig: withOption(NetworkingConfig, NetworkMode || 'default', option),
    },
    warnings: [warning],
  };
}

function toMigrate(name: string, value: string): { name: string; device: string; setting: string }[] {
  const [, before, device = '', after] = OF_AN_INTERFACE.exec(name) ?? [];
  return before === undefined ? [] : [{ name, device, setting: `${before}.IFNAME.${after}=${value}` }];
}

/** Only `eth0` is known to be the main network's. */
function refuse(name: string, device: string, version: string): void {
  if (compareVersions(version, '1.47') > 0)
    throw invalid(
      `interface specific sysctl setting "${name}" must be supplied using driver option '${OPTION}'`,
    );
  if (device !== 'eth0')
    throw invalid(
      `unable to determine network endpoint for sysctl ${name}, use driver option '${OPTION}' to set per-interface sysctls`,
    );
}

/** What the endpoint has of its own comes later, and counts. */
function withOption(
  networking: api.NetworkingConfig = {},
  mode: string,
  option: string,
): api.NetworkingConfig {
  const endpoints = networking.EndpointsConfig ?? {};
  const [first = mode] = Object.keys(endpoints);
  const network = mode in endpoints ? mode : first;
  const { DriverOpts, ...settings } = endpoints[network] ?? {};
  const own = DriverOpts?.[OPTION];
  const options = { ...DriverOpts, [OPTION]: own === undefined ? option : `${option},${own}` };
  return {
    ...networking,
    EndpointsConfig: { ...endpoints, [network]: { ...settings, DriverOpts: options } },
  };
}

function invalid(message: string): EngineError {
  return new EngineError('invalid-parameter', message);
}
