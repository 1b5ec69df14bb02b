import { closeSync, writeFileSync } from 'node:fs';
import { errorCode } from '../base/errors.ts';
import { NETLINK_ROUTE } from '../kernel/abi/netlink.ts';
import { createNetworkNamespace, inNetworkNamespace, openNetworkNamespace } from '../kernel/namespaces.ts';
import { deleteLink, getLink, parseLink, setLinkUp } from '../kernel/netlink/link-messages.ts';
import { addDefaultRoute, deleteDefaultRoute } from '../kernel/netlink/address-messages.ts';
import { NetlinkSocket } from '../kernel/netlink/netlink-socket.ts';
import { versionOf } from './ipam/ip.ts';

/** A veth pair made beforehand, both ends down: `eth0` in the namespace, the other end on the host. */
export type PreparedInterface = { name: string; index: number; hostIndex: number };

/**
 * A container's network namespace, held by descriptor. `descriptor` is what the exec driver joins; for
 * `--network container:X` it is the namespace of X's init ({@link NetworkNamespace.ofProcess}), and no driver
 * is asked anything.
 */
export class NetworkNamespace {
  readonly descriptor: number;
  #socket: NetlinkSocket | undefined;
  #prepared: PreparedInterface | undefined;
  #closed = false;
  readonly #closeListeners: (() => void)[] = [];

  private constructor(descriptor: number) {
    this.descriptor = descriptor;
  }

  /** A new one, made on this thread. @throws SyscallError */
  static async create(): Promise<NetworkNamespace> {
    return NetworkNamespace.adopt(createNetworkNamespace());
  }

  /**
   * That of a descriptor, which is taken over, also when it fails. It is new: its loopback interface is set up,
   * and interfaces made in it later have no IPv6, as Docker has it on networks without.
   * @throws SyscallError
   */
  static async adopt(descriptor: number): Promise<NetworkNamespace> {
    const namespace = new NetworkNamespace(descriptor);
    try {
      namespace.#enter(() => disableIpv6OfNewInterfaces());
      await namespace.routes.requestAsync([setLinkUp({ name: 'lo' })]);
      return namespace;
    } catch (error) {
      namespace.close();
      throw error;
    }
  }

  /**
   * That of a running process.
   * @throws SyscallError ENOENT or ESRCH when it does not run (any more)
   */
  static ofProcess(pid: number): NetworkNamespace {
    return new NetworkNamespace(openNetworkNamespace(pid));
  }

  /** That of a descriptor, which is taken over. Something runs in it already. */
  static inUse(descriptor: number): NetworkNamespace {
    return new NetworkNamespace(descriptor);
  }

  /** Has the default routes lead to these gateways, one of each IP version at most, and has no other. */
  setGateways(gateways: readonly string[]): void {
    const without = ([4, 6] as const).filter(
      version => !gateways.some(gateway => versionOf(gateway) === version),
    );
    this.routes.request([...without.map(deleteDefaultRoute), ...gateways.map(addDefaultRoute)]);
  }

  /** An rtnetlink socket inside the namespace. */
  get routes(): NetlinkSocket {
    this.#socket ??= inNetworkNamespace(this.descriptor, () => new NetlinkSocket(NETLINK_ROUTE));
    return this.#socket;
  }

  /** Whether this very interface is in it. */
  hasInterface({ name, macAddress }: { name: string; macAddress: string }): boolean {
    try {
      return this.routes
        .request([getLink({ name })])
        .some(reply => parseLink(reply).macAddress === macAddress);
    } catch (error) {
      if (errorCode(error) === 'ENODEV') return false;
      throw error;
    }
  }

  /**
   * For an interface that is to have IPv6 addresses: they are announced, as others may know them with another hardware
   * address, and usable at once; also where duplicates of them are looked for, until one is found.
   * @throws SyscallError; a file error where the kernel has no IPv6
   */
  enableIpv6(index: number, duplicates: 'ignored' | 'detected' = 'ignored'): void {
    const [reply] = this.routes.request([getLink({ index })]);
    if (reply === undefined) throw new TypeError(`no answer about interface ${index}`);
    const { name } = parseLink(reply);
    const write = (key: string, value: string): void =>
      writeFileSync(`/proc/sys/net/ipv6/conf/${name}/${key}`, value);
    this.#enter(() => {
      write('accept_dad', duplicates === 'ignored' ? '0' : '1');
      if (duplicates === 'detected') ifKnown(() => write('optimistic_dad', '1'));
      write('ndisc_notify', '1');
      write('disable_ipv6', '0');
    });
  }

  /** Has an interface tell its neighbours of its addresses when it comes up. @throws SyscallError; a file error */
  announceIpv4(name: string): void {
    this.#enter(() => writeFileSync(`/proc/sys/net/ipv4/conf/${name}/arp_notify`, '1'));
  }

  /** Used by the pool. */
  setPrepared(prepared: PreparedInterface): void {
    this.#prepared = prepared;
  }

  get prepared(): PreparedInterface | undefined {
    return this.#prepared;
  }

  /** Calls back before it is closed. */
  onClose(listener: () => void): void {
    this.#closeListeners.push(listener);
  }

  /** The interface of that name made beforehand, if there is one that was not taken yet. */
  takePrepared(name: string): PreparedInterface | undefined {
    const prepared = this.#prepared;
    if (prepared?.name !== name) return undefined;
    this.#prepared = undefined;
    return prepared;
  }

  /** Removes the interface made beforehand, if it was not taken. @throws SyscallError */
  discardPrepared(): void {
    if (this.#prepared === undefined) return;
    const { name } = this.#prepared;
    this.#prepared = undefined;
    this.routes.request([deleteLink({ name })]);
  }

  /** Lets go of it; without processes in it, the kernel takes it away with its interfaces. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const listener of this.#closeListeners) listener();
    this.#socket?.close();
    closeSync(this.descriptor);
  }

  #enter(task: () => void): void {
    inNetworkNamespace(this.descriptor, () => {
      task();
      this.#socket ??= new NetlinkSocket(NETLINK_ROUTE);
    });
  }
}

/** Of settings that not every kernel has. */
function ifKnown(write: () => void): void {
  try {
    write();
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
  }
}

function disableIpv6OfNewInterfaces(): void {
  try {
    writeFileSync('/proc/sys/net/ipv6/conf/default/disable_ipv6', '1');
  } catch {
    // A kernel without IPv6.
  }
}
