import { randomInt } from 'node:crypto';
import { createSocket, type Socket as DatagramSocket } from 'node:dgram';
import { connect, isIPv6, Socket } from 'node:net';
import { Semaphore } from '../../base/semaphore.ts';
import { AF_INET, AF_INET6, SOCK_CLOEXEC, SOCK_DGRAM, SOCK_STREAM } from '../../kernel/abi/socket.ts';
import { syscall, syscallResult } from '../../kernel/libc.ffi.ts';
import { inNetworkNamespace } from '../../kernel/namespaces.ts';
import { ipBytes } from '../../kernel/netlink/address-messages.ts';
import { framed } from './service-sockets.ts';

/** A name server, asked from the host's side or from within a container's network namespace. */
export type NameServer = { address: string; namespace?: number };

const PORT = 53;
const UDP_TIMEOUT_MS = 2000;
const TCP_TIMEOUT_MS = 5000;
/** A server that has not answered is asked last for that long. */
const DISTRUST_MS = 30_000;
/** Questions asked at a time, each on a socket of its own, and those that wait. */
const MAX_ASKED = 1000;
const MAX_PENDING = 8000;
const SOCK_NONBLOCK = 0o4000;
const CANNOT_ANSWER = [2, 5];

/** Passes questions on to other name servers, and their answers back, as they are. */
export class Upstream {
  readonly #places = new Semaphore(MAX_ASKED);
  readonly #never = new AbortController().signal;
  #pending = 0;
  /** By address: until when it is distrusted. */
  readonly #distrusted = new Map<string, number>();

  /**
   * @param servers in the order in which they are to be asked
   * @returns the first answer; undefined when there is none
   */
  async ask(question: Buffer, servers: readonly NameServer[], isTcp: boolean): Promise<Buffer | undefined> {
    if (servers.length === 0 || this.#pending >= MAX_PENDING) return undefined;
    this.#pending++;
    try {
      return await this.#places.run(this.#never, () =>
        this.#askEach(question, this.#trustedFirst(servers), isTcp),
      );
    } finally {
      this.#pending--;
    }
  }

  #trustedFirst(servers: readonly NameServer[]): NameServer[] {
    const now = Date.now();
    const isTrusted = ({ address }: NameServer): boolean => (this.#distrusted.get(address) ?? 0) <= now;
    return [...servers.filter(isTrusted), ...servers.filter(server => !isTrusted(server))];
  }

  async #askEach(
    question: Buffer,
    servers: readonly NameServer[],
    isTcp: boolean,
  ): Promise<Buffer | undefined> {
    let last: Buffer | undefined;
    for (const server of servers) {
      const answer = await (isTcp ? askTcp(question, server) : askUdp(question, server)).catch(
        () => undefined,
      );
      if (answer === undefined) this.#distrusted.set(server.address, Date.now() + DISTRUST_MS);
      else this.#distrusted.delete(server.address);
      last = answer ?? last;
      if (answer !== undefined && !CANNOT_ANSWER.includes((answer[3] ?? 0) & 0xf)) return answer;
    }
    return last;
  }
}

async function askUdp(question: Buffer, server: NameServer): Promise<Buffer | undefined> {
  const socket = createSocket(isIPv6(server.address) ? 'udp6' : 'udp4');
  const { promise, resolve, reject } = Promise.withResolvers<Buffer | undefined>();
  const timer = setTimeout(resolve, UDP_TIMEOUT_MS, undefined);
  const id = randomInt(0x1_00_00);
  const asked = withId(question, id);
  socket.on('error', reject);
  socket.on('message', answer => {
    const isAnswer = answer.length >= 12 && answer.readUInt16BE(0) === id;
    if (isAnswer && ((answer[2] ?? 0) & 0x80) !== 0) resolve(withId(answer, question.readUInt16BE(0)));
  });
  try {
    await bindUdp(socket, server);
    // A connected socket takes answers of that server only.
    await connectUdp(socket, server);
    socket.send(asked);
    return await promise;
  } finally {
    clearTimeout(timer);
    socket.close();
  }
}

async function connectUdp(socket: DatagramSocket, { address }: NameServer): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    // Its types do not tell of the error (dgram, socket.connect).
    socket.connect(PORT, address, (error?: Error) => (error ? reject(error) : resolve()));
  });
}

async function bindUdp(socket: DatagramSocket, { address, namespace }: NameServer): Promise<void> {
  if (namespace === undefined) return;
  const fd = inNetworkNamespace(namespace, () =>
    syscall('socket', 'dns', isIPv6(address) ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0),
  );
  await new Promise<void>(resolve => socket.bind({ fd }, resolve));
}

async function askTcp(question: Buffer, server: NameServer): Promise<Buffer | undefined> {
  const socket = connectTcp(server);
  const { promise, resolve, reject } = Promise.withResolvers<Buffer | undefined>();
  const chunks: Buffer[] = [];
  // From the beginning to the end: a server may send a byte now and then.
  const timer = setTimeout(resolve, TCP_TIMEOUT_MS, undefined);
  socket.on('error', reject).on('end', () => resolve(undefined));
  socket.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    const all = Buffer.concat(chunks);
    if (all.length >= 2 && all.length >= 2 + all.readUInt16BE(0))
      resolve(all.subarray(2, 2 + all.readUInt16BE(0)));
  });
  try {
    socket.write(framed(question));
    return await promise;
  } finally {
    clearTimeout(timer);
    socket.destroy();
  }
}

function connectTcp({ address, namespace }: NameServer): Socket {
  if (namespace === undefined) return connect(PORT, address);
  const fd = inNetworkNamespace(namespace, () => {
    const family = isIPv6(address) ? AF_INET6 : AF_INET;
    const descriptor = syscall('socket', 'dns', family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const to = socketAddress(address);
    // It is under way when this returns: what is written waits for it.
    syscallResult('connect', descriptor, to, to.length);
    return descriptor;
  });
  return new Socket({ fd, readable: true, writable: true });
}

/** struct sockaddr_in, struct sockaddr_in6 */
function socketAddress(address: string): Buffer {
  const isV6 = isIPv6(address);
  const buffer = Buffer.alloc(isV6 ? 28 : 16);
  buffer.writeUInt16LE(isV6 ? AF_INET6 : AF_INET, 0);
  buffer.writeUInt16BE(PORT, 2);
  buffer.set(ipBytes(address), isV6 ? 8 : 4);
  return buffer;
}

function withId(message: Buffer, id: number): Buffer {
  const copy = Buffer.from(message);
  copy.writeUInt16BE(id, 0);
  return copy;
}
