import { deleteAddress } from '../../kernel/netlink/address-messages.ts';
import type { JoinOptions } from '../driver.ts';
import type { EndpointAddress } from '../ipam/network-addresses.ts';
import type { NetworkNamespace } from '../network-namespace.ts';

/** A namespace connected to a network before any container asked for it. */
export type PreparedEndpoint = {
  networkId: string;
  addresses: EndpointAddress[];
  /** Settles when it is connected, or has failed to be. */
  ready: Promise<void>;
  /** Gives the address back. */
  release: () => void;
};

/** What the bridge driver has prepared and no container has joined yet. */
export class PreparedEndpoints {
  readonly #byNamespace = new Map<NetworkNamespace, PreparedEndpoint>();

  add(namespace: NetworkNamespace, endpoint: PreparedEndpoint): void {
    this.#byNamespace.set(namespace, endpoint);
    namespace.onClose(() => this.forget(namespace));
  }

  /** Gives up one that will not be joined. Idempotent. */
  forget(namespace: NetworkNamespace): void {
    const endpoint = this.#byNamespace.get(namespace);
    this.#byNamespace.delete(namespace);
    endpoint?.release();
  }

  /**
   * The endpoint prepared in a namespace about to join, if it is just what is asked for. If it is another, it is
   * undone: the interface is as good as new. Also when an address is asked for that some other namespace holds.
   * @throws SyscallError
   */
  async take(options: JoinOptions): Promise<PreparedEndpoint | undefined> {
    for (const address of options.addresses) await this.#vacate(options.networkId, address);
    const endpoint = this.#byNamespace.get(options.namespace);
    if (endpoint === undefined) return undefined;
    const { networkId, interfaceName, addresses, macAddress, defaultRoute } = options;
    const plain = addresses.length === 0 && macAddress === '' && defaultRoute;
    if (networkId !== endpoint.networkId || interfaceName !== 'eth0' || !plain) {
      this.#undo(options.namespace, endpoint);
      return undefined;
    }
    this.#byNamespace.delete(options.namespace);
    return endpoint;
  }

  async #vacate(networkId: string, address: string): Promise<void> {
    for (const [namespace, endpoint] of this.#byNamespace) {
      const hasIt = endpoint.addresses.some(one => one.address === address);
      if (endpoint.networkId !== networkId || !hasIt) continue;
      await endpoint.ready;
      if (this.#byNamespace.get(namespace) === endpoint) this.#undo(namespace, endpoint);
    }
  }

  /** Its routes go with its addresses. */
  #undo(namespace: NetworkNamespace, { addresses }: PreparedEndpoint): void {
    const linkIndex = namespace.prepared?.index;
    if (linkIndex !== undefined)
      namespace.routes.request(addresses.map(address => deleteAddress({ ...address, linkIndex })));
    this.forget(namespace);
  }
}
