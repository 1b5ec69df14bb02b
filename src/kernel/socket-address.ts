import { AF_INET, AF_INET6 } from './abi/socket.ts';
import { syscall } from './libc.ffi.ts';
import { ipBytes } from './netlink/address-messages.ts';

/** The size of the larger one. */
export const SOCKET_ADDRESS_BYTES = 28;

/** struct sockaddr_in, sockaddr_in6 */
export function socketAddress(address: string, port: number): Buffer {
  const isIpv4 = !address.includes(':');
  const buffer = Buffer.alloc(isIpv4 ? 16 : SOCKET_ADDRESS_BYTES);
  buffer.writeUInt16LE(isIpv4 ? AF_INET : AF_INET6, 0);
  buffer.writeUInt16BE(port, 2);
  buffer.set(ipBytes(address), isIpv4 ? 4 : 8);
  return buffer;
}

/** The port that a socket is bound to. @throws SyscallError */
export function boundPort(descriptor: number): number {
  const address = Buffer.alloc(SOCKET_ADDRESS_BYTES);
  syscall('getsockname', '', descriptor, address, Buffer.of(SOCKET_ADDRESS_BYTES, 0, 0, 0));
  return address.readUInt16BE(2);
}
