import { addressOf, syscall } from './libc.ffi.ts';

const SOL_SOCKET = 1;
const SCM_RIGHTS = 1;
const MSG_CMSG_CLOEXEC = 0x40000000;
/** struct cmsghdr */
const CONTROL_HEADER_BYTES = 16;
const CONTROL_BYTES = 24;
const NAME_BYTES = 256;

/**
 * Sends descriptors over a unix socket, `data` with them (unix(7), SCM_RIGHTS; at most 253).
 * @returns how much of the data has been sent, at least a byte
 * @throws SyscallError
 */
export function sendDescriptors(
  socket: number,
  descriptors: readonly number[],
  data: string | Uint8Array,
): number {
  const length = CONTROL_HEADER_BYTES + 4 * descriptors.length;
  // CMSG_SPACE: rounded up to 8 bytes.
  const control = Buffer.alloc(Math.ceil(length / 8) * 8);
  control.writeBigUInt64LE(BigInt(length), 0);
  control.writeInt32LE(SOL_SOCKET, 8);
  control.writeInt32LE(SCM_RIGHTS, 12);
  descriptors.forEach((descriptor, index) =>
    control.writeInt32LE(descriptor, CONTROL_HEADER_BYTES + 4 * index),
  );
  const message = new Message(Buffer.from(data as string), control);
  return syscall('sendmsg', 'SCM_RIGHTS', socket, message.header, 0);
}

/** Receives one. @returns a descriptor, which the caller closes @throws SyscallError, RangeError when there was none */
export function receiveDescriptor(socket: number): number {
  const { descriptor } = receiveMessage(socket, NAME_BYTES);
  if (descriptor === undefined) throw new RangeError('a message without a descriptor');
  return descriptor;
}

/**
 * Receives a message of at most `maxBytes`, empty at the end, and the descriptor that came with it, which the caller
 * closes.
 * @throws SyscallError
 */
export function receiveMessage(socket: number, maxBytes: number): { data: Buffer; descriptor?: number } {
  const control = Buffer.alloc(CONTROL_BYTES);
  const data = Buffer.alloc(maxBytes);
  const message = new Message(data, control);
  const length = syscall('recvmsg', 'SCM_RIGHTS', socket, message.header, MSG_CMSG_CLOEXEC);
  const isPassed = message.controlBytes >= 20 && control.readInt32LE(12) === SCM_RIGHTS;
  return { data: data.subarray(0, length), descriptor: isPassed ? control.readInt32LE(16) : undefined };
}

/** struct msghdr and what it points to, kept alive together. */
class Message {
  readonly header = Buffer.alloc(56);
  readonly #parts: Buffer[];

  constructor(data: Buffer, control: Buffer) {
    const vector = Buffer.alloc(16);
    vector.writeBigUInt64LE(addressOf(data), 0);
    vector.writeBigUInt64LE(BigInt(data.length), 8);
    this.header.writeBigUInt64LE(addressOf(vector), 16);
    this.header.writeBigUInt64LE(1n, 24);
    this.header.writeBigUInt64LE(addressOf(control), 32);
    this.header.writeBigUInt64LE(BigInt(control.length), 40);
    this.#parts = [data, control, vector];
  }

  get controlBytes(): number {
    return this.#parts.length > 0 ? Number(this.header.readBigUInt64LE(40)) : 0;
  }
}
