import type * as api from '../../api/types.ts';
import { ZERO_TIME } from '../clock.ts';
import type { Daemon } from '../daemon.ts';
import type { Endpoint } from '../../networkdriver/driver.ts';
import type { Container } from '../containers/container.ts';

/** NetworkSettings of `inspect`. */
export function describeNetworks(daemon: Daemon, container: Container): api.NetworkSettings {
  const { state } = container;
  const networks = describeEndpoints(daemon, container);
  const first = state.endpoints[0]?.endpoint;
  // Beside the list of networks, only the default one is shown.
  const main = state.endpoints.find(({ network }) => network === 'bridge')?.endpoint;
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
    EndpointID: main?.endpointId ?? '',
    Gateway: main?.gateway ?? '',
    GlobalIPv6Address: '',
    GlobalIPv6PrefixLen: 0,
    IPAddress: main?.ipv4Address ?? '',
    IPPrefixLen: main?.prefixLength ?? 0,
    IPv6Gateway: '',
    MacAddress: main?.macAddress ?? '',
    Networks: networks,
  };
}

/** By network name: what was asked for, and what is. */
export function describeEndpoints(
  { networks }: Daemon,
  { record, state }: Container,
): Record<string, api.EndpointSettings> {
  const endpoints = new Map(state.endpoints.map(({ network, endpoint }) => [network, endpoint]));
  return Object.fromEntries(
    Object.entries(record.networks).map(([network, wanted]) => [
      network,
      describeEndpoint(wanted, endpoints.get(network), {
        wasConnected: state.startedAt !== ZERO_TIME,
        networkId: networks.all().find(({ name }) => name === network)?.id ?? '',
      }),
    ]),
  );
}

function describeEndpoint(
  wanted: api.EndpointSettings,
  endpoint: Endpoint | undefined,
  { wasConnected, networkId }: { wasConnected: boolean; networkId: string },
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
    Gateway: endpoint?.gateway ?? '',
    IPAddress: endpoint?.ipv4Address ?? '',
    IPPrefixLen: endpoint?.prefixLength ?? 0,
    IPv6Gateway: '',
    GlobalIPv6Address: '',
    GlobalIPv6PrefixLen: 0,
    DNSNames: null,
  };
}

/** Published ports with where, exposed ones with null; while it runs. */
function describePorts({ record, state, isRunning }: Container): api.PortMap {
  if (!isRunning || state.endpoints.length === 0) return {};
  const ports: api.PortMap = Object.fromEntries(
    Object.keys(record.config.ExposedPorts ?? {}).map(port => [port, null]),
  );
  for (const { endpoint } of state.endpoints) {
    for (const { containerPort, protocol, hostIp, hostPort } of endpoint.ports) {
      const key = `${containerPort}/${protocol}`;
      ports[key] = [...(ports[key] ?? []), { HostIp: hostIp, HostPort: String(hostPort) }];
    }
  }
  return ports;
}

/** The PORTS column of `docker ps`. */
export function listPorts(container: Container): api.Port[] {
  return Object.entries(describePorts(container)).flatMap(([port, hosts]): api.Port[] => {
    const [number, type = 'tcp'] = port.split('/');
    const plain = { PrivatePort: Number(number), Type: type };
    if (hosts === null) return [plain];
    return hosts.map(({ HostIp, HostPort }) => ({ IP: HostIp, ...plain, PublicPort: Number(HostPort) }));
  });
}
