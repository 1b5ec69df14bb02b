import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';
import { TLSSocket } from 'node:tls';
import { EngineError } from '../base/errors.ts';
import { type Hop, forwardedHops, xForwardedHops } from './forwarded.ts';

/** Who has sent a request, and how that client calls the server. */
export type ClientView = {
  /** An IP address, IPv4 as such; '' for a unix socket. */
  address: string;
  protocol: 'http' | 'https';
  /** `host[:port]`; '' where the client names none. */
  host: string;
};

/**
 * The proxies whose word on their clients counts (`Forwarded`, RFC 7239; `X-Forwarded-For`, `-Proto`, `-Host`). What
 * others say in those headers does not, nor what a client has put there before the first trusted proxy.
 */
export class TrustedProxies {
  readonly #networks = new BlockList();
  readonly #hasUnix: boolean;

  /**
   * @param entries addresses, networks (`10.0.0.0/8`), `unix` for clients of a unix socket
   * @throws EngineError invalid-parameter
   */
  constructor(entries: readonly string[]) {
    this.#hasUnix = entries.includes('unix');
    for (const entry of entries) if (entry !== 'unix') this.#add(entry);
  }

  #add(entry: string): void {
    const [address = '', bits, ...rest] = entry.split('/');
    const family = isIP(address);
    const most = family === 4 ? 32 : 128;
    const length = bits === undefined ? most : /^\d{1,3}$/.test(bits) ? Number(bits) : Number.NaN;
    if (family === 0 || rest.length > 0 || !(length <= most))
      throw new EngineError('invalid-parameter', `invalid trusted proxy (${entry})`, {
        hint: 'An address, a network such as 10.0.0.0/8, or "unix".',
      });
    this.#networks.addSubnet(address, length, family === 4 ? 'ipv4' : 'ipv6');
  }

  /** How a request has come, as far as that is known for sure. */
  clientOf({ socket, headers }: Pick<IncomingMessage, 'socket' | 'headers'>): ClientView {
    const peer: ClientView = {
      address: plainAddress(socket.remoteAddress ?? ''),
      protocol: socket instanceof TLSSocket ? 'https' : 'http',
      host: headers.host ?? '',
    };
    if (!this.#trusts(peer.address)) return peer;
    const [standard, customary] = [forwardedHops(headers.forwarded), xForwardedHops(headers)];
    if (standard.length === 0) return this.#follow(peer, customary);
    if (customary.length === 0) return this.#follow(peer, standard);
    // A proxy passes on the kind that it does not write itself, as its client has made it up.
    const views = [this.#follow(peer, standard), this.#follow(peer, customary)] as const;
    return views[0].address === views[1].address ? views[0] : peer;
  }

  /** From the nearest one on, as long as who says it is trusted. */
  #follow(peer: ClientView, hops: readonly Hop[]): ClientView {
    const view = { ...peer };
    for (const { address, protocol, host } of hops.toReversed()) {
      if (!this.#trusts(view.address)) break;
      view.protocol = protocol ?? view.protocol;
      view.host = host ?? view.host;
      if (address === undefined) break;
      view.address = plainAddress(address);
    }
    return view;
  }

  #trusts(address: string): boolean {
    const family = isIP(address);
    if (family === 0) return this.#hasUnix && address === '';
    return this.#networks.check(address, family === 4 ? 'ipv4' : 'ipv6');
  }
}

/** A socket that listens for both has IPv4 addresses as `::ffff:192.0.2.1`. */
function plainAddress(address: string): string {
  return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1] ?? address;
}
