import type * as api from '../../../api/types.ts';
import { ZERO_TIME } from '../../model/clock.ts';
import type { Daemon } from '../daemon.ts';
import { addressOf, type Endpoint } from '../../../networkdriver/driver.ts';
import { describeEndpointConfig } from '../../model/endpoint-config.ts';
import { dnsNames, settingsOf } from '../../network/endpoint-settings.ts';
import { hasInterface } from '../../network/networks.ts';
import { isUserDefined } from '../../model/network-record.ts';
import type { Container } from '../../model/container.ts';

/** NetworkSettings of `inspect`. */
export function describeNetworks(daemon: Daemon, container: Container): api.NetworkSettings {
  const { state } = container;
  const networks = describeEndpoints(daemon, container);
  const [first = { endpoint: NO_ENDPOINT }] = state.endpoints;
  // Beside the list of networks, only the default one is shown.
  const { endpoint: main } = state.endpoints.find(({ network }) => network === 'bridge') ?? {
    endpoint: NO_ENDPOINT,
  };
  return {
    Bridge: '',
    SandboxID: first.endpoint.endpointId,
    SandboxKey: state.pid > 0 && first.endpoint !== NO_ENDPOINT ? `/proc/${state.pid}/ns/net` : '',
    Ports: describePorts(container),
    HairpinMode: false,
    LinkLocalIPv6Address: '',
    LinkLocalIPv6PrefixLen: 0,
    SecondaryIPAddresses: null,
    SecondaryIPv6Addresses: null,
    EndpointID: main.endpointId,
    ...describeAddresses(main.addresses),
    MacAddress: main.macAddress,
    Networks: networks,
  };
}

/** By network name: what was asked for, and what is. */
export function describeEndpoints(
  daemon: Daemon,
  container: Container,
): Record<string, api.EndpointSettings> {
  const { record, state } = container;
  const wasConnected = state.startedAt !== ZERO_TIME;
  return Object.fromEntries(
    // As Go orders maps.
    Object.entries(record.networks)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([network, wanted]) => {
        const { endpointId, networkId, macAddress, addresses } = endpointOn(daemon, container, network);
        const settings: api.EndpointSettings = {
          ...describeEndpointConfig(wanted),
          MacAddress: macAddress,
          NetworkID: networkId,
          EndpointID: endpointId,
          ...describeAddresses(addresses),
          DNSNames: wasConnected && isUserDefined(network) ? dnsNames(container, wanted) : null,
        };
        return [network, settings];
      }),
  );
}

type ShownEndpoint = Pick<Endpoint, 'endpointId' | 'networkId' | 'macAddress' | 'addresses'>;

/** Stands for the endpoint of a network that the container is not connected to. */
const NO_ENDPOINT: ShownEndpoint = { endpointId: '', networkId: '', macAddress: '', addresses: [] };

/** Before the first connection what was asked for is shown, afterwards what is, or was. */
function endpointOn({ networks }: Daemon, { record, state }: Container, network: string): ShownEndpoint {
  const connection = state.endpoints.find(one => one.network === network);
  if (connection !== undefined) return connection.endpoint;
  if (state.startedAt === ZERO_TIME)
    return { ...NO_ENDPOINT, macAddress: settingsOf(record, network).MacAddress };
  const id = networks.lookup(network)?.id;
  return id === undefined ? NO_ENDPOINT : { ...NO_ENDPOINT, networkId: id };
}

const NO_ADDRESS = { gateway: '', address: '', prefixLength: 0 };

function describeAddresses(addresses: Endpoint['addresses']) {
  const ipv4 = addressOf({ addresses }, 4) ?? NO_ADDRESS;
  const ipv6 = addressOf({ addresses }, 6) ?? NO_ADDRESS;
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
  const described: api.PortMap = {};
  for (const [port, hosts] of portHosts(container)) described[port] = hosts;
  return described;
}

/** The PORTS column of `docker ps`. */
export function listPorts(container: Container): api.Port[] {
  const ports: api.Port[] = [];
  for (const [port, hosts] of portHosts(container)) {
    const slash = port.indexOf('/');
    const PrivatePort = Number(slash < 0 ? port : port.slice(0, slash));
    const Type = slash < 0 ? 'tcp' : port.slice(slash + 1);
    if (hosts === null) ports.push({ PrivatePort, Type });
    else
      for (const { HostIp, HostPort } of hosts)
        ports.push({ IP: HostIp, PrivatePort, Type, ...(HostPort ? { PublicPort: Number(HostPort) } : {}) });
  }
  return ports;
}

type Hosts = { HostIp: string; HostPort: string }[];

/** Where each port of a running container is published: null for one that is exposed only, of which there may be thousands. */
function* portHosts({ record, state, isRunning }: Container): Generator<[port: string, hosts: Hosts | null]> {
  if (!isRunning || !state.endpoints.some(hasInterface)) return;
  const published = publishedHosts(state);
  for (const port of Object.keys(record.config.ExposedPorts)) {
    yield [port, published.get(port) ?? null];
    published.delete(port);
  }
  yield* published;
}

function publishedHosts({ endpoints }: Pick<Container['state'], 'endpoints'>): Map<string, Hosts> {
  const ports = new Map<string, Hosts>();
  for (const { endpoint } of endpoints) {
    for (const { containerPort, protocol, hostIp, hostPort } of endpoint.ports) {
      const key = `${containerPort}/${protocol}`;
      // Where nothing is translated there is no port of the host.
      const host = { HostIp: hostIp, HostPort: hostPort === 0 ? '' : String(hostPort) };
      const hosts = ports.get(key);
      // Not copied: one port may be published at thousands.
      if (hosts === undefined) ports.set(key, [host]);
      else hosts.push(host);
    }
  }
  return ports;
}
