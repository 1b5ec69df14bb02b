import { readFileSync } from 'node:fs';
import { errorCode } from '../../../base/errors.ts';
import { type DnsOptions, parseResolvConf } from '../../../networkdriver/dns/resolv-conf.ts';
import { SERVICE_ADDRESS } from '../../../networkdriver/dns/service-sockets.ts';

/** Where systemd-resolved keeps the servers that its own stub, on loopback, asks. */
const UPSTREAM_FILE = '/run/systemd/resolve/resolv.conf';
/** On loopback, or at a link of the host's (RFC 4007, section 11). */
const OF_THE_HOST_ALONE = /^(127\.|::1$)|%/;

/** The host's resolv.conf. '' when there is none. */
export function hostFile(): string {
  return readIfPresent('/etc/resolv.conf');
}

/** The host's resolv.conf, or that of systemd-resolved's upstream. '' when there is none. */
export function hostResolvConf(): string {
  const content = hostFile();
  const { servers } = parseResolvConf(content);
  return servers.length === 1 && servers[0] === '127.0.0.53' ? readIfPresent(UPSTREAM_FILE) : content;
}

/** Those of the host's name servers that a container can reach from its own network namespace. */
export function reachableServers(host: string): string[] {
  return parseResolvConf(host).servers.filter(server => !OF_THE_HOST_ALONE.test(server));
}

/**
 * A container's resolv.conf (resolv.conf(5)): what it asked for, and the host's settings for the rest. No other servers
 * than the host's are ever named.
 * @param servers of the host's, those that it reaches
 */
export function resolvConf(host: string, wanted: DnsOptions, servers = reachableServers(host)): string {
  const own = parseResolvConf(host);
  return format({
    servers: wanted.servers.length > 0 ? wanted.servers : servers,
    search: wanted.search.length > 0 ? wanted.search : own.search,
    options: wanted.options.length > 0 ? wanted.options : own.options,
  });
}

/**
 * That of a container on user-defined networks, or that reaches no server of the host's: it asks the engine's own server, which asks those that are wanted.
 * Names without a dot are asked for as they are, before a search domain is added: they may be other containers'.
 */
export function serviceResolvConf(host: string, wanted: DnsOptions): string {
  const own = parseResolvConf(host);
  const options = wanted.options.length > 0 ? wanted.options : own.options;
  const isOwnNdots = wanted.options.some(isNdots);
  return format({
    servers: [SERVICE_ADDRESS],
    search: wanted.search.length > 0 ? wanted.search : own.search,
    options: isOwnNdots ? options : [...options.filter(option => !isNdots(option)), 'ndots:0'],
  });
}

function isNdots(option: string): boolean {
  return option.startsWith('ndots:');
}

function format({ servers, search, options }: DnsOptions): string {
  const lines = servers.map(server => `nameserver ${server}`);
  // `--dns-search .` asks for no search domain at all.
  const domains = search.filter(domain => domain !== '.');
  if (domains.length > 0) lines.push(`search ${domains.join(' ')}`);
  if (options.length > 0) lines.push(`options ${options.join(' ')}`);
  return `${lines.join('\n')}\n`;
}

function readIfPresent(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return '';
    throw error;
  }
}
