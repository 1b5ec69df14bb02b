import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';

/** What one proxy says of who has asked it. */
export type Hop = {
  /** Undefined for what is no address: RFC 7239 has `unknown` and names that are made up. */
  address: string | undefined;
  protocol: 'http' | 'https' | undefined;
  host: string | undefined;
};

const PARAMETER =
  /[ \t]*(?:([\w!#$%&'*+.^`|~-]+)=(?:"((?:[^"\\]|\\.)*)"|([\w!#$%&'*+.^`|~:[\]-]*)))?[ \t]*([;,]|$)/y;
const HOST = /^(?:[a-z\d](?:[\w.-]*[a-z\d])?|\[[\da-f:.]+\])(?::\d{1,5})?$/i;

/** `Forwarded` (RFC 7239, section 4), the nearest proxy's word last; nothing where it is malformed. */
export function forwardedHops(header: string | undefined): Hop[] {
  if (header === undefined) return [];
  const hops: Hop[] = [];
  let parameters = new Map<string, string>();
  PARAMETER.lastIndex = 0;
  for (;;) {
    const match = PARAMETER.exec(header);
    if (match === null) return [];
    const [, name, quoted, plain = '', end] = match;
    if (name !== undefined) parameters.set(name.toLowerCase(), quoted?.replaceAll(/\\(.)/gs, '$1') ?? plain);
    if (end === ';') continue;
    if (parameters.size > 0)
      hops.push(hopOf(parameters.get('for'), parameters.get('proto'), parameters.get('host')));
    if (end === '') return hops;
    parameters = new Map();
  }
}

/**
 * `X-Forwarded-For`, `-Proto` and `-Host`, which have an entry for each proxy, or one from the only one that sets
 * them.
 */
export function xForwardedHops(headers: IncomingHttpHeaders): Hop[] {
  const lists = ['for', 'proto', 'host'].map(name => listOf(headers[`x-forwarded-${name}`]));
  const count = Math.max(...lists.map(list => list.length));
  return Array.from({ length: count }, (_, index) => {
    const [address, protocol, host] = lists.map(list => list[list.length - count + index]);
    return hopOf(address, protocol, host);
  });
}

function listOf(header: string | string[] | undefined): string[] {
  if (header === undefined) return [];
  return [header]
    .flat()
    .join(',')
    .split(',')
    .map(entry => entry.trim());
}

function hopOf(address = '', protocol = '', host = ''): Hop {
  const scheme = protocol.toLowerCase();
  return {
    address: addressOf(address),
    protocol: scheme === 'http' || scheme === 'https' ? scheme : undefined,
    host: HOST.test(host) ? host : undefined,
  };
}

/** The address in `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1` or `[2001:db8::1]:80`. */
function addressOf(node: string): string | undefined {
  const address = isIP(node) === 0 ? /^\[?([^\]]*?)\]?(?::\d{1,5})?$/.exec(node)?.[1] : node;
  return address !== undefined && isIP(address) !== 0 ? address : undefined;
}
