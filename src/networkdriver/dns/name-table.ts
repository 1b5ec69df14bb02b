import { versionOf, type IpVersion } from '../ipam/ip.ts';

/** What a container is called on a network, and where it is. Plain data. */
export type Membership = {
  networkId: string;
  networkName: string;
  /** A network that leads nowhere. */
  internal: boolean;
  names: readonly string[];
  /** What the container itself calls others of the network: their names, by its own. */
  links: Readonly<Record<string, string>>;
  addresses: readonly string[];
};

type Member = { sandbox: string; membership: Membership };

type Network = {
  /** By name, in lower case. */
  byName: Map<string, Set<Member>>;
  byAddress: Map<string, Member>;
};

/** Who finds whom: a container those on its own networks. Letters' cases do not matter (RFC 4343). */
export class NameTable {
  readonly #isAlive: (sandbox: string) => boolean;
  readonly #networks = new Map<string, Network>();
  /** By sandbox, then by network, in the order in which it has joined them. */
  readonly #members = new Map<string, Map<string, Member>>();

  /** @param isAlive whether a container still runs: others are not found */
  constructor(isAlive: (sandbox: string) => boolean) {
    this.#isAlive = isAlive;
  }

  /** In the place of an earlier membership of the network. */
  join(sandbox: string, membership: Membership): void {
    this.leave(sandbox, membership.networkId);
    const member = { sandbox, membership };
    const members = this.#members.get(sandbox) ?? new Map<string, Member>();
    this.#members.set(sandbox, members.set(membership.networkId, member));
    const network = this.#network(membership.networkId);
    for (const name of namesOf(membership))
      network.byName.set(name, (network.byName.get(name) ?? new Set()).add(member));
    for (const address of membership.addresses) network.byAddress.set(address, member);
  }

  /** Idempotent. */
  leave(sandbox: string, networkId: string): void {
    const member = this.#members.get(sandbox)?.get(networkId);
    if (member === undefined) return;
    this.#members.get(sandbox)?.delete(networkId);
    const network = this.#network(networkId);
    for (const name of namesOf(member.membership)) {
      const members = network.byName.get(name);
      members?.delete(member);
      if (members?.size === 0) network.byName.delete(name);
    }
    for (const address of member.membership.addresses)
      if (network.byAddress.get(address) === member) network.byAddress.delete(address);
    if (network.byName.size === 0 && network.byAddress.size === 0) this.#networks.delete(networkId);
  }

  /** Idempotent. */
  remove(sandbox: string): void {
    for (const networkId of this.#members.get(sandbox)?.keys() ?? []) this.leave(sandbox, networkId);
    this.#members.delete(sandbox);
  }

  /**
   * The addresses of that version that a name has for a container: of the first network on which there is one of that
   * name. Undefined where there is none.
   */
  resolve(asker: string, name: string, version: IpVersion): string[] | undefined {
    const wanted = name.toLowerCase().replace(/\.$/, '');
    for (const { membership } of this.#members.get(asker)?.values() ?? []) {
      const members = this.#find(membership, wanted);
      if (members.length === 0) continue;
      const addresses = members.flatMap(member => member.membership.addresses);
      return addresses.filter(address => versionOf(address) === version);
    }
    return undefined;
  }

  /** `name.network` of the container that has the address on one of the asker's networks. */
  reverse(asker: string, address: string): string | undefined {
    for (const { membership } of this.#members.get(asker)?.values() ?? []) {
      const member = this.#networks.get(membership.networkId)?.byAddress.get(address);
      const [name] = member?.membership.names ?? [];
      if (member !== undefined && name !== undefined && this.#isAlive(member.sandbox))
        return `${name}.${membership.networkName}`;
    }
    return undefined;
  }

  /** Whether a container is on a network that leads out. */
  isExternal(sandbox: string): boolean {
    return [...(this.#members.get(sandbox)?.values() ?? [])].some(({ membership }) => !membership.internal);
  }

  #find({ networkId, networkName, links }: Membership, wanted: string): Member[] {
    const { byName } = this.#network(networkId);
    const suffix = `.${networkName.toLowerCase()}`;
    const plain = wanted.endsWith(suffix) ? wanted.slice(0, -suffix.length) : undefined;
    for (const name of [linkTarget(links, wanted), wanted, plain]) {
      if (name === undefined) continue;
      const members = [...(byName.get(name.toLowerCase()) ?? [])].filter(({ sandbox }) =>
        this.#isAlive(sandbox),
      );
      if (members.length > 0) return members;
    }
    return [];
  }

  #network(id: string): Network {
    const network = this.#networks.get(id) ?? { byName: new Map(), byAddress: new Map() };
    this.#networks.set(id, network);
    return network;
  }
}

function namesOf({ names }: Membership): Set<string> {
  return new Set(names.map(name => name.toLowerCase()));
}

function linkTarget(links: Membership['links'], wanted: string): string | undefined {
  return Object.entries(links).find(([alias]) => alias.toLowerCase() === wanted)?.[1];
}
