import { isIP } from 'node:net';
import { isLoopback, isWithin, networksOf, splitHost } from './match-host.ts';
import type { Proxies } from './registry-options.ts';

/** The proxy that leads to an address, as Go's net/http chooses it; undefined for none. */
export function proxyFor(url: URL, proxies: Proxies): string | undefined {
  const proxy = url.protocol === 'https:' ? proxies.https : proxies.http;
  if (proxy === '' || isLoopback(url.host) || isExempt(url, proxies.none)) return undefined;
  return proxy.includes('://') ? proxy : `http://${proxy}`;
}

/** NO_PROXY: `*`, names with all below them (`.name`: only those), addresses, networks; each with a port or without. */
function isExempt(url: URL, none: string): boolean {
  const { name, port } = splitHost(url.host);
  const ownPort = port || (url.protocol === 'https:' ? '443' : '80');
  return none.split(',').some(text => {
    const entry = text.trim().toLowerCase();
    if (entry === '' || entry === '*') return entry === '*';
    if (entry.includes('/')) return isInNetwork(name, entry);
    const exempt = isIP(entry) === 6 ? { name: entry, port: '' } : splitHost(entry);
    if (exempt.port !== '' && exempt.port !== ownPort) return false;
    const suffix = exempt.name.replace(/^\*?\./, '');
    return (name === suffix && suffix === exempt.name) || (isIP(name) === 0 && name.endsWith(`.${suffix}`));
  });
}

function isInNetwork(name: string, entry: string): boolean {
  const networks = networksOf([entry]);
  return networks !== undefined && isIP(name) !== 0 && isWithin(networks, name);
}
