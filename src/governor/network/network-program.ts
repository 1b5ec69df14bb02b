import {
  and32,
  assembleBpf,
  type BpfInstruction,
  type BpfLabel,
  exit,
  jump,
  jumpIfNotEqual32,
  loadWord,
  moveImmediate,
} from '../../kernel/bpf/assembler.ts';
import { byteMask, type NetworkRule } from './network-rule.ts';

/** struct bpf_sock_addr (linux/bpf.h); addresses and the port in network order. */
const FIELDS = { ip4: 4, ip6: 8, port: 24 };
const ALLOW = 1;
const REFUSE = 0;
/** Containers talk to themselves, and to the resolver at 127.0.0.11, in any case. */
const LOOPBACK: readonly NetworkRule[] = [
  { family: 4, address: Buffer.from([127, 0, 0, 0]), prefixLength: 8, port: 0 },
  {
    family: 6,
    address: Buffer.from([...Array.from({ length: 15 }, () => 0), 1]),
    prefixLength: 128,
    port: 0,
  },
];
/** IPv4 addresses that a socket of IPv6 names: `::ffff:192.0.2.1`. */
const MAPPED_PREFIX = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]);

/** A program for connect(2) and sendmsg(2) of one address family: what no rule allows fails with EPERM. */
export function networkProgram(family: 4 | 6, rules: readonly NetworkRule[]): Uint8Array {
  const all = [...LOOPBACK, ...rules].flatMap(rule => inFamily(rule, family));
  return assembleBpf([
    ...all.flatMap((rule, index) => allowIfMatched(rule, `not-${index}`)),
    moveImmediate(0, REFUSE),
    exit(),
    { label: 'allow' },
    moveImmediate(0, ALLOW),
    exit(),
  ]);
}

function inFamily(rule: NetworkRule, family: 4 | 6): NetworkRule[] {
  if (rule.family === family) return [rule];
  if (family === 4) return [];
  const address = Buffer.concat([MAPPED_PREFIX, rule.address]);
  return [{ ...rule, family: 6, address, prefixLength: 96 + rule.prefixLength }];
}

function allowIfMatched(rule: NetworkRule, otherwise: string): (BpfInstruction | BpfLabel)[] {
  const { family, address, prefixLength, port } = rule;
  const start = family === 4 ? FIELDS.ip4 : FIELDS.ip6;
  const words = Array.from({ length: Math.ceil(prefixLength / 32) }, (_, index) => index);
  return [
    ...words.flatMap(index => [
      loadWord(2, 1, start + 4 * index),
      ...maskWord(prefixLength - 32 * index),
      jumpIfNotEqual32(2, address.readInt32LE(4 * index), otherwise),
    ]),
    ...(port === 0 ? [] : [loadWord(2, 1, FIELDS.port), jumpIfNotEqual32(2, networkOrder(port), otherwise)]),
    jump('allow'),
    { label: otherwise },
  ];
}

/** In the order in which the machine, which is little endian, reads a word of network order. */
function maskWord(bits: number): BpfInstruction[] {
  if (bits >= 32) return [];
  const mask = Buffer.from([0, 1, 2, 3].map(index => byteMask(bits - 8 * index)));
  return [and32(2, mask.readInt32LE(0))];
}

const networkOrder = (port: number): number => ((port & 0xff) << 8) | (port >> 8);
