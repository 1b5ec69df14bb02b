import type * as api from '../../api/types.ts';
import { invalid } from '../errors.ts';

const MAC = /^([0-9a-f]{2}[:-]){5}[0-9a-f]{2}$/i;

/**
 * What was asked of each network. Nothing says which networks exist: that is looked at when it starts.
 * @throws EngineError invalid-parameter, in Docker's words
 */
export function endpointSettings(
  { NetworkMode: mode = 'bridge' }: api.HostConfig,
  networking: api.NetworkingConfig | undefined,
  macAddress: string | undefined,
): Record<string, api.EndpointSettings> {
  if (mode.startsWith('container:')) return {};
  const given = Object.entries(networking?.EndpointsConfig ?? {}).map(([network, settings]) => [
    network === 'default' ? 'bridge' : network,
    settings ?? {},
  ]);
  const settings = withMacAddress(mode, { [mode]: {}, ...Object.fromEntries(given) }, macAddress);
  for (const [network, { MacAddress: mac, IPAMConfig: ipam }] of Object.entries(settings)) {
    if (mac && !MAC.test(mac))
      throw invalid(`invalid config for network ${network}: invalid MAC address ${mac}`);
    if (ipam?.IPv4Address && ['bridge', 'host', 'none'].includes(network)) {
      throw invalid(
        `invalid config for network ${network}: invalid endpoint settings:\nuser specified IP address is supported on user defined networks only`,
      );
    }
  }
  return settings;
}

/** The address of the whole container is that of its main network. */
function withMacAddress(
  mode: string,
  settings: Record<string, api.EndpointSettings>,
  macAddress: string | undefined,
): Record<string, api.EndpointSettings> {
  if (!macAddress || mode === 'host' || mode === 'none') return settings;
  if ((settings[mode]?.MacAddress || macAddress) !== macAddress)
    throw invalid(
      'the container-wide MAC address must match the endpoint-specific MAC address for the main network, or be left empty',
    );
  return { ...settings, [mode]: { ...settings[mode], MacAddress: macAddress } };
}
