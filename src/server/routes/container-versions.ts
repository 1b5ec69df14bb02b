import type { ContainerInspect, ContainerSummary, EndpointSettings } from '../../api/types.ts';
import type { Exchange } from '../exchange.ts';

/** Networks whose containers have no names there. */
const NAMELESS = ['bridge', 'default', 'host', 'none'];

/** A container's details as the client's version of the API has them. */
export function inspectFor(exchange: Exchange, container: ContainerInspect): ContainerInspect {
  if (exchange.atLeast('1.45')) return container;
  const { Id, Config, NetworkSettings } = container;
  const names = [Id.slice(0, 12), Config.Hostname ?? ''];
  const Networks = Object.fromEntries(
    Object.entries(NetworkSettings.Networks).map(([network, endpoint]) => [
      network,
      NAMELESS.includes(network) ? endpoint : withAliases(endpoint, names),
    ]),
  );
  return { ...container, NetworkSettings: { ...NetworkSettings, Networks } };
}

/** The containers of a list, likewise. */
export function summariesFor(exchange: Exchange, containers: ContainerSummary[]): ContainerSummary[] {
  if (exchange.atLeast('1.46')) return containers;
  return containers.map(container => ({
    ...container,
    HostConfig: { NetworkMode: container.HostConfig.NetworkMode },
  }));
}

/** What has been `DNSNames` since 1.45 was told as aliases. */
function withAliases(endpoint: EndpointSettings, names: readonly string[]): EndpointSettings {
  return { ...endpoint, Aliases: [...new Set([...(endpoint.Aliases ?? []), ...names])] };
}
