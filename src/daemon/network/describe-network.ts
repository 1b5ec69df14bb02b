import type { NetworkInspect } from '../../api/types.ts';
import { addressOf, type Endpoint } from '../../networkdriver/driver.ts';
import type { IpVersion } from '../../networkdriver/ipam/ip.ts';
import type { Container } from '../model/container.ts';
import { configOf } from './create-network.ts';
import type { NetworkRecord } from '../model/network-record.ts';

/** A network in Docker's JSON, with those of the containers that are connected to it. */
export function describeNetwork(network: NetworkRecord, containers: readonly Container[]): NetworkInspect {
  const hasAddresses = network.driver !== 'null' && network.driver !== 'host';
  return {
    Name: network.name,
    Id: network.id,
    Created: network.createdAt,
    Scope: 'local',
    Driver: network.driver,
    EnableIPv4: network.enableIPv4,
    EnableIPv6: network.enableIPv6,
    IPAM: {
      Driver: network.ipamDriver,
      Options: network.ipamOptions,
      Config: hasAddresses || network.configOnly ? network.pools.map(configOf) : null,
    },
    Internal: network.internal,
    Attachable: network.attachable,
    Ingress: false,
    ConfigFrom: { Network: network.configFrom },
    ConfigOnly: network.configOnly,
    Containers: Object.fromEntries(containers.flatMap(container => member(container, network.id))),
    Options: network.options,
    Labels: network.labels,
  };
}

type Member = NetworkInspect['Containers'][string];

function member({ id, name, state }: Container, networkId: string): [string, Member][] {
  return state.endpoints
    .filter(({ endpoint }) => endpoint.networkId === networkId)
    .map(({ endpoint }) => [
      id,
      {
        Name: name,
        EndpointID: endpoint.endpointId,
        MacAddress: endpoint.macAddress,
        IPv4Address: cidrOf(endpoint, 4),
        IPv6Address: cidrOf(endpoint, 6),
      },
    ]);
}

function cidrOf(endpoint: Endpoint, version: IpVersion): string {
  const found = addressOf(endpoint, version);
  return found === undefined ? '' : `${found.address}/${found.prefixLength}`;
}
