/** Sockets inside network namespaces, for tests: real traffic from and to them, all in one process. */
import { createSocket, type Socket as DatagramSocket } from 'node:dgram';
import { once } from 'node:events';
import { closeSync } from 'node:fs';
import { createServer, type Server, Socket } from 'node:net';
import {
  AF_INET,
  AF_INET6,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_STREAM,
  SOL_SOCKET,
} from '../src/kernel/abi/socket.ts';
import { syscall } from '../src/kernel/libc.ffi.ts';
import { inNetworkNamespace } from '../src/kernel/namespaces.ts';
import { ipBytes } from '../src/kernel/netlink/address-messages.ts';

const SO_SNDTIMEO = 21;
const CONNECT_TIMEOUT_S = 1;
const ANSWER_TIMEOUT_MS = 3000;

export type Address = { host: string; port: number };

/** Answers every connection with its own name and the address it sees the client at, `web 172.17.0.1`. */
export async function serveTcp(namespace: number, port: number, name: string): Promise<Server> {
  const descriptor = socketIn(namespace, SOCK_STREAM);
  bind(descriptor, { host: '0.0.0.0', port });
  const server = createServer(client => {
    client.on('error', () => undefined);
    // One that a firewall has cut off would keep the program for a quarter of an hour.
    client.unref();
    client.end(`${name} ${client.remoteAddress?.replace('::ffff:', '')}`);
  });
  server.listen({ fd: descriptor });
  await once(server, 'listening');
  return server;
}

/** Answers every datagram as {@link serveTcp} does connections. */
export function serveUdp(namespace: number, port: number, name: string): DatagramSocket {
  const descriptor = socketIn(namespace, SOCK_DGRAM);
  bind(descriptor, { host: '0.0.0.0', port });
  const socket = createSocket('udp4');
  socket.on('message', (_, from) => socket.send(`${name} ${from.address}`, from.port, from.address));
  socket.bind({ fd: descriptor });
  return socket;
}

/** A name server at port 53 of an address in the namespace, over UDP and TCP. */
export async function serveNames(
  namespace: number,
  host: string,
  answer: (question: Buffer, isTcp: boolean) => Buffer,
): Promise<{ close(): void }> {
  const isV6 = host.includes(':');
  const [udpSocket, tcpSocket] = [
    socketIn(namespace, SOCK_DGRAM, isV6),
    socketIn(namespace, SOCK_STREAM, isV6),
  ];
  for (const descriptor of [udpSocket, tcpSocket]) bind(descriptor, { host, port: 53 });
  const udp = createSocket(isV6 ? 'udp6' : 'udp4');
  udp.on('message', (question, from) => udp.send(answer(question, false), from.port, from.address));
  udp.bind({ fd: udpSocket });
  const tcp = createServer(client => {
    client.on('error', () => undefined);
    client.once('data', (question: Buffer) => {
      const whole = answer(question.subarray(2), true);
      client.end(Buffer.concat([Buffer.of(whole.length >> 8, whole.length & 0xff), whole]));
    });
  });
  tcp.listen({ fd: tcpSocket });
  await once(tcp, 'listening');
  return {
    close() {
      udp.close();
      tcp.close();
    },
  };
}

/** A name server over TCP that promises a long answer, and sends a byte of it now and then. */
export async function serveSlowly(namespace: number, host: string): Promise<{ close(): void }> {
  const descriptor = socketIn(namespace, SOCK_STREAM);
  bind(descriptor, { host, port: 53 });
  const server = createServer(client => {
    client.write(Buffer.of(0xff, 0xff));
    const timer = setInterval(() => client.write(Buffer.of(0)), 100);
    client.on('error', () => undefined).once('close', () => clearInterval(timer));
  });
  server.listen({ fd: descriptor });
  await once(server, 'listening');
  return { close: () => void server.close() };
}

/** What a server answers; undefined when no connection comes about, or nothing comes by it. */
export async function askTcp(namespace: number, to: Address): Promise<string | undefined> {
  const descriptor = socketIn(namespace, SOCK_STREAM);
  const timeout = Buffer.alloc(16);
  timeout.writeBigInt64LE(BigInt(CONNECT_TIMEOUT_S), 0);
  syscall('setsockopt', 'SO_SNDTIMEO', descriptor, SOL_SOCKET, SO_SNDTIMEO, timeout, 16);
  try {
    // Blocking, while the descriptor still is: the kernel answers for the server.
    syscall('connect', `${to.host}:${to.port}`, descriptor, socketAddress(to), 16);
  } catch {
    closeSync(descriptor);
    return undefined;
  }
  const socket = new Socket({ fd: descriptor });
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  try {
    await once(socket, 'close', { signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) });
  } catch {
    socket.destroy();
    if (chunks.length === 0) return undefined;
  }
  return Buffer.concat(chunks).toString();
}

/** What a server answers to a datagram; undefined when nothing comes. */
export async function askUdp(namespace: number, to: Address): Promise<string | undefined> {
  const descriptor = socketIn(namespace, SOCK_DGRAM);
  bind(descriptor, { host: '0.0.0.0', port: 0 });
  const socket = createSocket('udp4');
  socket.bind({ fd: descriptor });
  try {
    const answer = once(socket, 'message', { signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) });
    socket.send('?', to.port, to.host);
    const [message] = (await answer) as [Buffer];
    return message.toString();
  } catch {
    return undefined;
  } finally {
    socket.close();
  }
}

/** Sends a datagram from one and the same port every few milliseconds, until closed. */
export function createUdpSender(
  namespace: number,
  to: Address,
): { sent(): Promise<void>; answer(): Promise<string>; close(): void } {
  const descriptor = socketIn(namespace, SOCK_DGRAM);
  bind(descriptor, { host: '0.0.0.0', port: 0 });
  const socket = createSocket('udp4');
  socket.on('error', () => undefined);
  socket.bind({ fd: descriptor });
  const timer = setInterval(() => socket.send('?', to.port, to.host), 5);
  return {
    sent: async () => {
      await new Promise<void>(resolve => socket.send('?', to.port, to.host, () => resolve()));
    },
    answer: async () => {
      const [message] = (await once(socket, 'message', { signal: AbortSignal.timeout(5000) })) as [Buffer];
      return message.toString();
    },
    close: () => {
      clearInterval(timer);
      socket.close();
    },
  };
}

/** A socket of that namespace, bound and listening: a program that has the port already. */
export function occupyTcp(namespace: number, address: Address): number {
  const descriptor = socketIn(namespace, SOCK_STREAM);
  bind(descriptor, address);
  syscall('listen', '', descriptor, 1);
  return descriptor;
}

function socketIn(namespace: number, type: number, isV6 = false): number {
  const family = isV6 ? AF_INET6 : AF_INET;
  return inNetworkNamespace(namespace, () => syscall('socket', '', family, type | SOCK_CLOEXEC, 0));
}

function bind(descriptor: number, address: Address): void {
  const bytes = socketAddress(address);
  syscall('bind', `${address.host}:${address.port}`, descriptor, bytes, bytes.length);
}

/** struct sockaddr_in, struct sockaddr_in6 */
function socketAddress({ host, port }: Address): Buffer {
  const isV6 = host.includes(':');
  const buffer = Buffer.alloc(isV6 ? 28 : 16);
  buffer.writeUInt16LE(isV6 ? AF_INET6 : AF_INET, 0);
  buffer.writeUInt16BE(port, 2);
  ipBytes(host).copy(buffer, isV6 ? 8 : 4);
  return buffer;
}
