import { NF_INET_FORWARD } from '../../kernel/abi/nfnetlink.ts';
import {
  type BaseChain,
  dumpChains,
  dumpRulesOf,
  parseBaseChain,
  parseRuleHandle,
} from '../../kernel/netlink/nftables-messages.ts';
import type { NetlinkSocket } from '../../kernel/netlink/netlink-socket.ts';
import { loadRuleset } from '../nft/load-ruleset.ts';

/** Base chains of other programs for forwarded packets: what one of them drops, an accept elsewhere does not let through. */
export function foreignForwardChains(socket: NetlinkSocket): BaseChain[] {
  return socket
    .dump(dumpChains())
    .map(parseBaseChain)
    .filter(chain => chain !== undefined)
    .filter(({ hook, table }) => hook === NF_INET_FORWARD && !/^slipway(-|$)/.test(table));
}

/**
 * Has other programs' chains for forwarded packets accept what bridges send and get: their first rule leads to a chain of
 * ours in each of their tables. What the engine's own table drops stays dropped. The rules are such as iptables makes, so
 * that it can go on to manage its tables.
 */
export class ForeignChains {
  readonly #socket: NetlinkSocket;
  readonly #own: string;
  readonly #table: string;

  /** @param table the engine's own, which is none of others */
  constructor(socket: NetlinkSocket, table: string) {
    this.#socket = socket;
    this.#table = table;
    this.#own = table.toUpperCase();
  }

  /** Without bridges, they are as if we had never been there. @throws EngineError system, SyscallError */
  async open(bridges: readonly string[]): Promise<void> {
    const lines = this.#chains().flatMap(chain =>
      bridges.length > 0 ? this.#opened(chain, bridges) : this.#closed(chain),
    );
    if (lines.length > 0) await loadRuleset(`${lines.join('\n')}\n`);
  }

  /** Whether all chains there are accept it: what others load anew has lost it. */
  areOpen(): boolean {
    return this.#chains().every(chain => this.#jumps(chain).length > 0);
  }

  #chains(): BaseChain[] {
    return foreignForwardChains(this.#socket).filter(({ table }) => table !== this.#table);
  }

  #opened(chain: BaseChain, bridges: readonly string[]): string[] {
    const place = placeOf(chain);
    const own = `${place} ${this.#own}`;
    return [
      `add chain ${own}`,
      `flush chain ${own}`,
      ...bridges.flatMap(bridge =>
        ['iifname', 'oifname'].map(side => `add rule ${own} ${side} "${bridge}" counter accept`),
      ),
      ...(this.#jumps(chain).length > 0
        ? []
        : [`insert rule ${place} ${chain.chain} counter jump ${this.#own}`]),
    ];
  }

  #closed(chain: BaseChain): string[] {
    const [place, jumps] = [placeOf(chain), this.#jumps(chain)];
    if (jumps.length === 0) return [];
    const own = `${place} ${this.#own}`;
    return [
      ...jumps.map(handle => `delete rule ${place} ${chain.chain} handle ${handle}`),
      // Another chain of that table may lead there, too.
      `flush chain ${own}`,
    ];
  }

  #jumps({ family, table, chain }: BaseChain): bigint[] {
    const name = Buffer.from(`${this.#own}\0`);
    return this.#socket
      .dump(dumpRulesOf({ family, table, chain }))
      .filter(({ payload }) => payload.includes(name))
      .map(parseRuleHandle)
      .filter(handle => handle !== undefined);
  }
}

function placeOf({ family, table }: BaseChain): string {
  return `${family} ${table}`;
}
