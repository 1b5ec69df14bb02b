import { createSocket, type Socket as DatagramSocket } from 'node:dgram';
import { closeSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { SyscallError } from '../../base/errors.ts';
import { AF_INET, SOCK_CLOEXEC, SOCK_DGRAM, SOCK_RAW, SOCK_STREAM } from '../../kernel/abi/socket.ts';
import { redirectService } from '../../kernel/bpf/redirect-service.ts';
import { syscall, syscallResult } from '../../kernel/libc.ffi.ts';
import { inNetworkNamespace } from '../../kernel/namespaces.ts';
import { ipBytes } from '../../kernel/netlink/address-messages.ts';
import { udpDatagram } from './udp-datagram.ts';

export const SERVICE_ADDRESS = '127.0.0.11';
const SERVICE_PORT = 53;
const IPPROTO_RAW = 255;
const SOCKADDR_BYTES = 16;
const BACKLOG = 128;
/** TCP connections that one container may have. */
const MAX_CONNECTIONS = 128;
const IDLE_MS = 10_000;
const MAX_MESSAGE_BYTES = 65_535;
/** Limit for answers that a client has not read; no question is taken from it until it has. */
const MAX_UNREAD_BYTES = 64 * 1024;

/** @param reply sends the answer: a message; at most once */
export type QueryHandler = (message: Buffer, isTcp: boolean, reply: (answer: Buffer) => void) => void;

/**
 * The sockets at 127.0.0.11:53 in a container's network namespace. They are bound to other ports there, and what is sent
 * to that one is redirected (see redirect-service.ts): so a server of the container's own may have it. Where the kernel
 * cannot redirect, they are bound to it.
 */
export class ServiceSockets implements Disposable {
  readonly #descriptors: number[] = [];
  readonly #udp: DatagramSocket = createSocket('udp4');
  readonly #tcp: Server;
  readonly #connections = new Set<Socket>();
  readonly #onQuery: QueryHandler;

  private constructor(onQuery: QueryHandler) {
    this.#onQuery = onQuery;
    this.#tcp = createServer(socket => this.#serve(socket));
    this.#tcp.maxConnections = MAX_CONNECTIONS;
    for (const server of [this.#udp, this.#tcp]) server.on('error', () => undefined);
  }

  /** @param namespace a descriptor, which stays the caller's @throws SyscallError */
  static async open(namespace: number, onQuery: QueryHandler): Promise<ServiceSockets> {
    const sockets = new ServiceSockets(onQuery);
    try {
      await sockets.#listen(namespace);
      return sockets;
    } catch (error) {
      sockets[Symbol.dispose]();
      throw error;
    }
  }

  /** Idempotent. */
  [Symbol.dispose](): void {
    for (const descriptor of this.#descriptors.splice(0)) closeSync(descriptor);
    for (const connection of this.#connections) connection.destroy();
    this.#tcp.close();
    try {
      this.#udp.close();
    } catch {
      // It never was open, or is closed.
    }
  }

  async #listen(namespace: number): Promise<void> {
    const { udp, tcp, raw, link } = inNetworkNamespace(namespace, () => openSockets(namespace));
    if (link !== undefined) this.#descriptors.push(link);
    this.#descriptors.push(raw);
    const reply = (answer: Buffer, to: { address: string; port: number }): void => {
      const datagram = udpDatagram(answer, { from: { address: SERVICE_ADDRESS, port: SERVICE_PORT }, to });
      // A full buffer, or an asker who has gone: it asks again, or does not.
      syscallResult(
        'sendto',
        raw,
        datagram,
        datagram.length,
        0,
        socketAddress(to.address, 0),
        SOCKADDR_BYTES,
      );
    };
    this.#udp.on('message', (message, from) =>
      this.#onQuery(message, false, answer => {
        if (this.#descriptors.length > 0) reply(answer, from);
      }),
    );
    await Promise.all([
      new Promise<void>(resolve => this.#udp.bind({ fd: udp }, resolve)),
      new Promise<void>(resolve => this.#tcp.listen({ fd: tcp }, resolve)),
    ]);
  }

  /** Messages over TCP are preceded by their length (RFC 1035, section 4.2.2), and may follow each other. */
  #serve(socket: Socket): void {
    this.#connections.add(socket);
    socket.setTimeout(IDLE_MS, () => socket.destroy());
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#connections.delete(socket));
    socket.on('drain', () => socket.resume());
    let received = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      while (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
        const end = 2 + received.readUInt16BE(0);
        const message = received.subarray(2, end);
        received = received.subarray(end);
        this.#onQuery(message, true, answer => {
          if (socket.writable) socket.write(framed(answer));
          if (socket.writableLength > MAX_UNREAD_BYTES) socket.pause();
        });
      }
      if (received.length > 2 + MAX_MESSAGE_BYTES) socket.destroy();
    });
  }
}

/** As messages go over TCP. */
export function framed(message: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(message.length);
  return Buffer.concat([length, message]);
}

type Opened = { udp: number; tcp: number; raw: number; link: number | undefined };

/** In the namespace that the thread is in. @throws SyscallError */
function openSockets(namespace: number): Opened {
  const raw = openSocket(SOCK_RAW, IPPROTO_RAW);
  try {
    return { ...bindRedirected(namespace), raw };
  } catch (error) {
    if (!(error instanceof SyscallError) || error.call !== 'bpf') {
      closeSync(raw);
      throw error;
    }
  }
  try {
    return { ...bindAt(SERVICE_PORT), raw, link: undefined };
  } catch (error) {
    closeSync(raw);
    throw error;
  }
}

function bindRedirected(namespace: number): Omit<Opened, 'raw'> {
  const { udp, tcp } = bindAt(0);
  try {
    const link = redirectService({
      namespace,
      address: ipBytes(SERVICE_ADDRESS),
      port: SERVICE_PORT,
      udp,
      tcp,
    });
    return { udp, tcp, link };
  } catch (error) {
    closeSync(udp);
    closeSync(tcp);
    throw error;
  }
}

function bindAt(port: number): { udp: number; tcp: number } {
  const opened: number[] = [];
  try {
    for (const type of [SOCK_DGRAM, SOCK_STREAM]) {
      const descriptor = openSocket(type, 0);
      opened.push(descriptor);
      const address = socketAddress(SERVICE_ADDRESS, port);
      syscall('bind', SERVICE_ADDRESS, descriptor, address, SOCKADDR_BYTES);
    }
    const [udp, tcp] = opened as [number, number];
    syscall('listen', SERVICE_ADDRESS, tcp, BACKLOG);
    return { udp, tcp };
  } catch (error) {
    for (const descriptor of opened) closeSync(descriptor);
    throw error;
  }
}

function openSocket(type: number, protocol: number): number {
  return syscall('socket', 'dns', AF_INET, type | SOCK_CLOEXEC, protocol);
}

function socketAddress(address: string, port: number): Buffer {
  const buffer = Buffer.alloc(SOCKADDR_BYTES);
  buffer.writeUInt16LE(AF_INET, 0);
  buffer.writeUInt16BE(port, 2);
  buffer.set(ipBytes(address), 4);
  return buffer;
}
