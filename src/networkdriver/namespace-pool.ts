import { randomBytes } from 'node:crypto';
import { NETLINK_ROUTE } from '../kernel/abi/netlink.ts';
import { createNetworkNamespace } from '../kernel/namespaces.ts';
import { addVethPair, getLink, parseLink } from '../kernel/netlink/link-messages.ts';
import { NetlinkSocket } from '../kernel/netlink/netlink-socket.ts';
import { NetworkNamespace } from './network-namespace.ts';

const DEFAULT_SIZE = 3;
/** Long enough for the start that took a namespace to have gone on to waiting for its shim. */
const REFILL_DELAY_MS = 3;

export type NamespacePoolOptions = {
  /** How many to keep. Default 3; 0: none, everything is made on demand. */
  size?: number;
  /** Makes a namespace, and returns a descriptor of it. Default: on this thread, which takes half a millisecond. */
  create?: () => Promise<number>;
  /** Goes further with each: a driver's `prepare`. */
  prepare?: (namespace: NetworkNamespace) => Promise<void>;
};

/**
 * Network namespaces made before they are needed, with a veth pair each and perhaps connected already: making
 * all that takes far longer than handing it out. Refilled one at a time, once no more are being asked for, and
 * mostly off the main thread.
 */
export class NamespacePool {
  readonly #size: number;
  readonly #create: () => Promise<number>;
  readonly #prepare: (namespace: NetworkNamespace) => Promise<void>;
  readonly #ready: NetworkNamespace[] = [];
  #timer: NodeJS.Timeout | undefined;
  #refilling: Promise<void> | undefined;
  #closed = false;

  constructor({
    size = DEFAULT_SIZE,
    create = async () => createNetworkNamespace(),
    prepare = async () => undefined,
  }: NamespacePoolOptions = {}) {
    this.#size = size;
    this.#create = create;
    this.#prepare = prepare;
    this.#refillLater();
  }

  /**
   * A namespace for a container that is to join a network (`connected`), with what was prepared if one was
   * ready, or for one that is to have nothing but its loopback interface. The caller closes it.
   * @throws SyscallError
   */
  async take(options: { connected: boolean }): Promise<NetworkNamespace> {
    if (!options.connected) return this.#bare();
    const namespace = this.#ready.shift() ?? (await this.#bare());
    this.#refillLater();
    return namespace;
  }

  async #bare(): Promise<NetworkNamespace> {
    return NetworkNamespace.adopt(await this.#create());
  }

  /** Lets go of all that are ready. Those taken are their takers'. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#refilling;
    for (const namespace of this.#ready.splice(0)) namespace.close();
  }

  #refillLater(): void {
    if (this.#closed || this.#refilling !== undefined || this.#ready.length >= this.#size) return;
    // Started anew by each taking: a burst of starts is not slowed down by refilling in its midst.
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#refilling = this.#refill();
    }, REFILL_DELAY_MS).unref();
  }

  async #refill(): Promise<void> {
    try {
      const namespace = await this.#bare();
      // Counted when it is whole: it cannot be taken before.
      await this.#complete(namespace);
      this.#ready.push(namespace);
      this.#refilling = undefined;
      this.#refillLater();
    } catch {
      // The next caller of `take` makes one itself, and gets the error.
      this.#refilling = undefined;
    }
  }

  async #complete(namespace: NetworkNamespace): Promise<void> {
    const host = new NetlinkSocket(NETLINK_ROUTE);
    try {
      const name = newVethName();
      const peer = { name: 'eth0', namespace: namespace.descriptor };
      const [reply] = await host.requestAsync([addVethPair({ name, peer }), getLink({ name })]);
      if (reply === undefined) throw new TypeError(`no answer about ${name}`);
      const { index, peerIndex } = parseLink(reply);
      namespace.setPrepared({ name: peer.name, index: peerIndex, hostIndex: index });
      await this.#prepare(namespace);
    } catch (error) {
      namespace.close();
      throw error;
    } finally {
      host.close();
    }
  }
}

/** `veth` and seven random hex digits: as Docker names them. */
export function newVethName(): string {
  return `veth${randomBytes(4).toString('hex').slice(0, 7)}`;
}
