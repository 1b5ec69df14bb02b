import type { NetworkInspect } from '../../api/types.ts';
import type { Container } from '../containers/container.ts';
import type { NetworkRecord } from './networks.ts';

/** A network in Docker's JSON. */
export function describeNetwork(network: NetworkRecord, containers: readonly Container[]): NetworkInspect {
  const { id, name, driver, createdAt, subnet, gateway, internal, options, labels } = network;
  return {
    Name: name,
    Id: id,
    Created: createdAt,
    Scope: 'local',
    Driver: driver,
    EnableIPv4: true,
    EnableIPv6: false,
    IPAM: {
      Driver: 'default',
      Options: null,
      Config: subnet === '' ? null : [{ Subnet: subnet, Gateway: gateway }],
    },
    Internal: internal,
    Attachable: false,
    Ingress: false,
    ConfigFrom: { Network: '' },
    ConfigOnly: false,
    Containers: Object.fromEntries(containers.flatMap(container => member(container, id))),
    Options: options,
    Labels: labels,
  };
}

type Member = NetworkInspect['Containers'][string];

function member({ id, name, state }: Container, networkId: string): [string, Member][] {
  return state.endpoints
    .filter(({ endpoint }) => endpoint.networkId === networkId)
    .map(({ endpoint: { endpointId, macAddress, ipv4Address, prefixLength } }) => [
      id,
      {
        Name: name,
        EndpointID: endpointId,
        MacAddress: macAddress,
        IPv4Address: ipv4Address === '' ? '' : `${ipv4Address}/${prefixLength}`,
        IPv6Address: '',
      },
    ]);
}
