import type * as api from '../../../api/types.ts';
import { ZERO_TIME } from '../../model/clock.ts';
import type { Daemon } from '../daemon.ts';
import { addressOf, type Endpoint } from '../../../networkdriver/driver.ts';
import { dnsNames } from '../../network/endpoint-settings.ts';
import { hasInterface } from '../../network/networks.ts';
import { isUserDefined } from '../../model/network-record.ts';
import type { Container } from '../../model/container.ts';

/** NetworkSettings of `inspect`. */
export function describeNetworks(daemon: Daemon, container: Container): api.NetworkSettings {
  const { state } = container;
  const networks = describeEndpoints(daemon, container);
  const first = state.endpoints[0]?.endpoint;
  // Beside the list of networks, only the default one is shown.
  const main = state.endpoints.find(({ network }) => network === 'bridge')?.endpoint ?? NO_ENDPOINT;
  return {
    Bridge: '',
    SandboxID: first?.endpointId ?? '',
    SandboxKey: state.pid > 0 && first !== undefined ? `/proc/${state.pid}/ns/net` : '',
    Ports: describePorts(container),
    HairpinMode: false,
    LinkLocalIPv6Address: '',
    LinkLocalIPv6PrefixLen: 0,
    SecondaryIPAddresses: null,
    SecondaryIPv6Addresses: null,
    EndpointID: main.endpointId,
    ...describeAddresses(main),
    MacAddress: main.macAddress,
    Networks: networks,
  };
}

/** By network name: what was asked for, and what is. */
export function describeEndpoints(
  { networks }: Daemon,
  container: Container,
): Record<string, api.EndpointSettings> {
  const { record, state } = container;
  const endpoints = new Map(state.endpoints.map(({ network, endpoint }) => [network, endpoint]));
  const wasConnected = state.startedAt !== ZERO_TIME;
  return Object.fromEntries(
    // As Go orders maps.
    Object.entries(record.networks)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([network, wanted]) => [
        network,
        describeEndpoint(wanted, endpoints.get(network), {
          wasConnected,
          networkId: networks.lookup(network)?.id ?? '',
          names: wasConnected && isUserDefined(network) ? dnsNames(container, wanted) : null,
        }),
      ]),
  );
}

type Context = { wasConnected: boolean; networkId: string; names: string[] | null };

function describeEndpoint(
  wanted: api.EndpointSettings,
  endpoint: Endpoint | undefined,
  { wasConnected, networkId, names }: Context,
): api.EndpointSettings {
  return {
    IPAMConfig: wanted.IPAMConfig ?? null,
    Links: wanted.Links ?? null,
    Aliases: wanted.Aliases ?? null,
    // What was asked for is shown until there is something that is.
    MacAddress: endpoint?.macAddress ?? (wasConnected ? '' : (wanted.MacAddress ?? '')),
    DriverOpts: wanted.DriverOpts ?? null,
    GwPriority: wanted.GwPriority ?? 0,
    NetworkID: endpoint?.networkId ?? (wasConnected ? networkId : ''),
    EndpointID: endpoint?.endpointId ?? '',
    ...describeAddresses(endpoint ?? NO_ENDPOINT),
    DNSNames: names,
  };
}

const NO_ADDRESS = { gateway: '', address: '', prefixLength: 0 };
/** Stands for the endpoint of a network that the container is not connected to. */
const NO_ENDPOINT: Pick<Endpoint, 'endpointId' | 'networkId' | 'macAddress' | 'addresses'> = {
  endpointId: '',
  networkId: '',
  macAddress: '',
  addresses: [],
};

function describeAddresses(endpoint: Pick<Endpoint, 'addresses'>) {
  const ipv4 = addressOf(endpoint, 4) ?? NO_ADDRESS;
  const ipv6 = addressOf(endpoint, 6) ?? NO_ADDRESS;
  return {
    Gateway: ipv4.gateway,
    IPAddress: ipv4.address,
    IPPrefixLen: ipv4.prefixLength,
    IPv6Gateway: ipv6.gateway,
    GlobalIPv6Address: ipv6.address,
    GlobalIPv6PrefixLen: ipv6.prefixLength,
  };
}

/** Published ports with where, exposed ones with null; while it runs. */
function describePorts(container: Container): api.PortMap {
  const hosts = portHosts(container);
  return Object.fromEntries(hosts);
}

/** The PORTS column of `docker ps`. */
export function listPorts(container: Container): api.Port[] {
  const ports: api.Port[] = [];
  for (const [port, hosts] of portHosts(container)) {
    const slash = port.indexOf('/');
    const PrivatePort = Number(slash < 0 ? port : port.slice(0, slash));
    const Type = slash < 0 ? 'tcp' : port.slice(slash + 1);
    if (hosts === null) ports.push({ PrivatePort, Type });
    for (const { HostIp, HostPort } of hosts ?? [])
      ports.push({ IP: HostIp, PrivatePort, Type, ...(HostPort ? { PublicPort: Number(HostPort) } : {}) });
  }
  return ports;
}

type Hosts = { HostIp?: string; HostPort?: string }[];

function portHosts({ record, state, isRunning }: Container): Map<string, Hosts | null> {
  const ports = new Map<string, Hosts | null>();
  if (!isRunning || !state.endpoints.some(hasInterface)) return ports;
  for (const port of Object.keys(record.config.ExposedPorts)) ports.set(port, null);
  for (const { endpoint } of state.endpoints) {
    for (const { containerPort, protocol, hostIp, hostPort } of endpoint.ports) {
      const key = `${containerPort}/${protocol}`;
      const hosts = ports.get(key) ?? [];
      // Where nothing is translated there is no port of the host.
      hosts.push({ HostIp: hostIp, HostPort: hostPort === 0 ? '' : String(hostPort) });
      ports.set(key, hosts);
    }
  }
  return ports;
}
