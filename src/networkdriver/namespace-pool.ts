import { randomBytes } from 'node:crypto';
import { NETLINK_ROUTE } from '../kernel/abi/netlink.ts';
import { addVethPair, getLink, parseLink } from '../kernel/netlink/link-messages.ts';
import { NetlinkSocket } from '../kernel/netlink/netlink-socket.ts';
import { NetworkNamespace } from './network-namespace.ts';

const DEFAULT_SIZE = 3;
/** Long enough for the start that took a namespace to have gone on to waiting for its shim. */
const REFILL_DELAY_MS = 3;

/**
 * Network namespaces made before they are needed, with a veth pair each: making both takes longer than all the
 * rest of connecting a container. Refilled one at a time while the event loop has nothing else to do.
 */
export class NamespacePool {
  readonly #size: number;
  readonly #ready: NetworkNamespace[] = [];
  readonly #host = new NetlinkSocket(NETLINK_ROUTE);
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  /** @param options.size how many to keep; 0: none, everything is made on demand. The first are made at once. */
  constructor({ size = DEFAULT_SIZE }: { size?: number } = {}) {
    this.#size = size;
    this.#refillLater();
  }

  /** How many are ready. */
  get ready(): number {
    return this.#ready.length;
  }

  /**
   * A namespace for a container that is to join a network (`connected`), with a veth pair made beforehand if
   * one was ready, or for one that is to have nothing but its loopback interface. The caller closes it.
   * @throws SyscallError
   */
  take(options: { connected: boolean }): NetworkNamespace {
    if (!options.connected) return NetworkNamespace.create();
    const namespace = this.#ready.shift() ?? NetworkNamespace.create();
    this.#refillLater();
    return namespace;
  }

  /** Lets go of all that are ready. Those taken are their takers'. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    for (const namespace of this.#ready.splice(0)) namespace.close();
    this.#host.close();
  }

  #refillLater(): void {
    if (this.#closed || this.#ready.length >= this.#size) return;
    // Started anew by each taking: a burst of starts is not slowed down by refilling in its midst.
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#refill(), REFILL_DELAY_MS).unref();
  }

  #refill(): void {
    try {
      this.#ready.push(this.#prepare());
    } catch {
      // Whoever needs a namespace next makes it, and reports what is wrong.
      return;
    }
    this.#refillLater();
  }

  #prepare(): NetworkNamespace {
    const namespace = NetworkNamespace.create();
    try {
      const name = newVethName();
      const peer = { name: 'eth0', namespace: namespace.descriptor };
      const [reply] = this.#host.request([addVethPair({ name, peer }), getLink({ name })]);
      if (reply === undefined) throw new TypeError(`no answer about ${name}`);
      const { index, peerIndex } = parseLink(reply);
      namespace.setPrepared({ name: peer.name, index: peerIndex, hostIndex: index });
      return namespace;
    } catch (error) {
      namespace.close();
      throw error;
    }
  }
}

/** `veth` and seven random hex digits: as Docker names them. */
export function newVethName(): string {
  return `veth${randomBytes(4).toString('hex').slice(0, 7)}`;
}
