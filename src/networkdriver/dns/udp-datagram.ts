const IPV4_BYTES = 20;
const UDP_BYTES = 8;
const IPPROTO_UDP = 17;
const TTL = 64;

export type Place = { address: string; port: number };

/**
 * An IPv4 packet (RFC 791) with a UDP datagram (RFC 768), for a raw socket: the kernel adds the header's checksum and an
 * identification. The datagram has no checksum, as it does not leave the host.
 */
export function udpDatagram(content: Uint8Array, { from, to }: { from: Place; to: Place }): Buffer {
  const packet = Buffer.alloc(IPV4_BYTES + UDP_BYTES + content.length);
  packet[0] = 0x45;
  packet.writeUInt16BE(packet.length, 2);
  packet[8] = TTL;
  packet[9] = IPPROTO_UDP;
  writeAddress(packet, 12, from.address);
  writeAddress(packet, 16, to.address);
  packet.writeUInt16BE(from.port, 20);
  packet.writeUInt16BE(to.port, 22);
  packet.writeUInt16BE(UDP_BYTES + content.length, 24);
  packet.set(content, IPV4_BYTES + UDP_BYTES);
  return packet;
}

function writeAddress(packet: Buffer, at: number, address: string): void {
  address.split('.').forEach((part, index) => {
    packet[at + index] = Number(part);
  });
}
