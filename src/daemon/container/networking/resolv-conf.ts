import { readFileSync } from 'node:fs';
import { errorCode } from '../../../base/errors.ts';
import { type DnsOptions, parseResolvConf } from '../../../networkdriver/dns/resolv-conf.ts';
import { SERVICE_ADDRESS } from '../../../networkdriver/dns/service-sockets.ts';

/** Where systemd-resolved keeps the servers that its own stub, on loopback, asks. */
const UPSTREAM_FILE = '/run/systemd/resolve/resolv.conf';
const FALLBACK_SERVERS = ['8.8.8.8', '8.8.4.4'];
const LOOPBACK = /^(127\.|::1$)/;

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

/**
 * A container's resolv.conf (resolv.conf(5)): what it asked for, and the host's settings for the rest. Servers on
 * the host's loopback cannot be reached from a namespace of its own; without any other, public ones take their
 * place, as in Docker.
 */
export function resolvConf(host: string, wanted: DnsOptions): string {
  const own = parseResolvConf(host);
  const reachable = own.servers.filter(server => !LOOPBACK.test(server));
  const servers = wanted.servers.length > 0 ? wanted.servers : reachable;
  return format({
    servers: servers.length > 0 ? servers : FALLBACK_SERVERS,
    search: wanted.search.length > 0 ? wanted.search : own.search,
    options: wanted.options.length > 0 ? wanted.options : own.options,
  });
}

/**
 * That of a container on user-defined networks: it asks the engine's own server, which asks those that are wanted.
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
