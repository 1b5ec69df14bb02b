import { closeSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import {
  AF_PACKET,
  ETH_P_ARP,
  ETH_P_IP,
  MSG_DONTWAIT,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
} from '../../kernel/abi/socket.ts';
import { syscall, syscallResult } from '../../kernel/libc.ffi.ts';
import { inNetworkNamespace } from '../../kernel/namespaces.ts';
import { ipBytes } from '../../kernel/netlink/address-messages.ts';
import { macBytes } from '../../kernel/netlink/link-messages.ts';

/** Neighbours on a segment answer within a few milliseconds; a question may be lost. */
const PROBES = 2;
const WAIT_MS = 75;
/** More than come in that time, but from who wants to hold up the engine. */
const MAX_PACKETS = 1000;
const ARP_BYTES = 28;
const ARPHRD_ETHER = 1;
const ARPOP_REQUEST = 1;
const ETHER_BYTES = 6;

export type HolderQuestion = {
  /** Of the network namespace. */
  namespace: number;
  /** An interface there, which is up and has not the address. */
  index: number;
  macAddress: string;
  /** IPv4 */
  address: string;
};

/**
 * Asks a segment which station has an address, as who is about to use it does (RFC 5227, section 2.1.1).
 * @returns the hardware addresses of those that have it, or are about to
 * @throws SyscallError
 */
export async function findHolders(question: HolderQuestion): Promise<Set<string>> {
  const socket = inNetworkNamespace(question.namespace, () =>
    syscall('socket', 'arp', AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, bigEndian(ETH_P_ARP)),
  );
  try {
    const place = packetAddress(question.index);
    syscall('bind', 'arp', socket, place, place.length);
    const holders = new Set<string>();
    for (let probe = 0; probe < PROBES && holders.size === 0; probe++) {
      const packet = probeFor(question);
      syscall('sendto', 'arp', socket, packet, packet.length, 0, place, place.length);
      await delay(WAIT_MS);
      for (const holder of receive(socket, question)) holders.add(holder);
    }
    return holders;
  } finally {
    closeSync(socket);
  }
}

/** What has come so far about the address from others. */
function* receive(socket: number, { address, macAddress }: HolderQuestion): Generator<string> {
  const packet = Buffer.alloc(64);
  for (let count = 0; count < MAX_PACKETS; count++) {
    const length = syscallResult('recvfrom', socket, packet, packet.length, MSG_DONTWAIT, 0, 0);
    if (length < 0) return;
    if (length < ARP_BYTES) continue;
    const sender = packet.subarray(8, 14).toString('hex').match(/../g)?.join(':') ?? '';
    const [own, asked] = [packet.subarray(14, 18), packet.subarray(24, 28)];
    const isHolder = own.equals(ipBytes(address));
    const isProbe = own.every(byte => byte === 0) && asked.equals(ipBytes(address));
    if ((isHolder || isProbe) && sender !== macAddress) yield sender;
  }
}

/** RFC 826; the sender has no address yet. */
function probeFor({ macAddress, address }: HolderQuestion): Buffer {
  const packet = Buffer.alloc(ARP_BYTES);
  packet.writeUInt16BE(ARPHRD_ETHER, 0);
  packet.writeUInt16BE(ETH_P_IP, 2);
  packet.writeUInt8(ETHER_BYTES, 4);
  packet.writeUInt8(4, 5);
  packet.writeUInt16BE(ARPOP_REQUEST, 6);
  packet.set(macBytes(macAddress), 8);
  packet.set(ipBytes(address), 24);
  return packet;
}

/** struct sockaddr_ll (packet(7)), to all stations. */
function packetAddress(index: number): Buffer {
  const buffer = Buffer.alloc(20);
  buffer.writeUInt16LE(AF_PACKET, 0);
  buffer.writeUInt16BE(ETH_P_ARP, 2);
  buffer.writeInt32LE(index, 4);
  buffer.writeUInt8(ETHER_BYTES, 11);
  buffer.fill(0xff, 12, 12 + ETHER_BYTES);
  return buffer;
}

function bigEndian(value: number): number {
  return ((value & 0xff) << 8) | (value >> 8);
}
