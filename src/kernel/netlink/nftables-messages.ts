/**
 * Elements of nftables maps and sets, and whether tables are as they were: include/uapi/linux/netfilter/nf_tables.h.
 */
import {
  NFNETLINK_V0,
  NFNL_MSG_BATCH_BEGIN,
  NFNL_MSG_BATCH_END,
  NFNL_SUBSYS_NFTABLES,
  NFPROTO_INET,
  NFPROTO_IPV4,
  NFPROTO_IPV6,
  NFTA_CHAIN_HOOK,
  NFTA_CHAIN_NAME,
  NFTA_CHAIN_POLICY,
  NFTA_CHAIN_TABLE,
  NFTA_DATA_VALUE,
  NFTA_GEN_ID,
  NFTA_HOOK_HOOKNUM,
  NFTA_LIST_ELEM,
  NFTA_RULE_CHAIN,
  NFTA_RULE_HANDLE,
  NFTA_RULE_TABLE,
  NFTA_SET_ELEM_DATA,
  NFTA_SET_ELEM_FLAGS,
  NFTA_SET_ELEM_KEY,
  NFTA_SET_ELEM_KEY_END,
  NFTA_SET_ELEM_LIST_ELEMENTS,
  NFTA_SET_ELEM_LIST_SET,
  NFTA_SET_ELEM_LIST_TABLE,
  NFT_MSG_DELSETELEM,
  NFT_MSG_GETGEN,
  NFT_MSG_GETCHAIN,
  NFT_MSG_GETRULE,
  NFT_MSG_GETSETELEM,
  NFT_MSG_NEWSETELEM,
  NFT_SET_ELEM_INTERVAL_END,
} from '../abi/nfnetlink.ts';
import { NLM_F_CREATE } from '../abi/netlink.ts';
import { AF_UNSPEC } from '../abi/socket.ts';
import { bytes, decodeAttributes, decodeList, type NetlinkMessage, nested, text } from './message.ts';
import type { NetlinkReply } from './netlink-socket.ts';

/** Fields of a concatenation each fill a multiple of four bytes. An element of a set has no data: none of its bytes. */
export type MapElement = { key: Buffer; data: Buffer };

/** A map, or a set, of a table of family `ip`, or `ip6`. */
export type MapName = { version: 4 | 6; table: string; map: string };

/** A set of a table of family `ip`, or `ip6`. */
export type SetName = { version: 4 | 6; table: string; set: string };

/**
 * A key of a set: of an interval, its first and last ones in a concatenation, else its first one and, as an element of
 * its own, the one after it. Elements of maps have data.
 */
export type SetElement = { key: Buffer; keyEnd?: Buffer; isIntervalEnd?: boolean; data?: Buffer };

/**
 * The messages that make one transaction of `changes`: all of them happen, or none. To be sent by one
 * `request` of a NETLINK_NETFILTER socket; the errors are those of the single changes: ENOENT for deleting
 * what is not there (or no such map), EBUSY or EEXIST for adding a key that has other data.
 */
export function transaction(changes: readonly NetlinkMessage[]): NetlinkMessage[] {
  return [batchMessage(NFNL_MSG_BATCH_BEGIN), ...changes, batchMessage(NFNL_MSG_BATCH_END)];
}

export function addElements(name: MapName, elements: readonly MapElement[]): NetlinkMessage {
  return elementsMessage({
    type: NFT_MSG_NEWSETELEM,
    flags: NLM_F_CREATE,
    name,
    elements: elements.map(({ key, data }) => [
      nested(NFTA_SET_ELEM_KEY, [bytes(NFTA_DATA_VALUE, key)]),
      ...(data.length === 0 ? [] : [nested(NFTA_SET_ELEM_DATA, [bytes(NFTA_DATA_VALUE, data)])]),
    ]),
    description: `add elements to ${name.map}`,
  });
}

export function deleteElements(name: MapName, elements: readonly Pick<MapElement, 'key'>[]): NetlinkMessage {
  return elementsMessage({
    type: NFT_MSG_DELSETELEM,
    flags: 0,
    name,
    elements: elements.map(({ key }) => [nested(NFTA_SET_ELEM_KEY, [bytes(NFTA_DATA_VALUE, key)])]),
    description: `delete elements of ${name.map}`,
  });
}

/** Deletes some elements of a set, and adds others. */
export function changeSet(
  { version, table, set }: SetName,
  { removed, added }: { removed: readonly SetElement[]; added: readonly SetElement[] },
): NetlinkMessage[] {
  const common = { name: { version, table, map: set } };
  const messages: NetlinkMessage[] = [];
  if (removed.length > 0)
    messages.push(
      elementsMessage({
        ...common,
        type: NFT_MSG_DELSETELEM,
        flags: 0,
        elements: removed.map(setElement),
        description: `delete elements of ${set}`,
      }),
    );
  if (added.length > 0)
    messages.push(
      elementsMessage({
        ...common,
        type: NFT_MSG_NEWSETELEM,
        flags: NLM_F_CREATE,
        elements: added.map(setElement),
        description: `add elements to ${set}`,
      }),
    );
  return messages;
}

function setElement({ key, keyEnd, isIntervalEnd = false, data }: SetElement): ReturnType<typeof nested>[] {
  return [
    nested(NFTA_SET_ELEM_KEY, [bytes(NFTA_DATA_VALUE, key)]),
    ...(keyEnd === undefined ? [] : [nested(NFTA_SET_ELEM_KEY_END, [bytes(NFTA_DATA_VALUE, keyEnd)])]),
    ...(data === undefined ? [] : [nested(NFTA_SET_ELEM_DATA, [bytes(NFTA_DATA_VALUE, data)])]),
    ...(isIntervalEnd ? [bytes(NFTA_SET_ELEM_FLAGS, Uint8Array.of(0, 0, 0, NFT_SET_ELEM_INTERVAL_END))] : []),
  ];
}

export function dumpElements(name: MapName): NetlinkMessage {
  return elementsMessage({
    type: NFT_MSG_GETSETELEM,
    flags: 0,
    name,
    elements: undefined,
    description: `list elements of ${name.map}`,
  });
}

/** The elements in one answer to {@link dumpElements}. */
export function parseElements({ payload }: NetlinkReply): MapElement[] {
  const list = decodeAttributes(payload.subarray(4)).get(NFTA_SET_ELEM_LIST_ELEMENTS);
  if (list === undefined) return [];
  return decodeList(list).map(element => {
    const attributes = decodeAttributes(element);
    return {
      key: valueOf(attributes.get(NFTA_SET_ELEM_KEY)),
      data: valueOf(attributes.get(NFTA_SET_ELEM_DATA)),
    };
  });
}

/** Asks for the generation number, which every transaction on the ruleset changes. */
export function getGeneration(): NetlinkMessage {
  return {
    type: (NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_GETGEN,
    flags: 0,
    header: nfgenmsg(AF_UNSPEC, 0),
    attributes: [],
    description: 'generation of the ruleset',
  };
}

export function parseGeneration({ payload }: NetlinkReply): number {
  return decodeAttributes(payload.subarray(4)).get(NFTA_GEN_ID)?.readUInt32BE() ?? 0;
}

/** A chain that the kernel itself calls: at which hook of which family, and what becomes of packets that pass it. */
export type BaseChain = {
  family: 'ip' | 'ip6' | 'inet';
  table: string;
  chain: string;
  /** NF_INET_*, NF_* */
  hook: number;
  policy: number;
};

/** Asks for the chains of all tables (NLM_F_DUMP). */
export function dumpChains(): NetlinkMessage {
  return {
    type: (NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_GETCHAIN,
    flags: 0,
    header: nfgenmsg(AF_UNSPEC, 0),
    attributes: [],
    description: 'list chains',
  };
}

/** What is in one answer to {@link dumpChains}; undefined for a chain of another kind. */
export function parseBaseChain({ payload }: NetlinkReply): BaseChain | undefined {
  const attributes = decodeAttributes(payload.subarray(4));
  const family = FAMILIES.get(payload.readUInt8(0));
  const hook = attributes.get(NFTA_CHAIN_HOOK);
  const hookNumber = hook === undefined ? undefined : decodeAttributes(hook).get(NFTA_HOOK_HOOKNUM);
  if (family === undefined || hookNumber === undefined) return undefined;
  return {
    family,
    table: nameOf(attributes.get(NFTA_CHAIN_TABLE)),
    chain: nameOf(attributes.get(NFTA_CHAIN_NAME)),
    hook: hookNumber.readUInt32BE(),
    policy: attributes.get(NFTA_CHAIN_POLICY)?.readUInt32BE() ?? 1,
  };
}

const FAMILIES = new Map<number, BaseChain['family']>([
  [NFPROTO_INET, 'inet'],
  [NFPROTO_IPV4, 'ip'],
  [NFPROTO_IPV6, 'ip6'],
]);

function nameOf(value: Buffer | undefined): string {
  return value?.toString('utf8').replace(/\0$/, '') ?? '';
}

/** Asks for the rules of a table, or of one of its chains (NLM_F_DUMP); ENOENT where there is no such chain. */
export function dumpRules({
  version,
  table,
  chain,
}: Pick<SetName, 'version' | 'table'> & { chain?: string }): NetlinkMessage {
  return {
    type: (NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_GETRULE,
    flags: 0,
    header: nfgenmsg(familyOf(version), 0),
    attributes: [
      text(NFTA_RULE_TABLE, table),
      ...(chain === undefined ? [] : [text(NFTA_RULE_CHAIN, chain)]),
    ],
    description: `list rules of ${table}`,
  };
}

/** Of a chain of any table. To be dumped. */
export function dumpRulesOf({
  family,
  table,
  chain,
}: Pick<BaseChain, 'family' | 'table' | 'chain'>): NetlinkMessage {
  return {
    type: (NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_GETRULE,
    flags: 0,
    header: nfgenmsg([...FAMILIES].find(([, name]) => name === family)?.[0] ?? AF_UNSPEC, 0),
    attributes: [text(NFTA_RULE_TABLE, table), text(NFTA_RULE_CHAIN, chain)],
    description: `list rules of ${table} ${chain}`,
  };
}

/** What the rule in one answer to {@link dumpRules} is known by in its table, for good. */
export function parseRuleHandle({ payload }: NetlinkReply): bigint | undefined {
  return decodeAttributes(payload.subarray(4)).get(NFTA_RULE_HANDLE)?.readBigUInt64BE();
}

function valueOf(data: Buffer | undefined): Buffer {
  const value = data === undefined ? undefined : decodeAttributes(data).get(NFTA_DATA_VALUE);
  return Buffer.from(value ?? []);
}

function elementsMessage(options: {
  type: number;
  flags: number;
  name: MapName;
  elements: ReturnType<typeof nested>[][] | undefined;
  description: string;
}): NetlinkMessage {
  const { type, flags, name, elements, description } = options;
  const attributes = [text(NFTA_SET_ELEM_LIST_TABLE, name.table), text(NFTA_SET_ELEM_LIST_SET, name.map)];
  if (elements !== undefined)
    attributes.push(
      nested(
        NFTA_SET_ELEM_LIST_ELEMENTS,
        elements.map(element => nested(NFTA_LIST_ELEM, element)),
      ),
    );
  return {
    type: (NFNL_SUBSYS_NFTABLES << 8) | type,
    flags,
    header: nfgenmsg(familyOf(name.version), 0),
    attributes,
    description,
  };
}

function batchMessage(type: number): NetlinkMessage {
  return {
    type,
    flags: 0,
    header: nfgenmsg(AF_UNSPEC, NFNL_SUBSYS_NFTABLES),
    attributes: [],
    description: 'nftables transaction',
  };
}

function familyOf(version: 4 | 6): number {
  return version === 4 ? NFPROTO_IPV4 : NFPROTO_IPV6;
}

/** struct nfgenmsg: family, version, resource id in network order. */
function nfgenmsg(family: number, resource: number): Buffer {
  const header = Buffer.from([family, NFNETLINK_V0, 0, 0]);
  header.writeUInt16BE(resource, 2);
  return header;
}
