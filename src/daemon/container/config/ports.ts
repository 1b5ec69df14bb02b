import { isIP } from 'node:net';
import type { CompletedConfig } from '../../model/config.ts';
import type { CompletedHostConfig } from '../../model/host-config.ts';
import type { EngineError } from '../../../base/errors.ts';
import type { PortBinding, Protocol } from '../../../networkdriver/driver.ts';
import { invalid } from '../../model/errors.ts';

const PORT = /^(\d{1,5})(?:-(\d{1,5}))?(?:\/([^/]*))?(?:\/.*)?$/s;

type Port = { number: number; end: number; protocol: string };
type UsablePort = Port & { protocol: Protocol };

/**
 * `80`, `80/tcp`, `8000-8010/udp`.
 * @throws EngineError invalid-parameter, in Docker's words
 */
export function parsePort(text: string): Port {
  const port = readPort(text);
  if (port === undefined) throw invalidPort(text);
  return port;
}

function invalidPort(text: string): EngineError {
  return invalid(`invalid port specification: "${text.split('/', 1)[0]}"`);
}

function readPort(text: string): Port | undefined {
  const match = PORT.exec(text);
  if (!match) return undefined;
  const [, first, last = first, protocol = 'tcp'] = match;
  const [number, end] = [Number(first), Number(last)];
  if (end < number || end > 65535) return undefined;
  return { number, end, protocol: protocol.toLowerCase() };
}

/** Checks a request's exposed and published ports. @throws EngineError invalid-parameter */
export function checkPorts(
  exposed: CompletedConfig['ExposedPorts'],
  bindings: CompletedHostConfig['PortBindings'],
): void {
  for (const port of Object.keys(exposed)) parsePort(port);
  checkCount(Object.values(bindings).reduce((sum, hosts) => sum + Math.max(1, hosts.length), 0));
  for (const [port, hosts] of Object.entries(bindings)) {
    const { number, end, protocol } = parsePort(port);
    if (end > number) throw invalidPort(port);
    if (!isProtocol(protocol)) throw invalid(`invalid proto: ${protocol}`);
    for (const { HostIp, HostPort } of hosts) {
      if (HostIp && isIP(HostIp) === 0) throw invalid(`invalid IP address: ${HostIp}`);
      if (HostPort) parsePort(HostPort);
    }
  }
}

/** Adds what `-p` publishes to the exposed ports, as Docker does. */
export function exposedPorts(
  exposed: CompletedConfig['ExposedPorts'],
  bindings: CompletedHostConfig['PortBindings'],
): Record<string, object> {
  const own = Object.keys(exposed);
  const published = Object.keys(bindings);
  const all = [...own, ...published].map(portKey);
  // That many are put into no order, and not copied when nothing is added.
  if (own.length > MANY && published.length === 0 && all.every((port, index) => port === own[index]))
    return exposed;
  return Object.fromEntries([...new Set(all)].sort().map(port => [port, {}]));
}

const MANY = 1000;

/** `80` reads `80/tcp`. */
function portKey(port: string): string {
  return port.includes('/') ? port : `${port}/tcp`;
}

/** Each is a socket of its container's shim. Servers of media streams are given all 16,384 dynamic ones. */
const MAX_PUBLISHED = 20_480;

/**
 * What the network driver is to publish: each published port, and every exposed one with `-P`.
 * @throws EngineError invalid-parameter for more than are of use
 */
export function portBindings(
  config: Pick<CompletedConfig, 'ExposedPorts'>,
  hostConfig: Pick<CompletedHostConfig, 'PortBindings' | 'PublishAllPorts'>,
): PortBinding[] {
  const published = Object.entries(hostConfig.PortBindings).flatMap(([port, hosts]) =>
    (hosts.length === 0 ? [ANYWHERE] : hosts).map(host => publish(port, host)),
  );
  const exposed = hostConfig.PublishAllPorts ? [...usablePorts(config.ExposedPorts)] : [];
  checkCount(exposed.reduce((sum, { number, end }) => sum + end - number + 1, 0));
  const taken = new Set(published.map(({ containerPort, protocol }) => `${containerPort}/${protocol}`));
  const rest = exposed.flatMap(({ number, end, protocol }) =>
    Array.from({ length: end - number + 1 }, (_, index) => `${number + index}/${protocol}`),
  );
  const all = [...published, ...rest.filter(port => !taken.has(port)).map(port => publish(port, ANYWHERE))];
  checkCount(all.length);
  return all;
}

function checkCount(count: number): void {
  if (count > MAX_PUBLISHED)
    throw invalid(`cannot publish ${count} ports: at most ${MAX_PUBLISHED} are published`);
}

/** The exposed ports that can be reached. An image may name any text as a port, and all ports that there are. */
export function* usablePorts(exposed: CompletedConfig['ExposedPorts']): Generator<UsablePort> {
  for (const text of Object.keys(exposed)) {
    const port = readPort(text);
    if (port !== undefined && isUsable(port)) yield port;
  }
}

function isUsable(port: Port): port is UsablePort {
  return isProtocol(port.protocol);
}

function isProtocol(text: string): text is Protocol {
  return text === 'tcp' || text === 'udp' || text === 'sctp';
}

const ANYWHERE = { HostIp: '', HostPort: '' };

function publish(port: string, host: { HostIp: string; HostPort: string }): PortBinding {
  const { number, protocol } = parsePort(port);
  const { number: hostPort, end } = host.HostPort ? parsePort(host.HostPort) : { number: 0, end: 0 };
  return {
    protocol: isProtocol(protocol) ? protocol : 'tcp',
    containerPort: number,
    hostIp: host.HostIp,
    hostPort,
    ...(end > hostPort ? { hostPortEnd: end } : {}),
  };
}
