import { SyscallError } from '../../base/errors.ts';
import {
  NETLINK_ADD_MEMBERSHIP,
  NETLINK_CAP_ACK,
  NETLINK_EXT_ACK,
  NLMSGERR_ATTR_MSG,
  NLMSG_DONE,
  NLMSG_ERROR,
  NLMSG_HEADER_BYTES,
  NLM_F_ACK,
  NLM_F_ACK_TLVS,
  NLM_F_DUMP,
  NLM_F_DUMP_INTR,
  SOL_NETLINK,
} from '../abi/netlink.ts';
import { AF_NETLINK, MSG_DONTWAIT, SOCK_CLOEXEC, SOCK_RAW } from '../abi/socket.ts';
import { errnoName, syscall, syscallAsync, syscallResult } from '../libc.ffi.ts';
import { decodeAttributes, encodeMessage, type NetlinkMessage } from './message.ts';

/** A message the kernel sent: its payload, without the nlmsghdr. */
export type NetlinkReply = { type: number; payload: Buffer };

type Received = NetlinkReply & { flags: number; sequence: number };

const EAGAIN = 11;
const EINTR = 4;
const RECEIVE_BYTES = 64 * 1024;
const DUMP_ATTEMPTS = 5;
const SOCKADDR_NL_BYTES = 12;

/** Shared by all sockets of the thread: what is received is copied out, or used up, within one synchronous call. */
const receiveBuffer = Buffer.alloc(RECEIVE_BYTES);

/**
 * A netlink socket of the network namespace that the thread is in when it is made, and for good: it may then
 * be used from any other. The kernel works on requests within the sending call, so answers are always there
 * when that returns. Messages of one call are worked on in order; a failing one does not stop those after it.
 */
export class NetlinkSocket {
  readonly #opened: number;
  #sequence = 0;
  #busy = false;
  #closed = false;

  /** @param protocol NETLINK_ROUTE, NETLINK_NETFILTER */
  constructor(protocol: number) {
    this.#opened = syscall('socket', 'AF_NETLINK', AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
    for (const option of [NETLINK_CAP_ACK, NETLINK_EXT_ACK])
      syscallResult('setsockopt', this.#opened, SOL_NETLINK, option, Buffer.of(1, 0, 0, 0), 4);
  }

  /**
   * Sends the messages in one call, blocking for as long as the kernel works on them.
   * @returns what the kernel sent besides acknowledgements
   * @throws SyscallError of the first failing message, with its description and the kernel's own explanation
   */
  request(messages: readonly NetlinkMessage[]): NetlinkReply[] {
    const encoded = this.#encode(messages);
    syscall('sendto', 'netlink', this.#descriptor, encoded, encoded.length, 0, null, 0);
    return this.#answers(messages);
  }

  /** As {@link request}, on a pool thread: for what the kernel is slow at (it waits for RCU to delete a link). */
  async requestAsync(messages: readonly NetlinkMessage[]): Promise<NetlinkReply[]> {
    const encoded = this.#encode(messages);
    this.#busy = true;
    try {
      await syscallAsync('sendto', 'netlink', this.#descriptor, encoded, encoded.length, 0, null, 0);
    } finally {
      this.#busy = false;
    }
    return this.#answers(messages);
  }

  /**
   * All objects a GET request selects.
   * @throws SyscallError
   */
  dump(message: NetlinkMessage): NetlinkReply[] {
    for (let attempt = 1; ; attempt++) {
      const [encoded] = [encodeMessage(message, this.#nextSequence(), NLM_F_DUMP)];
      syscall('sendto', 'netlink', this.#descriptor, encoded, encoded.length, 0, null, 0);
      const replies = this.#receiveDump(message);
      const interrupted = replies.some(reply => (reply.flags & NLM_F_DUMP_INTR) !== 0);
      if (!interrupted || attempt === DUMP_ATTEMPTS) return replies;
    }
  }

  /** From now on it gets what the kernel tells all members of a group, and serves for {@link received} only. */
  subscribe(group: number): void {
    // One that has no address yet is taken for the kernel's own (netlink(7)).
    const address = Buffer.alloc(SOCKADDR_NL_BYTES);
    address.writeUInt16LE(AF_NETLINK);
    syscall('bind', 'netlink', this.#descriptor, address, address.length);
    const number = Buffer.alloc(4);
    number.writeUInt32LE(group);
    syscall('setsockopt', 'netlink', this.#descriptor, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, number, 4);
  }

  /** What has come so far of groups it is a member of. @throws SyscallError ENOBUFS where more came than was taken */
  received(): NetlinkReply[] {
    return this.#receiveAll();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    syscallResult('close', this.#opened);
  }

  /** Its number may be another one's once it is closed. */
  get #descriptor(): number {
    if (this.#closed) throw new TypeError('netlink socket used after it was closed');
    return this.#opened;
  }

  #encode(messages: readonly NetlinkMessage[]): Buffer {
    if (this.#busy) throw new TypeError('netlink socket used while an asynchronous request is under way');
    // Failures are reported without NLM_F_ACK too: one acknowledgement, of the last message, is enough.
    const last = messages.length - 1;
    return Buffer.concat(
      messages.map((message, index) =>
        encodeMessage(message, this.#nextSequence(), index === last ? NLM_F_ACK : 0),
      ),
    );
  }

  #answers(messages: readonly NetlinkMessage[]): NetlinkReply[] {
    const first = (this.#sequence - messages.length + 1) >>> 0;
    const replies: NetlinkReply[] = [];
    let failure: SyscallError | undefined;
    for (const received of this.#receiveAll()) {
      const message = messages[(received.sequence - first) >>> 0];
      if (message === undefined) continue;
      if (received.type === NLMSG_ERROR) failure ??= failureOf(received, message);
      else replies.push(received);
    }
    if (failure !== undefined) throw failure;
    return replies;
  }

  #receiveAll(): Received[] {
    const all: Received[] = [];
    for (;;) {
      const some = this.#receive();
      if (some === undefined) return all;
      all.push(...some);
    }
  }

  #receiveDump(message: NetlinkMessage): Received[] {
    const all: Received[] = [];
    for (;;) {
      for (const received of this.#receive() ?? []) {
        if (received.sequence !== this.#sequence) continue;
        const failure = received.type === NLMSG_ERROR ? failureOf(received, message) : undefined;
        if (failure !== undefined) throw failure;
        if (received.type === NLMSG_DONE || received.type === NLMSG_ERROR) return all;
        all.push(received);
      }
    }
  }

  /** The messages of one datagram; undefined when there is none. */
  #receive(): Received[] | undefined {
    const length = syscallResult(
      'recvfrom',
      this.#descriptor,
      receiveBuffer,
      RECEIVE_BYTES,
      MSG_DONTWAIT,
      null,
      null,
    );
    if (length === -EAGAIN) return undefined;
    if (length === -EINTR) return [];
    if (length < 0) throw new SyscallError('recvfrom', -length, errnoName(-length), 'netlink');
    return splitMessages(Buffer.from(receiveBuffer.subarray(0, length)));
  }

  #nextSequence(): number {
    this.#sequence = (this.#sequence + 1) >>> 0;
    return this.#sequence;
  }
}

function splitMessages(datagram: Buffer): Received[] {
  const messages: Received[] = [];
  for (let offset = 0; offset + NLMSG_HEADER_BYTES <= datagram.length; ) {
    const length = datagram.readUInt32LE(offset);
    if (length < NLMSG_HEADER_BYTES || offset + length > datagram.length) break;
    messages.push({
      type: datagram.readUInt16LE(offset + 4),
      flags: datagram.readUInt16LE(offset + 6),
      sequence: datagram.readUInt32LE(offset + 8),
      payload: datagram.subarray(offset + NLMSG_HEADER_BYTES, offset + length),
    });
    offset += (length + 3) & ~3;
  }
  return messages;
}

/** struct nlmsgerr: the negated errno, the nlmsghdr it is about, extended acknowledgement attributes. */
function failureOf(received: Received, message: NetlinkMessage): SyscallError | undefined {
  const errno = -received.payload.readInt32LE(0);
  if (errno === 0 || errno === message.ignoredErrno) return undefined;
  const attributes =
    (received.flags & NLM_F_ACK_TLVS) === 0
      ? undefined
      : decodeAttributes(received.payload.subarray(4 + NLMSG_HEADER_BYTES));
  const explanation = attributes?.get(NLMSGERR_ATTR_MSG)?.toString('utf8').replace(/\0$/, '');
  const what = message.description ?? `message type ${message.type}`;
  const detail = explanation === undefined ? what : `${what}: ${explanation}`;
  return new SyscallError('netlink', errno, errnoName(errno), detail);
}
