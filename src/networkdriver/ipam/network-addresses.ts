import { EngineError } from '../../base/errors.ts';
import { AddressPool, type PoolOptions } from './address-pool.ts';
import { type IpVersion, versionOf } from './ip.ts';

/** An address as an interface has it; with the gateway of its subnet, '' for none. */
export type EndpointAddress = { address: string; prefixLength: number; gateway: string };

/** The addresses of one network: one of each IP version that it has for every endpoint. */
export class NetworkAddresses {
  readonly #id: string;
  readonly #name: string;
  readonly #pools: { pool: AddressPool; gateway: string }[];

  /** Id and name of the network are for messages. */
  constructor({ id, name, pools }: { id: string; name: string; pools: readonly PoolOptions[] }) {
    this.#id = id;
    this.#name = name;
    this.#pools = pools.map(options => ({ pool: new AddressPool(options), gateway: options.gateway }));
  }

  /**
   * An address of each version; all, or none.
   * @param wanted fixed ones; any is given of the other versions
   * @param avoid not to be given, although they are free now
   * @throws EngineError `invalid-parameter` when one lies outside, `forbidden` when it is taken, `unavailable` when
   *   all are
   */
  allocate(wanted: readonly string[], avoid?: ReadonlySet<string>): EndpointAddress[] {
    const allocated: EndpointAddress[] = [];
    try {
      for (const address of wanted) allocated.push(this.#claim(address));
      for (const version of this.#versions)
        if (!wanted.some(address => versionOf(address) === version))
          allocated.push(this.#allocate(version, avoid));
      return allocated.sort((a, b) => versionOf(a.address) - versionOf(b.address));
    } catch (error) {
      this.release(allocated);
      throw error;
    }
  }

  /** Marks addresses that are in use already. Idempotent. */
  restore(addresses: readonly EndpointAddress[]): void {
    for (const { address } of addresses) this.#poolOf(address)?.pool.restore(address);
  }

  /** Idempotent. */
  release(addresses: readonly EndpointAddress[]): void {
    for (const { address } of addresses) this.#poolOf(address)?.pool.release(address);
  }

  get #versions(): IpVersion[] {
    return [...new Set(this.#pools.map(({ pool }) => pool.version))];
  }

  #poolOf(address: string) {
    return this.#pools.find(({ pool }) => pool.contains(address));
  }

  #claim(address: string): EndpointAddress {
    const found = this.#poolOf(address);
    if (found === undefined)
      throw new EngineError('invalid-parameter', `no configured subnet contains IP address ${address}`);
    found.pool.claim(address);
    return { address, prefixLength: found.pool.prefixLength, gateway: found.gateway };
  }

  #allocate(version: IpVersion, avoid?: ReadonlySet<string>): EndpointAddress {
    for (const { pool, gateway } of this.#pools) {
      const address = pool.version === version ? pool.allocate(avoid) : undefined;
      if (address !== undefined) return { address, prefixLength: pool.prefixLength, gateway };
    }
    throw new EngineError(
      'unavailable',
      `no available IPv${version} addresses on this network's address pools: ${this.#name} (${this.#id})`,
    );
  }
}
