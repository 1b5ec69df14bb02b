import { closeSync } from 'node:fs';
import { errorCode } from '../../base/errors.ts';
import {
  AF_INET,
  AF_INET6,
  IPPROTO_IPV6,
  IPPROTO_SCTP,
  IPPROTO_TCP,
  IPPROTO_UDP,
  IPV6_RECVPKTINFO,
  IPV6_V6ONLY,
  SO_REUSEADDR,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_STREAM,
  SOL_SOCKET,
} from '../../kernel/abi/socket.ts';
import { syscall } from '../../kernel/libc.ffi.ts';
import { boundPort, socketAddress } from '../../kernel/socket-address.ts';
import type { PortBinding, Protocol } from '../driver.ts';
import { versionOf } from '../ipam/ip.ts';

const SOCKETS: Record<Protocol, { type: number; protocol: number }> = {
  tcp: { type: SOCK_STREAM, protocol: IPPROTO_TCP },
  udp: { type: SOCK_DGRAM, protocol: IPPROTO_UDP },
  sctp: { type: SOCK_STREAM, protocol: IPPROTO_SCTP },
};
/** As many as the kernel lets one have (net.core.somaxconn). */
const RELAY_BACKLOG = 4096;

/**
 * A socket bound to the port of a host's address, which keeps it from other programs, and which port it is. Where the
 * kernel has no SCTP, no other program can have its ports, and there is no socket.
 * @param isRelayed whether what comes to it is the shim's to pass on
 * @throws SyscallError
 */
export function bindPortSocket(
  binding: PortBinding,
  isRelayed = false,
): { hostPort: number; descriptor?: number } {
  const { protocol, hostIp, hostPort } = binding;
  const where = `${hostIp}:${hostPort}`;
  const descriptor = openSocket(protocol, hostIp, where);
  if (descriptor === undefined) return { hostPort };
  try {
    if (versionOf(hostIp) === 6)
      setOption(descriptor, { level: IPPROTO_IPV6, option: IPV6_V6ONLY, value: 1 });
    // Connections of an earlier owner that linger in TIME_WAIT must not keep the port; but with the option
    // left on, another program that has it on as well could bind beside this socket.
    const reuse = protocol === 'tcp' && hostPort !== 0;
    if (reuse) setOption(descriptor, { level: SOL_SOCKET, option: SO_REUSEADDR, value: 1 });
    const address = socketAddress(hostIp, hostPort);
    syscall('bind', where, descriptor, address, address.length);
    // What lingers would keep it from listening, too.
    if (isRelayed) awaitRelayed(descriptor, binding);
    if (reuse) setOption(descriptor, { level: SOL_SOCKET, option: SO_REUSEADDR, value: 0 });
    return { hostPort: hostPort || boundPort(descriptor), descriptor };
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

/** By that the shim knows it: it listens, or wants to know where a datagram was sent to. */
function awaitRelayed(descriptor: number, { protocol, hostIp }: PortBinding): void {
  if (protocol === 'tcp') syscall('listen', hostIp, descriptor, RELAY_BACKLOG);
  if (protocol === 'udp') setOption(descriptor, { level: IPPROTO_IPV6, option: IPV6_RECVPKTINFO, value: 1 });
}

/** By what such a socket is told from others: its protocol, and its address as the kernel has it. */
export function portSocketName({ protocol, hostIp, hostPort }: PortBinding) {
  return { protocol: SOCKETS[protocol].protocol, address: socketAddress(hostIp, hostPort) };
}

function openSocket(protocol: Protocol, hostIp: string, where: string): number | undefined {
  const family = versionOf(hostIp) === 4 ? AF_INET : AF_INET6;
  const { type, protocol: number } = SOCKETS[protocol];
  try {
    return syscall('socket', where, family, type | SOCK_CLOEXEC, number);
  } catch (error) {
    if (protocol === 'sctp' && errorCode(error) === 'EPROTONOSUPPORT') return undefined;
    throw error;
  }
}

function setOption(
  descriptor: number,
  { level, option, value }: { level: number; option: number; value: 0 | 1 },
): void {
  syscall('setsockopt', String(option), descriptor, level, option, Buffer.of(value, 0, 0, 0), 4);
}
