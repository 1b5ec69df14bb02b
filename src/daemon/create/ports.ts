import { isIP } from 'node:net';
import type { ContainerConfig, HostConfig, PortMap } from '../../api/types.ts';
import type { PortBinding } from '../../networkdriver/driver.ts';
import { invalid } from '../errors.ts';

type Port = { number: number; end: number; protocol: string };

/**
 * `80`, `80/tcp`, `8000-8010/udp`.
 * @throws EngineError invalid-parameter, in Docker's words
 */
export function parsePort(text: string): Port {
  const port = readPort(text);
  if (port === undefined) throw invalid(`invalid port specification: "${text.split('/', 1)[0]}"`);
  return port;
}

function readPort(text: string): Port | undefined {
  const [range = '', protocol = 'tcp'] = text.split('/');
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(range);
  const number = Number(match?.[1]);
  const end = Number(match?.[2] ?? match?.[1]);
  if (!match || end < number || end > 65535) return undefined;
  return { number, end, protocol: protocol.toLowerCase() };
}

/** Checks a request's exposed and published ports. @throws EngineError invalid-parameter */
export function checkPorts(
  exposed: ContainerConfig['ExposedPorts'],
  bindings: PortMap | null | undefined,
): void {
  for (const port of Object.keys(exposed ?? {})) parsePort(port);
  for (const [port, hosts] of Object.entries(bindings ?? {})) {
    const { protocol } = parsePort(port);
    if (!['tcp', 'udp', 'sctp'].includes(protocol)) throw invalid(`invalid proto: ${protocol}`);
    if (protocol === 'sctp') throw invalid(`publishing SCTP ports is not supported: ${port}`);
    for (const { HostIp, HostPort } of hosts ?? []) {
      if (HostIp) checkHostAddress(HostIp);
      if (HostPort) parsePort(HostPort);
    }
  }
}

/** Containers have IPv4 addresses only, and the kernel translates no IPv6 address to one. */
function checkHostAddress(address: string): void {
  const version = isIP(address);
  if (version === 0) throw invalid(`invalid IP address: ${address}`);
  if (version === 6) throw invalid(`publishing ports on IPv6 addresses is not supported: ${address}`);
}

/** Adds what `-p` publishes to the exposed ports, as Docker does. */
export function exposedPorts(
  exposed: ContainerConfig['ExposedPorts'],
  bindings: PortMap | null | undefined,
): Record<string, object> {
  const published = Object.fromEntries(Object.keys(bindings ?? {}).map(port => [portKey(port), {}]));
  const all = Object.fromEntries(
    Object.entries(exposed ?? {}).map(([port, value]) => [portKey(port), value]),
  );
  return Object.fromEntries(Object.entries({ ...all, ...published }).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** `80` reads `80/tcp`. */
function portKey(port: string): string {
  return port.includes('/') ? port : `${port}/tcp`;
}

/** What the network driver is to publish: each published port, and every exposed one with `-P`. */
export function portBindings(config: ContainerConfig, hostConfig: HostConfig): PortBinding[] {
  const published = Object.entries(hostConfig.PortBindings ?? {}).flatMap(([port, hosts]) =>
    (hosts === null || hosts.length === 0 ? [{}] : hosts).map(host => publish(port, host)),
  );
  if (!hostConfig.PublishAllPorts) return published;
  const taken = new Set(published.map(({ containerPort, protocol }) => `${containerPort}/${protocol}`));
  const rest = usablePorts(config.ExposedPorts).flatMap(({ number, end, protocol }) =>
    Array.from({ length: end - number + 1 }, (_, index) => `${number + index}/${protocol}`),
  );
  return [...published, ...rest.filter(port => !taken.has(port)).map(port => publish(port, {}))];
}

/** Of the exposed ports, which an image may have made of any text, those that can be reached. */
export function usablePorts(exposed: ContainerConfig['ExposedPorts']): Port[] {
  return Object.keys(exposed ?? {})
    .map(readPort)
    .filter(port => port !== undefined)
    .filter(({ protocol }) => protocol === 'tcp' || protocol === 'udp');
}

function publish(port: string, host: { HostIp?: string; HostPort?: string }): PortBinding {
  const { number, protocol } = parsePort(port);
  const { number: hostPort, end } = host.HostPort ? parsePort(host.HostPort) : { number: 0, end: 0 };
  return {
    protocol: protocol === 'udp' ? 'udp' : 'tcp',
    containerPort: number,
    hostIp: host.HostIp ?? '',
    hostPort,
    ...(end > hostPort ? { hostPortEnd: end } : {}),
  };
}
