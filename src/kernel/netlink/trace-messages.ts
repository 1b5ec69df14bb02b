/** What nf_tables tells of packets that are traced: nft_trace_attributes in include/uapi/linux/netfilter/nf_tables.h. */
import { IPPROTO_TCP, IPPROTO_UDP } from '../abi/socket.ts';
import {
  NF_ACCEPT,
  NF_DROP,
  NFNL_SUBSYS_NFTABLES,
  NFT_MSG_TRACE,
  NFT_TRACETYPE_POLICY,
  NFT_TRACETYPE_RULE,
  NFTA_TRACE_CHAIN,
  NFTA_TRACE_ID,
  NFTA_TRACE_IIF,
  NFTA_TRACE_NETWORK_HEADER,
  NFTA_TRACE_OIF,
  NFTA_TRACE_POLICY,
  NFTA_TRACE_RULE_HANDLE,
  NFTA_TRACE_TABLE,
  NFTA_TRACE_TRANSPORT_HEADER,
  NFTA_TRACE_TYPE,
  NFTA_TRACE_VERDICT,
  NFTA_VERDICT_CHAIN,
  NFTA_VERDICT_CODE,
  NFPROTO_INET,
  NFPROTO_IPV4,
  NFPROTO_IPV6,
} from '../abi/nfnetlink.ts';
import { formatIpBytes } from './address-messages.ts';
import { decodeAttributes } from './message.ts';
import type { NetlinkReply } from './netlink-socket.ts';

const FAMILIES = new Map([
  [NFPROTO_INET, 'inet'],
  [NFPROTO_IPV4, 'ip'],
  [NFPROTO_IPV6, 'ip6'],
]);
const PROTOCOLS = new Map<number, TracedPacket['protocol']>([
  [IPPROTO_TCP, 'tcp'],
  [IPPROTO_UDP, 'udp'],
]);
/** nft_verdicts, as the last of them are called; the others are `jump` and the like. */
const VERDICTS = new Map([
  [NF_DROP, 'drop'],
  [NF_ACCEPT, 'accept'],
  [2, 'stolen'],
  [3, 'queue'],
  [-1, 'continue'],
  [-2, 'continue'],
  [-3, 'jump'],
  [-4, 'goto'],
  [-5, 'return'],
]);

/** As a base chain gets it: what its addresses have been translated to by then. */
export type TracedPacket = {
  protocol: 'tcp' | 'udp' | '';
  from: string;
  to: string;
  sourcePort: number;
  destinationPort: number;
  /** Of TCP. */
  flags: number;
};

export type TraceEvent = {
  /** Of the packet. */
  id: number;
  family: string;
  table: string;
  chain: string;
  kind: 'rule' | 'policy' | 'return';
  /** Of the rule, in its table. */
  handle: bigint | undefined;
  /** 'drop', 'accept', 'continue', 'jump' … */
  verdict: string;
  /** Where a verdict leads. */
  target: string;
  /** With the first event of each base chain. */
  packet: TracedPacket | undefined;
  /** Indexes of interfaces; 0 for none. */
  input: number;
  output: number;
};

/** Undefined for a message of another kind. */
export function parseTrace({ type, payload }: NetlinkReply): TraceEvent | undefined {
  if (type !== ((NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_TRACE)) return undefined;
  const attributes = decodeAttributes(payload.subarray(4));
  const verdict = decodeAttributes(attributes.get(NFTA_TRACE_VERDICT) ?? Buffer.alloc(0));
  const number = (key: number): number => attributes.get(key)?.readUInt32BE() ?? 0;
  const kind = number(NFTA_TRACE_TYPE);
  const code =
    kind === NFT_TRACETYPE_POLICY ? number(NFTA_TRACE_POLICY) : verdict.get(NFTA_VERDICT_CODE)?.readInt32BE();
  return {
    id: number(NFTA_TRACE_ID),
    family: FAMILIES.get(payload.readUInt8(0)) ?? '',
    table: textOf(attributes.get(NFTA_TRACE_TABLE)),
    chain: textOf(attributes.get(NFTA_TRACE_CHAIN)),
    kind: kind === NFT_TRACETYPE_POLICY ? 'policy' : kind === NFT_TRACETYPE_RULE ? 'rule' : 'return',
    handle: attributes.get(NFTA_TRACE_RULE_HANDLE)?.readBigUInt64BE(),
    verdict: VERDICTS.get(code ?? -1) ?? String(code),
    target: textOf(verdict.get(NFTA_VERDICT_CHAIN)),
    packet: packetOf(attributes.get(NFTA_TRACE_NETWORK_HEADER), attributes.get(NFTA_TRACE_TRANSPORT_HEADER)),
    input: number(NFTA_TRACE_IIF),
    output: number(NFTA_TRACE_OIF),
  };
}

function packetOf(
  network: Buffer | undefined,
  transport: Buffer = Buffer.alloc(0),
): TracedPacket | undefined {
  if (network === undefined || network.length < 20) return undefined;
  const isIpv4 = network.readUInt8() >> 4 === 4;
  if (!isIpv4 && network.length < 40) return undefined;
  const hasPorts = transport.length >= 4;
  return {
    protocol: PROTOCOLS.get(network.readUInt8(isIpv4 ? 9 : 6)) ?? '',
    from: formatIpBytes(isIpv4 ? network.subarray(12, 16) : network.subarray(8, 24)),
    to: formatIpBytes(isIpv4 ? network.subarray(16, 20) : network.subarray(24, 40)),
    sourcePort: hasPorts ? transport.readUInt16BE(0) : 0,
    destinationPort: hasPorts ? transport.readUInt16BE(2) : 0,
    flags: transport.length >= 14 ? transport.readUInt8(13) : 0,
  };
}

function textOf(value: Buffer | undefined): string {
  return value?.toString('utf8').replace(/\0$/, '') ?? '';
}
