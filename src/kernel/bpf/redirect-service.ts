import { closeSync } from 'node:fs';
import {
  add,
  assembleBpf,
  call,
  exit,
  jumpIfEqual,
  jumpIfEqual32,
  jumpIfNotEqual32,
  loadMap,
  loadWord,
  move,
  moveImmediate,
  storeWord,
} from './assembler.ts';
import { createLink, createMap, loadProgram, setElement } from './bpf.ts';

const BPF_MAP_TYPE_SOCKMAP = 15;
const BPF_PROG_TYPE_SK_LOOKUP = 30;
const BPF_SK_LOOKUP = 36;

const HELPERS = { lookUpElement: 1, releaseSocket: 86, assignSocket: 124 };
/** struct bpf_sk_lookup (linux/bpf.h) */
const FIELDS = { family: 8, protocol: 12, localIpv4: 40, localPort: 60 };
const AF_INET = 2;
const IPPROTO_TCP = 6;
const IPPROTO_UDP = 17;
const SK_PASS = 1;
const [TCP, UDP] = [0, 1];

/**
 * Has what is sent to an IPv4 address and port in a network namespace received by sockets that are bound to others: a
 * program between the routing and the choice of a socket (BPF_PROG_TYPE_SK_LOOKUP, Linux 5.9). Neither those who bind
 * the port at every address are in the way, nor who changes the namespace's firewall.
 * @param options.address four bytes, in network order
 * @param options.tcp a listening socket
 * @param options.udp a bound one
 * @returns a descriptor: it is redirected as long as this is open
 * @throws SyscallError
 */
export function redirectService(options: {
  namespace: number;
  address: Buffer;
  port: number;
  tcp: number;
  udp: number;
}): number {
  const map = createMap({ type: BPF_MAP_TYPE_SOCKMAP, entries: 2 });
  try {
    setElement(map, TCP, options.tcp);
    setElement(map, UDP, options.udp);
    const instructions = programOf(map, options.address, options.port);
    const program = loadProgram({ type: BPF_PROG_TYPE_SK_LOOKUP, attachType: BPF_SK_LOOKUP, instructions });
    try {
      return createLink({ program, target: options.namespace, attachType: BPF_SK_LOOKUP });
    } finally {
      closeSync(program);
    }
  } finally {
    closeSync(map);
  }
}

function programOf(map: number, address: Buffer, port: number): Uint8Array {
  return assembleBpf([
    move(6, 1),
    loadWord(2, 1, FIELDS.family),
    jumpIfNotEqual32(2, AF_INET, 'pass'),
    loadWord(2, 1, FIELDS.localPort),
    jumpIfNotEqual32(2, port, 'pass'),
    loadWord(2, 1, FIELDS.localIpv4),
    jumpIfNotEqual32(2, address.readInt32LE(0), 'pass'),
    loadWord(2, 1, FIELDS.protocol),
    storeWord(10, -4, TCP),
    jumpIfEqual32(2, IPPROTO_TCP, 'find'),
    storeWord(10, -4, UDP),
    jumpIfNotEqual32(2, IPPROTO_UDP, 'pass'),
    { label: 'find' },
    ...loadMap(1, map),
    move(2, 10),
    add(2, -4),
    call(HELPERS.lookUpElement),
    jumpIfEqual(0, 0, 'pass'),
    move(7, 0),
    move(1, 6),
    move(2, 7),
    moveImmediate(3, 0),
    call(HELPERS.assignSocket),
    move(1, 7),
    call(HELPERS.releaseSocket),
    { label: 'pass' },
    moveImmediate(0, SK_PASS),
    exit(),
  ]);
}
