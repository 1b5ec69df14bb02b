import { readFileSync } from 'node:fs';
import { errorCode } from '../../base/errors.ts';

export type DnsOptions = { servers: string[]; search: string[]; options: string[] };

/** Where systemd-resolved keeps the servers that its own stub, on loopback, asks. */
const UPSTREAM_FILE = '/run/systemd/resolve/resolv.conf';
const FALLBACK_SERVERS = ['8.8.8.8', '8.8.4.4'];
const LOOPBACK = /^(127\.|::1$)/;

/** The host's resolv.conf, or that of systemd-resolved's upstream. '' when there is none. */
export function hostResolvConf(): string {
  const content = readIfPresent('/etc/resolv.conf');
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
  // `--dns-search .` asks for no search domain at all.
  const search = (wanted.search.length > 0 ? wanted.search : own.search).filter(domain => domain !== '.');
  const options = wanted.options.length > 0 ? wanted.options : own.options;
  const lines = (servers.length > 0 ? servers : FALLBACK_SERVERS).map(server => `nameserver ${server}`);
  if (search.length > 0) lines.push(`search ${search.join(' ')}`);
  if (options.length > 0) lines.push(`options ${options.join(' ')}`);
  return `${lines.join('\n')}\n`;
}

function parseResolvConf(content: string): DnsOptions {
  const result: DnsOptions = { servers: [], search: [], options: [] };
  for (const line of content.split('\n')) {
    const [keyword, ...values] = line
      .replace(/[#;].*$/, '')
      .trim()
      .split(/\s+/);
    if (keyword === 'nameserver') result.servers.push(...values.slice(0, 1));
    // The last of these lines counts.
    else if (keyword === 'search' || keyword === 'domain') result.search = values;
    else if (keyword === 'options') result.options.push(...values);
  }
  return result;
}

function readIfPresent(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return '';
    throw error;
  }
}
