import { EngineError } from '../../base/errors.ts';
import { broadcastAddress, contains, formatIp, ownAddress, parseIp, parseSubnet, type Subnet } from './ip.ts';

/** When that many wait to be used again, the one that was freed first is, though there are new ones left. */
const MAX_FREED = 65_536;

/** A subnet of a network, and which of its addresses are whose. */
export type PoolOptions = {
  subnet: string;
  /** The part of it that addresses are chosen from, CIDR; '' for all of it. */
  range: string;
  /** Never given out: '' for none. */
  gateway: string;
  /** Nor are these, by their names. */
  auxiliary: Record<string, string>;
};

/**
 * The addresses of one subnet, in memory; what it costs does not depend on the subnet's size. An address freed last is
 * reused last, so that neighbours which still remember it do not reach another container.
 */
export class AddressPool {
  readonly #subnet: Subnet;
  readonly #range: Subnet;
  readonly #taken = new Set<bigint>();
  /** What was freed, in that order, and is not taken. */
  readonly #freed = new Set<bigint>();
  /** The first of the range that was never given out. */
  #next: bigint;

  /** The subnet's own address and, in IPv4, its broadcast address are never given out. */
  constructor({ subnet, range, gateway, auxiliary }: PoolOptions) {
    this.#subnet = parseSubnet(subnet);
    this.#range = range === '' ? this.#subnet : parseSubnet(range);
    for (const address of [gateway, ...Object.values(auxiliary)])
      if (address !== '') this.#taken.add(parseIp(address).value);
    this.#next = this.#firstHost;
  }

  get version(): 4 | 6 {
    return this.#subnet.version;
  }

  get prefixLength(): number {
    return this.#subnet.prefixLength;
  }

  contains(address: string): boolean {
    return contains(this.#subnet, parseIp(address));
  }

  /** Any address that is free and is not to be avoided; undefined when there is none. */
  allocate(avoid: ReadonlySet<string> = new Set()): string | undefined {
    const value = this.#fresh(avoid) ?? this.#reused(avoid);
    if (value === undefined) return undefined;
    this.#take(value);
    return this.#format(value);
  }

  /** @throws EngineError forbidden when it is taken, or belongs to the subnet itself */
  claim(address: string): void {
    const { value } = parseIp(address);
    const isHost = value >= firstHost(this.#subnet) && value <= lastHost(this.#subnet);
    if (!isHost || this.#taken.has(value)) throw new EngineError('forbidden', 'Address already in use');
    this.#take(value);
  }

  /** Marks an address that is in use already. Idempotent. */
  restore(address: string): void {
    const { value } = parseIp(address);
    this.#take(value);
    if (value >= this.#next && value <= this.#lastHost) this.#next = value + 1n;
  }

  /** Idempotent. */
  release(address: string): void {
    const { value } = parseIp(address);
    if (this.#taken.delete(value) && contains(this.#range, parseIp(address))) this.#freed.add(value);
  }

  #take(value: bigint): void {
    this.#taken.add(value);
    this.#freed.delete(value);
  }

  #fresh(avoid: ReadonlySet<string>): bigint | undefined {
    if (this.#freed.size > MAX_FREED) return undefined;
    const last = this.#lastHost;
    while (this.#next <= last) {
      const value = this.#next++;
      if (this.#taken.has(value) || this.#freed.has(value)) continue;
      if (!avoid.has(this.#format(value))) return value;
      // It is free for the next caller once every holder has released it.
      this.#freed.add(value);
    }
    return undefined;
  }

  #reused(avoid: ReadonlySet<string>): bigint | undefined {
    for (const value of this.#freed) if (!avoid.has(this.#format(value))) return value;
    return undefined;
  }

  #format(value: bigint): string {
    return formatIp({ version: this.version, value });
  }

  get #firstHost(): bigint {
    return this.#range.first === this.#subnet.first ? firstHost(this.#subnet) : this.#range.first;
  }

  get #lastHost(): bigint {
    return this.#range.last === this.#subnet.last ? lastHost(this.#subnet) : this.#range.last;
  }
}

function firstHost(subnet: Subnet): bigint {
  return subnet.first + (ownAddress(subnet) === undefined ? 0n : 1n);
}

function lastHost(subnet: Subnet): bigint {
  return subnet.last - (broadcastAddress(subnet) === undefined ? 0n : 1n);
}
