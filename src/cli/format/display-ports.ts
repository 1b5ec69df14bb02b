import { isIPv6 } from 'node:net';
import type { Port } from '../../api/types.ts';

type Group = { first: number; last: number };

/** `0.0.0.0:8080->80/tcp, 9000-9002/tcp`: consecutive ports in one range. */
export function displayPorts(ports: readonly Port[]): string {
  const groups = new Map<string, Group>();
  const ranges: string[] = [];
  const mappings: string[] = [];
  for (const port of [...ports].sort(comparePorts)) {
    const { IP, PrivatePort, PublicPort, Type } = port;
    if (IP && PublicPort !== PrivatePort) {
      mappings.push(`${hostAndPort(IP, String(PublicPort ?? 0))}->${PrivatePort}/${Type}`);
      continue;
    }
    const key = IP ? `${IP}/${Type}` : Type;
    const group = groups.get(key);
    if (group !== undefined && PrivatePort === group.last + 1) group.last = PrivatePort;
    else {
      if (group !== undefined) ranges.push(showGroup(key, group));
      groups.set(key, { first: PrivatePort, last: PrivatePort });
    }
  }
  return [...ranges, ...[...groups].map(([key, group]) => showGroup(key, group)), ...mappings].join(', ');
}

export function hostAndPort(address: string, port: string): string {
  return isIPv6(address) ? `[${address}]:${port}` : `${address}:${port}`;
}

function showGroup(key: string, { first, last }: Group): string {
  const range = first === last ? String(first) : `${first}-${last}`;
  const [address, type] = key.includes('/') ? key.split('/') : [undefined, key];
  return `${address === undefined ? range : `${hostAndPort(address, range)}->${range}`}/${type}`;
}

function comparePorts(a: Port, b: Port): number {
  if (a.PrivatePort !== b.PrivatePort) return a.PrivatePort - b.PrivatePort;
  if ((a.IP ?? '') !== (b.IP ?? '')) return (a.IP ?? '') < (b.IP ?? '') ? -1 : 1;
  if ((a.PublicPort ?? 0) !== (b.PublicPort ?? 0)) return (a.PublicPort ?? 0) - (b.PublicPort ?? 0);
  return a.Type < b.Type ? -1 : Number(a.Type > b.Type);
}
