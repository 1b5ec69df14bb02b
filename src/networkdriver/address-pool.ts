import { EngineError } from '../base/errors.ts';
import { contains, formatIpv4, parseIpv4, parseSubnet, type Subnet } from './ipv4.ts';

/**
 * The IPv4 addresses of one network, in memory. A released address is the last to be given out again, so that
 * nobody who still remembers it reaches a stranger.
 */
export class AddressPool {
  readonly #subnet: Subnet;
  readonly #taken: Set<number>;
  #next: number;

  /** The gateway, the network's own and its broadcast address are never given out. */
  constructor(subnet: string, gateway: string) {
    this.#subnet = parseSubnet(subnet);
    this.#taken = new Set([parseIpv4(gateway)]);
    this.#next = this.#firstHost;
  }

  get prefixLength(): number {
    return this.#subnet.prefixLength;
  }

  /**
   * @param wanted a fixed address; '' for any
   * @throws EngineError `invalid-parameter` when it lies outside, `forbidden` when it is taken, `unavailable`
   *   when all are
   */
  allocate(wanted: string): string {
    if (wanted !== '') return this.#allocateFixed(wanted);
    const count = this.#lastHost - this.#firstHost + 1;
    for (let tried = 0; tried < count; tried++) {
      const address = this.#next;
      this.#next = address === this.#lastHost ? this.#firstHost : address + 1;
      if (this.#taken.has(address)) continue;
      this.#taken.add(address);
      return formatIpv4(address);
    }
    throw new EngineError('unavailable', "no available IPv4 addresses on this network's address pools");
  }

  /** Marks an address that is in use already. Idempotent. */
  restore(address: string): void {
    const number = parseIpv4(address);
    this.#taken.add(number);
    if (number >= this.#next) this.#next = number >= this.#lastHost ? this.#firstHost : number + 1;
  }

  /** Idempotent. */
  release(address: string): void {
    this.#taken.delete(parseIpv4(address));
  }

  #allocateFixed(wanted: string): string {
    const address = parseIpv4(wanted);
    if (!contains(this.#subnet, address))
      throw new EngineError('invalid-parameter', `no configured subnet contains IP address ${wanted}`);
    if (address < this.#firstHost || address > this.#lastHost || this.#taken.has(address))
      throw new EngineError('forbidden', 'Address already in use');
    this.#taken.add(address);
    return wanted;
  }

  /** In networks of two addresses or one (RFC 3021) all are hosts'. */
  get #firstHost(): number {
    return this.#subnet.first + (this.#subnet.prefixLength < 31 ? 1 : 0);
  }

  get #lastHost(): number {
    return this.#subnet.last - (this.#subnet.prefixLength < 31 ? 1 : 0);
  }
}
