import { existsSync } from 'node:fs';
import { errorCode, SyscallError } from '../../base/errors.ts';
import { KeyedLock } from '../../base/keyed-lock.ts';
import { NETLINK_NETFILTER } from '../../kernel/abi/netlink.ts';
import type { NetlinkMessage } from '../../kernel/netlink/message.ts';
import { NetlinkSocket } from '../../kernel/netlink/netlink-socket.ts';
import {
  addElements,
  changeSet,
  deleteElements,
  dumpElements,
  dumpRules,
  getGeneration,
  parseElements,
  parseGeneration,
  parseRuleHandle,
  type SetElement,
  transaction,
} from '../../kernel/netlink/nftables-messages.ts';
import type { IpVersion } from '../ipam/ip.ts';
import { loadRuleset } from '../nft/load-ruleset.ts';
import { ForeignChains } from './foreign-chains.ts';
import { PUBLISHED_MAPS, type PublishedElement, type PublishedMap } from './published-elements.ts';
import {
  type FirewallNetwork,
  type NetworkElement,
  NETWORK_SETS,
  networkElements,
  type NetworkSet,
} from './network-elements.ts';
import { ADMINISTRATORS_CHAIN, haveIpv6, rulesetOf } from './ruleset.ts';

/** The maps of both tables. */
const MAPS = ([4, 6] as const).flatMap(version => PUBLISHED_MAPS.map(map => ({ version, map })));
/** That fit into a message, whose lists have at most 64 KiB. */
const MESSAGE_ELEMENTS = 1000;
/** How long it takes at most to notice that another program has removed the rules. */
const WATCH_MS = 500;

/**
 * The engine's nftables table: rules by network, loaded with nft when networks change; published ports by
 * element, put there by netlink as containers come and go. All of it stays in the kernel without the engine.
 * While the engine runs, what others take away of it (`nft flush ruleset`, as a firewall's service does when it starts)
 * is made again: without the rules containers would reach what the host has at its loopback addresses.
 */
export class Firewall {
  readonly #table: string;
  readonly #socket = new NetlinkSocket(NETLINK_NETFILTER);
  readonly #loading = new KeyedLock();
  #networks: readonly FirewallNetwork[] = [];
  #isLoaded = false;
  /** What ought to be in the maps: kept to mend them with. */
  readonly #published = new Map<string, PublishedElement>();
  /** The rules that were loaded, by IP version, and the number of the ruleset when they were last found to be there. */
  #rules: Record<IpVersion, ReadonlySet<bigint>> = { 4: new Set(), 6: new Set() };
  #generation: number | undefined;
  readonly #watch: NodeJS.Timeout;
  #isMending = false;

  readonly #others: ForeignChains;
  readonly #opensOthers: boolean;
  #othersAreClosed = false;

  /** @param options.opensOthers whether chains of others are to accept what the networks' bridges send and get */
  constructor(table: string, options: { opensOthers: boolean }) {
    this.#table = table;
    this.#others = new ForeignChains(this.#socket, table);
    this.#opensOthers = options.opensOthers;
    this.#watch = setInterval(() => void this.#mend(), WATCH_MS).unref();
  }

  /**
   * Makes the rules those for these networks, and no others. Without any, the table goes, unless administrators have
   * rules in it. What changes with a network
   * are elements of sets: only the first time, and where tables come or go, all is loaded.
   * @throws EngineError system
   */
  async setNetworks(networks: readonly FirewallNetwork[]): Promise<void> {
    await this.#loading.run(this.#table, async () => {
      const before = this.#networks;
      this.#networks = networks;
      const hasTables = this.#isLoaded && before.length > 0 && networks.length > 0;
      if (!(hasTables && haveIpv6(before) === haveIpv6(networks) && this.#changeSets(before, networks)))
        await this.#loadAll();
      await this.#openOthers();
    });
  }

  /** Whether that was possible: another program may have changed the tables. */
  #changeSets(before: readonly FirewallNetwork[], after: readonly FirewallNetwork[]): boolean {
    const versions: IpVersion[] = haveIpv6(after) ? [4, 6] : [4];
    const changes = versions.flatMap(version => {
      const [old, now] = [before, after].map(networks => elementsOf(networks, version));
      return NETWORK_SETS.flatMap(set => {
        const [olds, nows] = [old?.[set] ?? [], now?.[set] ?? []];
        return changeSet(
          { version, table: this.#table, set },
          { removed: without(olds, nows), added: without(nows, olds) },
        );
      });
    });
    if (changes.length === 0) return true;
    try {
      this.#socket.request(transaction(changes));
      return true;
    } catch (error) {
      if (error instanceof SyscallError) return false;
      throw error;
    }
  }

  /**
   * Adds elements, all or none. If the table was removed (`nft flush ruleset`), it is made again.
   * @throws SyscallError
   */
  async publish(elements: readonly PublishedElement[]): Promise<void> {
    if (elements.length === 0) return;
    try {
      await this.#add(elements);
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw error;
      await this.#load();
      await this.#add([...this.#published.values(), ...elements]);
    }
    for (const element of elements) this.#published.set(idOf(element), element);
  }

  /** Takes elements out of the maps. Those that are not there do not matter. */
  async unpublish(elements: readonly PublishedElement[]): Promise<void> {
    if (elements.length === 0) return;
    for (const element of elements) this.#published.delete(idOf(element));
    try {
      await this.#delete(elements);
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw error;
      // A transaction is all or nothing, and some are missing.
      const present = new Set(this.#dumpAll().map(idOf));
      await this.#delete(elements.filter(element => present.has(idOf(element))));
    }
  }

  /** Makes the maps hold these elements and no others. */
  async reconcile(elements: readonly PublishedElement[]): Promise<void> {
    const wanted = new Map(elements.map(element => [idOf(element), element]));
    const present = this.#dumpAll();
    const right = new Set(
      present.filter(found => wanted.get(idOf(found))?.element.data.equals(found.element.data)).map(idOf),
    );
    await this.unpublish(present.filter(found => !right.has(idOf(found))));
    for (const [id, element] of wanted) if (right.has(id)) this.#published.set(id, element);
    await this.publish(elements.filter(element => !right.has(idOf(element))));
  }

  /** Whether what was loaded is there; also before anything is. */
  isWhole(): boolean {
    return !this.#isLoaded || (this.#hasRules() && this.#hasOthersOpen());
  }

  close(): void {
    clearInterval(this.#watch);
    this.#isLoaded = false;
    this.#socket.close();
  }

  /** What cannot be mended now (no nft, say) is tried again by the next look. */
  async #mend(): Promise<void> {
    if (!this.#isLoaded || this.#isMending) return;
    this.#isMending = true;
    try {
      if (this.#readGeneration() !== this.#generation)
        await this.#loading.run(this.#table, () => this.#makeWhole());
    } catch {
      // See above.
    } finally {
      this.#isMending = false;
    }
  }

  async #makeWhole(): Promise<void> {
    if (!this.#isLoaded) return;
    const generation = this.#readGeneration();
    if (!this.#hasRules()) await this.#loadAll();
    else this.#generation = generation;
    if (!this.#hasOthersOpen()) await this.#openOthers();
    await this.#addMissing();
  }

  /**
   * What an earlier engine has done there that was told otherwise is taken back, once. A chain that changes meanwhile is
   * seen to by the next look.
   */
  async #openOthers(): Promise<void> {
    if (this.#othersAreClosed) return;
    try {
      await this.#others.open(this.#opensOthers ? this.#networks.map(({ device }) => device) : []);
      this.#othersAreClosed = !this.#opensOthers;
    } catch {
      this.#generation = undefined;
    }
  }

  #hasOthersOpen(): boolean {
    return !this.#opensOthers || this.#networks.length === 0 || this.#others.areOpen();
  }

  async #addMissing(): Promise<void> {
    if (this.#published.size === 0) return;
    const present = new Set(this.#dumpAll().map(idOf));
    await this.#add([...this.#published].filter(([id]) => !present.has(id)).map(([, element]) => element));
  }

  #readGeneration(): number | undefined {
    const [reply] = this.#socket.request([getGeneration()]);
    return reply && parseGeneration(reply);
  }

  #hasRules(): boolean {
    return ([4, 6] as const).every(version => this.#rules[version].isSubsetOf(this.#dumpRules(version)));
  }

  #dumpRules(version: IpVersion): Set<bigint> {
    const replies = this.#socket.dump(dumpRules({ version, table: this.#table }));
    return new Set(replies.map(parseRuleHandle).filter(handle => handle !== undefined));
  }

  async #load(): Promise<void> {
    await this.#loading.run(this.#table, () => this.#loadAll());
  }

  async #loadAll(): Promise<void> {
    const hasIpv6 = existsSync('/proc/sys/net/ipv6');
    const kept = ([4, 6] as const).filter(version => this.#hasAdministratorsRules(version));
    const script = rulesetOf(this.#table, this.#networks, { hasIpv6, kept });
    await loadRuleset(script);
    this.#isLoaded = true;
    this.#rules = {
      4: this.#loadedRules(4, script),
      6: hasIpv6 ? this.#loadedRules(6, script) : new Set(),
    };
  }

  /** Where somebody has taken some of them away already, one that there never is, so that the next look finds it. */
  #loadedRules(version: IpVersion, script: string): ReadonlySet<bigint> {
    const rules = this.#dumpRules(version);
    const start = `add rule ${version === 4 ? 'ip' : 'ip6'} ${this.#table} `;
    const expected = script.split('\n').filter(line => line.startsWith(start)).length;
    return rules.size < expected ? new Set([-1n]) : rules;
  }

  #hasAdministratorsRules(version: IpVersion): boolean {
    try {
      const chain = { version, table: this.#table, chain: ADMINISTRATORS_CHAIN };
      return this.#socket.dump(dumpRules(chain)).length > 0;
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return false;
      throw error;
    }
  }

  async #add(elements: readonly PublishedElement[]): Promise<void> {
    const changed: PublishedElement[] = [];
    try {
      await this.#change(elements, addElements, some => changed.push(...some));
    } catch (error) {
      await this.#delete(changed);
      throw error;
    }
  }

  async #delete(elements: readonly PublishedElement[]): Promise<void> {
    await this.#change(elements, deleteElements);
  }

  /** At once, where they fit into one transaction; else one after the other, off this thread. */
  async #change(
    elements: readonly PublishedElement[],
    encode: typeof addElements,
    changed: (elements: readonly PublishedElement[]) => void = () => undefined,
  ): Promise<void> {
    if (elements.length === 0) return;
    if (elements.length <= MESSAGE_ELEMENTS) {
      this.#socket.request(this.#transaction(elements, encode));
      changed(elements);
      return;
    }
    const socket = new NetlinkSocket(NETLINK_NETFILTER);
    try {
      for (let at = 0; at < elements.length; at += MESSAGE_ELEMENTS) {
        const some = elements.slice(at, at + MESSAGE_ELEMENTS);
        await socket.requestAsync(this.#transaction(some, encode));
        changed(some);
      }
    } finally {
      socket.close();
    }
  }

  #transaction(elements: readonly PublishedElement[], encode: typeof addElements): NetlinkMessage[] {
    const changes = MAPS.map(({ version, map }) => ({
      name: { version, table: this.#table, map },
      some: elements
        .filter(element => element.map === map && element.version === version)
        .map(({ element }) => element),
    }));
    return transaction(
      changes.filter(({ some }) => some.length > 0).map(({ name, some }) => encode(name, some)),
    );
  }

  #dumpAll(): PublishedElement[] {
    return MAPS.flatMap(({ version, map }) => this.#dump(version, map));
  }

  #dump(version: IpVersion, map: PublishedMap): PublishedElement[] {
    try {
      const replies = this.#socket.dump(dumpElements({ version, table: this.#table, map }));
      return replies.flatMap(parseElements).map(element => ({ version, map, element }));
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return [];
      throw error;
    }
  }
}

function idOf({ version, map, element }: PublishedElement): string {
  return `${version} ${map} ${element.key.toString('hex')}`;
}

function elementsOf(
  networks: readonly FirewallNetwork[],
  version: IpVersion,
): Record<NetworkSet, NetworkElement[]> {
  const all = networks.map(network => networkElements(network, version));
  return Object.fromEntries(NETWORK_SETS.map(set => [set, all.flatMap(elements => elements[set])])) as Record<
    NetworkSet,
    NetworkElement[]
  >;
}

/** What the first ones have and the others have not, for the kernel. */
function without(elements: readonly NetworkElement[], others: readonly NetworkElement[]): SetElement[] {
  const texts = new Set(others.map(({ text }) => text));
  return elements.filter(({ text }) => !texts.has(text)).flatMap(({ encoded }) => encoded);
}
