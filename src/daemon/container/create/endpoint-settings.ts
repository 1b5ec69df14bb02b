import type { DaemonOptions } from '../../model/daemon-options.ts';
import type { CompletedHostConfig } from '../../model/host-config.ts';
import { formatNetworkMode } from '../../model/namespace-modes.ts';
import type * as api from '../../../api/types.ts';
import type { Daemon } from '../daemon.ts';
import { invalid, prefixed } from '../../model/errors.ts';
import {
  EMPTY_ENDPOINT_CONFIG,
  type EndpointConfig,
  fillEndpointConfig,
} from '../../model/endpoint-config.ts';
import { checkEndpointSettings, settingsOf } from '../../network/endpoint-settings.ts';
import type { Networks } from '../../network/networks.ts';

const MAC = /^([0-9a-f]{2}[:-]){5}[0-9a-f]{2}$/i;

/**
 * What was asked of each network, by its name. Those that do not exist are found out when the container starts.
 * @throws EngineError invalid-parameter, in Docker's words
 */
export function endpointSettings(
  { networks, options }: Pick<Daemon, 'networks' | 'options'>,
  { NetworkMode: mode }: Pick<CompletedHostConfig, 'NetworkMode'>,
  { EndpointsConfig: asked }: api.NetworkingConfig,
  macAddress: string,
): Record<string, EndpointConfig> {
  if (mode.kind === 'container') return {};
  const nameOf = (reference: string): string =>
    reference === 'default' ? defaultNetworkMode(options) : networks.nameOf(reference);
  const given = Object.entries({ ...asked }).map(([network, settings]) => [
    nameOf(network),
    fillEndpointConfig(settings),
  ]);
  const main = nameOf(formatNetworkMode(mode));
  const wanted = given.length > 0 ? Object.fromEntries(given) : { [main]: EMPTY_ENDPOINT_CONFIG };
  const settings = withMacAddress(main, wanted, macAddress);
  for (const [network, endpoint] of Object.entries(settings)) checkEndpoint(networks, network, endpoint);
  return settings;
}

function checkEndpoint(networks: Networks, network: string, settings: EndpointConfig): void {
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
  settings: Record<string, EndpointConfig>,
  macAddress: string,
): Record<string, EndpointConfig> {
  if (!macAddress || main === 'host' || main === 'none') return settings;
  const { MacAddress: given, ...rest } = settingsOf({ networks: settings }, main);
  if ((given || macAddress) !== macAddress)
    throw invalid(
      'the container-wide MAC address must match the endpoint-specific MAC address for the main network, or be left empty',
    );
  return { ...settings, [main]: { ...rest, MacAddress: macAddress } };
}

/** The network mode of containers that name no network. */
export function defaultNetworkMode({ bridgeDisabled }: DaemonOptions): 'bridge' | 'none' {
  return bridgeDisabled ? 'none' : 'bridge';
}
