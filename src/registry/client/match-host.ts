import { lookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';

/** `host[:port]` in its parts; an IPv6 address without its brackets. */
export function splitHost(host: string): { name: string; port: string } {
  const match = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d+))?$/.exec(host);
  return { name: (match?.[1] ?? match?.[2] ?? host).toLowerCase(), port: match?.[3] ?? '' };
}

/** 127.0.0.0/8, ::1, `localhost` and names below it. */
export function isLoopback(host: string): boolean {
  const { name } = splitHost(host);
  return name === '::1' || /^127\.\d+\.\d+\.\d+$/.test(name) || /^(?:.*\.)?localhost$/.test(name);
}

/** Whether one of the entries names the host: with its port, without, or as a network that it lies in. */
export async function isInsecure(host: string, entries: readonly string[]): Promise<boolean> {
  if (isLoopback(host)) return true;
  const { name } = splitHost(host);
  if (entries.some(entry => entry === host || entry === name)) return true;
  const networks = networksOf(entries);
  if (networks === undefined) return false;
  return (await addressesOf(name)).some(address => isWithin(networks, address));
}

/** Undefined where none of the entries is one. */
export function networksOf(entries: readonly string[]): BlockList | undefined {
  const networks = new BlockList();
  for (const entry of entries) {
    const [address = '', bits = ''] = entry.split('/');
    const family = isIP(address);
    if (family === 0 || !/^\d{1,3}$/.test(bits) || Number(bits) > (family === 4 ? 32 : 128)) continue;
    networks.addSubnet(address, Number(bits), family === 4 ? 'ipv4' : 'ipv6');
  }
  return networks.rules.length === 0 ? undefined : networks;
}

export function isWithin(networks: BlockList, address: string): boolean {
  return networks.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}

async function addressesOf(name: string): Promise<string[]> {
  if (isIP(name) !== 0) return [name];
  // What cannot be found cannot be reached either, and that is said then.
  return (await lookup(name, { all: true }).catch(() => [])).map(({ address }) => address);
}
