import type { CompletedHostConfig } from '../../model/host-config.ts';
import { formatNetworkMode } from '../../model/namespace-modes.ts';
import type * as api from '../../../api/types.ts';
import type { Daemon } from '../daemon.ts';
import { invalid, prefixed } from '../../model/errors.ts';
import { checkEndpointSettings } from '../../network/endpoint-settings.ts';
import type { Networks } from '../../network/networks.ts';
import { defaultNetworkMode } from '../config/default-network-mode.ts';

const MAC = /^([0-9a-f]{2}[:-]){5}[0-9a-f]{2}$/i;

/**
 * What was asked of each network, by its name. Those that do not exist are found out when the container starts.
 * @throws EngineError invalid-parameter, in Docker's words
 */
export function endpointSettings(
  { networks, options }: Pick<Daemon, 'networks' | 'options'>,
  { NetworkMode: mode }: Pick<CompletedHostConfig, 'NetworkMode'>,
  networking: api.NetworkingConfig | undefined,
  macAddress: string | undefined,
): Record<string, api.EndpointSettings> {
  if (mode.kind === 'container') return {};
  const nameOf = (reference: string): string =>
    reference === 'default' ? defaultNetworkMode(options) : (networks.lookup(reference)?.name ?? reference);
  const given = Object.entries(networking?.EndpointsConfig ?? {}).map(([network, settings]) => [
    nameOf(network),
    settings ?? {},
  ]);
  const main = nameOf(formatNetworkMode(mode));
  const wanted = given.length > 0 ? Object.fromEntries(given) : { [main]: {} };
  const settings = withMacAddress(main, wanted, macAddress);
  for (const [network, endpoint] of Object.entries(settings)) checkEndpoint(networks, network, endpoint);
  return settings;
}

function checkEndpoint(networks: Networks, network: string, settings: api.EndpointSettings): void {
  const { MacAddress: mac } = settings;
  const prefix = `invalid config for network ${network}`;
  if (mac && !MAC.test(mac)) throw invalid(`${prefix}: invalid MAC address ${mac}`);
  try {
    checkEndpointSettings(network, settings, networks.lookup(network));
  } catch (error) {
    throw prefixed(prefix, error);
  }
}

/** The address of the whole container is that of its main network. */
function withMacAddress(
  main: string,
  settings: Record<string, api.EndpointSettings>,
  macAddress: string | undefined,
): Record<string, api.EndpointSettings> {
  if (!macAddress || main === 'host' || main === 'none') return settings;
  if ((settings[main]?.MacAddress || macAddress) !== macAddress)
    throw invalid(
      'the container-wide MAC address must match the endpoint-specific MAC address for the main network, or be left empty',
    );
  return { ...settings, [main]: { ...settings[main], MacAddress: macAddress } };
}
