import { EngineError } from '../../base/errors.ts';
import { runNft } from './run-nft.ts';

/** Whose program has made a chain. */
export type ChainOwner = 'slipway' | 'docker' | 'ufw' | 'firewalld' | 'iptables' | 'nftables';

export type ChainListing = {
  owner: ChainOwner;
  /** `forward`, of a base chain; '' for others. */
  hook: string;
  /** As nft(8) writes them, by handle. */
  rules: ReadonlyMap<bigint, string>;
};

/** By `family table chain`. */
export type RuleListing = ReadonlyMap<string, ChainListing>;

const COMMENT_OF_IPTABLES = /^# Warning: table (\S+ \S+) is managed by iptables-nft/;
const HANDLE = / # handle (\d+)$/;

/** All rules of the host, without the elements of sets. @throws EngineError system */
export async function listRules(): Promise<RuleListing> {
  const { code, output, errors } = await runNft(['-t', '-a', 'list', 'ruleset']);
  if (code !== 0) throw new EngineError('system', `failed to list the firewall rules: ${errors}`);
  return parseRuleListing(`${errors}\n${output}`);
}

/** What `nft -t -a list ruleset` has written. */
export function parseRuleListing(listing: string): RuleListing {
  const lines = listing.split('\n');
  const managed = new Set(lines.map(line => COMMENT_OF_IPTABLES.exec(line)?.[1]));
  const chains = new Map<string, ChainListing & { rules: Map<bigint, string> }>();
  let table = '';
  let chain: (ChainListing & { rules: Map<bigint, string> }) | undefined;
  for (const line of lines) {
    const text = line.trim();
    const heads = /^(?:table (\S+ \S+)|\t(chain|set|map) (\S+)) \{/.exec(line);
    if (heads?.[1] !== undefined) table = heads[1];
    else if (heads !== null) {
      const name = heads[3] ?? '';
      chain = { owner: ownerOf(table, name, managed.has(table)), hook: '', rules: new Map() };
      if (heads[2] === 'chain') chains.set(`${table} ${name}`, chain);
    } else if (chain !== undefined) {
      const handle = HANDLE.exec(text)?.[1];
      const hook = /^type \S+ hook (\S+) /.exec(text)?.[1];
      if (hook !== undefined) chain.hook = hook;
      else if (handle !== undefined) chain.rules.set(BigInt(handle), text.replace(HANDLE, ''));
    }
  }
  return chains;
}

function ownerOf(table: string, chain: string, isIptables: boolean): ChainOwner {
  const name = table.split(' ')[1] ?? '';
  if (name.startsWith('slipway')) return 'slipway';
  if (name === 'firewalld') return 'firewalld';
  if (/^ufw6?-/.test(chain)) return 'ufw';
  if (chain.startsWith('DOCKER') || name.startsWith('docker')) return 'docker';
  // Older versions of nft do not tell: by their names, and those of their chains.
  const isNamed = /^ip6? (filter|nat|mangle|raw|security)$/.test(table) && chain === chain.toUpperCase();
  return isIptables || isNamed ? 'iptables' : 'nftables';
}
