import { closeSync } from 'node:fs';
import { randomInt } from 'node:crypto';
import { constants } from 'node:os';
import { EngineError, errorCode } from '../../base/errors.ts';
import {
  AF_INET,
  AF_INET6,
  MSG_DONTWAIT,
  SO_ERROR,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SOL_SOCKET,
} from '../../kernel/abi/socket.ts';
import { NETLINK_ROUTE } from '../../kernel/abi/netlink.ts';
import { injectPacket } from '../../kernel/bpf/inject-packet.ts';
import { syscall, syscallResult } from '../../kernel/libc.ffi.ts';
import { inNetworkNamespace } from '../../kernel/namespaces.ts';
import { getRoute, parseRoute, type Route } from '../../kernel/netlink/address-messages.ts';
import { getLink, parseLink } from '../../kernel/netlink/link-messages.ts';
import { NetlinkSocket } from '../../kernel/netlink/netlink-socket.ts';
import { boundPort, SOCKET_ADDRESS_BYTES, socketAddress } from '../../kernel/socket-address.ts';
import { versionOf } from '../ipam/ip.ts';
import { encodeProbe, FLAGS } from './probe-frame.ts';

/** As the kernel chooses them for programs, by default. */
const EPHEMERAL_PORTS = [32_768, 61_000] as const;

export type ProbeProtocol = 'tcp' | 'udp';
type Target = { address: string; port: number };

/** A packet that is to be sent, and its sender. */
export type Probe = {
  protocol: ProbeProtocol;
  to: Target;
  sourcePort: number;
  /** Whether it is sent to where it is to arrive: no address is to be translated. */
  isRouted?: boolean;
  /** How it is told from others, in nft(8)'s language. */
  match: string;
  /** @throws SyscallError */
  send(): void;
  /** What its sender has heard, where that is a program. */
  heard(): 'answer' | 'refusal' | '';
  close(): void;
};

/**
 * A connection, or an empty datagram, from a program of the host's, or from one in a network namespace.
 * @throws SyscallError
 */
export function probeFromHere(
  { protocol, to }: { protocol: ProbeProtocol; to: Target },
  namespace?: number,
): Probe {
  const family = versionOf(to.address) === 4 ? AF_INET : AF_INET6;
  const type = (protocol === 'tcp' ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC | SOCK_NONBLOCK;
  const open = (): number => syscall('socket', 'probe', family, type, 0);
  const socket = namespace === undefined ? open() : inNetworkNamespace(namespace, open);
  const any = socketAddress(family === AF_INET ? '0.0.0.0' : '::', 0);
  syscall('bind', 'probe', socket, any, any.length);
  const sourcePort = boundPort(socket);
  return {
    protocol,
    to,
    sourcePort,
    match: matchOf({ protocol, to, sourcePort }),
    send() {
      const address = socketAddress(to.address, to.port);
      const result = syscallResult('connect', socket, address, address.length);
      if (result < 0 && result !== -constants.errno.EINPROGRESS)
        syscall('connect', `${to.address}:${to.port}`, socket, address, address.length);
      if (protocol === 'udp') syscallResult('sendto', socket, Buffer.alloc(1), 0, 0, null, 0);
    },
    heard: () => (protocol === 'tcp' ? heardByStream(socket) : heardByDatagrams(socket)),
    close: () => closeSync(socket),
  };
}

function heardByStream(socket: number): ReturnType<Probe['heard']> {
  const error = Buffer.alloc(4);
  syscall('getsockopt', 'SO_ERROR', socket, SOL_SOCKET, SO_ERROR, error, Buffer.of(4, 0, 0, 0));
  if (error.readInt32LE() === constants.errno.ECONNREFUSED) return 'refusal';
  const peer = Buffer.alloc(SOCKET_ADDRESS_BYTES);
  const result = syscallResult('getpeername', socket, peer, Buffer.of(SOCKET_ADDRESS_BYTES, 0, 0, 0));
  return result === 0 ? 'answer' : '';
}

function heardByDatagrams(socket: number): ReturnType<Probe['heard']> {
  const result = syscallResult('recvfrom', socket, Buffer.alloc(1), 1, MSG_DONTWAIT, null, null);
  return result >= 0 ? 'answer' : result === -constants.errno.ECONNREFUSED ? 'refusal' : '';
}

/**
 * A packet that comes from another host: the interface by which that is reached gets it, with that host's address as its
 * sender.
 * @param options.to the host's address that goes with that way, where none is named
 * @throws EngineError invalid-parameter for an address of this host, not-found where no route leads to it; SyscallError
 */
export function probeFromElsewhere(options: {
  protocol: ProbeProtocol;
  from: string;
  to: { address: string | undefined; port: number };
}): Probe {
  const { protocol, from } = options;
  const { route, link } = wayTo(from);
  const to = { address: options.to.address ?? route.source, port: options.to.port };
  const sourcePort = randomInt(...EPHEMERAL_PORTS);
  const sequence = randomInt(2 ** 31);
  const send = (flags: number, position: number): void =>
    injectPacket(
      link.index,
      encodeProbe({
        protocol,
        macAddress: link.macAddress,
        from: { address: from, port: sourcePort },
        to,
        flags,
        sequence: position,
      }),
    );
  return {
    protocol,
    to,
    sourcePort,
    match: `${versionOf(from) === 4 ? 'ip' : 'ip6'} saddr ${from} ${matchOf({ protocol, to, sourcePort })}`,
    send: () => send(FLAGS.syn, sequence),
    heard: () => '',
    /** Nobody waits for a connection that has been half opened. */
    close: () => {
      if (protocol === 'tcp') send(FLAGS.rst, sequence + 1);
    },
  };
}

function wayTo(address: string) {
  const host = new NetlinkSocket(NETLINK_ROUTE);
  try {
    const route = routeTo(host, address);
    if (route.isLocal) throw new EngineError('invalid-parameter', `${address} is an address of this host`);
    const [reply] = host.request([getLink({ index: route.linkIndex })]);
    if (reply === undefined) throw new TypeError(`no answer about interface ${route.linkIndex}`);
    return { route, link: parseLink(reply) };
  } finally {
    host.close();
  }
}

function routeTo(host: NetlinkSocket, address: string): Route {
  try {
    const [reply] = host.request([getRoute(address)]);
    if (reply !== undefined) return parseRoute(reply);
  } catch (error) {
    if (!['ENETUNREACH', 'EHOSTUNREACH', 'ESRCH'].includes(errorCode(error) ?? '')) throw error;
  }
  throw new EngineError('not-found', `no route of this host leads to ${address}`);
}

function matchOf({ protocol, to, sourcePort }: Pick<Probe, 'protocol' | 'to' | 'sourcePort'>): string {
  const family = versionOf(to.address) === 4 ? 'ip' : 'ip6';
  // Of a connection only what opens it.
  const first = protocol === 'tcp' ? ' tcp flags & (syn | ack) == syn' : '';
  return `${family} daddr ${to.address} ${protocol} dport ${to.port} ${protocol} sport ${sourcePort}${first}`;
}
