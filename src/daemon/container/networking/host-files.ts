import { captures } from '../../../base/captures.ts';
import { readFileSync } from 'node:fs';
import { messageOf } from '../../../base/errors.ts';
import { parseResolvConf } from '../../../networkdriver/dns/resolv-conf.ts';
import type { Container } from '../../model/container.ts';
import type { ContainerRecord } from '../../model/container-record.ts';
import type { Daemon } from '../daemon.ts';
import { hostFilePath } from '../../model/daemon-options.ts';
import { type LinkedContainer, linkedContainers, linkedHosts, linkingContainers, linksTo } from './links.ts';
import type { Connection } from '../../network/networks.ts';
import { invalid } from '../../model/errors.ts';
import { changeHostFile, writeHostFile } from './host-file.ts';
import { hostFile, hostResolvConf, reachableServers, resolvConf, serviceResolvConf } from './resolv-conf.ts';

const HOSTS = `127.0.0.1\tlocalhost
::1\tlocalhost ip6-localhost ip6-loopback
fe00::\tip6-localnet
ff00::\tip6-mcastprefix
ff02::1\tip6-allnodes
ff02::2\tip6-allrouters
`;

/**
 * Writes the container's /etc/hostname, /etc/hosts and /etc/resolv.conf. A container that shares another's
 * network uses that one's files (see networkOwner).
 */
export function writeHostFiles(daemon: Daemon, container: Container): void {
  const { id, config, hostConfig } = container.record;
  const { kind } = hostConfig.NetworkMode;
  if (kind === 'container') return;
  const write = (name: 'hostname' | 'hosts' | 'resolv.conf', content: string): void =>
    writeHostFile(hostFilePath(daemon.options, id, name), content);
  write('hostname', `${config.Hostname}\n`);
  // What the request adds comes, as with Docker, in place of the host's own.
  const isHosts = kind === 'host' && hostConfig.ExtraHosts.length === 0;
  write('hosts', isHosts ? readFileSync('/etc/hosts', 'utf8') : hostsFile(daemon, container));
  writeResolvConf(daemon, container);
}

/** @throws a file error, EAGAIN while the container has a lease on it */
export function writeResolvConf({ options, names }: Daemon, container: Container): void {
  const { hostConfig, id } = container.record;
  const path = hostFilePath(options, id, 'resolv.conf');
  const wanted = {
    servers: orDefault(hostConfig.Dns, options.dns),
    search: orDefault(hostConfig.DnsSearch, options.dnsSearch),
    options: orDefault(hostConfig.DnsOptions, options.dnsOptions),
  };
  const isUntouched = Object.values(wanted).every(list => list.length === 0);
  const host = hostResolvConf();
  if (names.isOpen(container)) writeHostFile(path, serviceResolvConf(hostFile(), wanted));
  else if (hostConfig.NetworkMode.kind !== 'host') writeHostFile(path, resolvConf(host, wanted));
  else writeHostFile(path, isUntouched ? host : resolvConf(host, wanted, parseResolvConf(host).servers));
}

/** Whether a container of the default network needs the engine's name server: it names none, and reaches none of the host's. */
export function lacksServers({ options }: Daemon, { hostConfig }: ContainerRecord): boolean {
  return (
    orDefault(hostConfig.Dns, options.dns).length === 0 && reachableServers(hostResolvConf()).length === 0
  );
}

/** A container that has started may have a new address: those linked to it learn of it. Never throws. */
export function updateLinkedHosts(daemon: Daemon, container: Container): void {
  for (const linking of linkingContainers(daemon, container)) {
    const linked = linkedHosts(linksTo(container, linking));
    changeHosts(daemon, linking.id, content => linked.reduce(replaceHost, content));
  }
}

/** Removes the hosts of links that a running container no longer has. Never throws. */
export function removeLinkedHosts(
  daemon: Daemon,
  { id }: Container,
  linked: readonly LinkedContainer[],
): void {
  removeLines(daemon, id, linkedHosts(linked));
}

/** Puts a line in the place of the one with the same names. What else is in the file stays as it is. */
function replaceHost(content: string, line: string): string {
  const names = line.slice(line.indexOf('\t'));
  return content
    .split(/(?<=\n)/)
    .map(old => (old.endsWith(names) ? line : old))
    .join('');
}

function orDefault(own: string[], fallback: string[]): string[] {
  return own.length > 0 ? own : fallback;
}

function hostsFile(daemon: Daemon, container: Container): string {
  const { record, state } = container;
  const extra = record.hostConfig.ExtraHosts.map(entry => extraHost(daemon, entry));
  const own = state.endpoints.flatMap(connection => ownHosts(container, connection));
  const linked = linkedHosts(linkedContainers(daemon, container));
  return [HOSTS, ...extra, ...linked, ...own].join('');
}

/** Lines of /etc/hosts: the container's own name at each address that it has by a connection. */
function ownHosts({ record }: Container, { endpoint }: Connection): string[] {
  const { Hostname: hostname, Domainname: domain } = record.config;
  // A qualified name is followed by its first part.
  const qualified = domain === '' ? hostname : `${hostname}.${domain}`;
  const [short = ''] = qualified.split('.', 1);
  const names = short === qualified ? qualified : `${qualified} ${short}`;
  return endpoint.addresses.map(({ address }) => `${address}\t${names}\n`);
}

/** Adds a running container's own name on a network that it was connected to. Never throws. */
export function addOwnHosts(daemon: Daemon, container: Container, connection: Connection): void {
  const lines = ownHosts(container, connection).join('');
  changeHosts(daemon, container.id, content => content + lines);
}

/** Removes a running container's own name on a network that it was disconnected from. Never throws. */
export function removeOwnHosts(daemon: Daemon, container: Container, connection: Connection): void {
  removeLines(daemon, container.id, ownHosts(container, connection));
}

function removeLines(daemon: Daemon, id: string, lines: readonly string[]): void {
  const gone = new Set(lines);
  changeHosts(daemon, id, content =>
    content
      .split(/(?<=\n)/)
      .filter(line => !gone.has(line))
      .join(''),
  );
}

function changeHosts(daemon: Daemon, id: string, change: (content: string) => string): void {
  try {
    changeHostFile(hostFilePath(daemon.options, id, 'hosts'), change);
  } catch (error) {
    // The container sees to its own file.
    daemon.log.warn({ container: id, error: messageOf(error) }, 'updating /etc/hosts');
  }
}

/** `name:address`, `name=address`; the address may be `host-gateway`. */
function extraHost({ networks, options }: Daemon, entry: string): string {
  const [, name = '', given = ''] = captures(/^([^:=]+)[:=](.+)$/, entry);
  const address =
    given === 'host-gateway'
      ? options.hostGatewayIp || networks.lookup('bridge')?.pools[0]?.gateway
      : given.replace(/^\[(.*)\]$/, '$1');
  if (address === undefined) throw invalid('unable to derive the IP value for host-gateway');
  return `${address}\t${name}\n`;
}
