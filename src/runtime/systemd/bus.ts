import { closeSync, readSync, writeSync } from 'node:fs';
import { EngineError, errorCode, messageOf } from '../../base/errors.ts';
import { syscallResult } from '../../kernel/libc.ffi.ts';
import { connectUnix } from '../streams.ts';
import {
  decodeMessage,
  encodeMessage,
  FIXED_HEADER_BYTES,
  type Message,
  MESSAGE_TYPES,
  messageBytes,
} from './message.ts';
import { textOf, type Value } from './wire.ts';

const SOL_SOCKET = 1;
const SO_RCVTIMEO = 20;
const TIMEOUT_SECONDS = 30;

/** An error that the other side has answered with, by its D-Bus name. */
export class BusError extends EngineError {
  readonly busName: string;

  constructor(busName: string, message: string) {
    super('system', message || busName);
    this.name = 'BusError';
    this.busName = busName;
  }
}

export type Call = {
  destination: string;
  path: string;
  interface: string;
  member: string;
  signature?: string;
  body?: readonly Value[];
};

/**
 * A connection to a D-Bus peer. All calls are synchronous, for a program that does one thing and ends; nothing is
 * waited for longer than half a minute.
 */
export class Bus {
  readonly #socket: number;
  readonly #signals: Message[] = [];
  #serial = 0;

  /**
   * @param path of the peer's unix socket
   * @param broker whether the peer is a bus, which wants to be greeted, and not the program itself
   * @throws EngineError unavailable when no bus listens, or it refuses us
   */
  constructor(path: string, broker: boolean) {
    try {
      this.#socket = connectUnix(path);
    } catch (error) {
      throw new EngineError('unavailable', `cannot connect to ${path}: ${messageOf(error)}`, {
        cause: error,
      });
    }
    const timeout = Buffer.alloc(16);
    timeout.writeBigInt64LE(BigInt(TIMEOUT_SECONDS));
    syscallResult('setsockopt', this.#socket, SOL_SOCKET, SO_RCVTIMEO, timeout, timeout.length);
    try {
      this.#authenticate();
      const bus = {
        destination: 'org.freedesktop.DBus',
        path: '/org/freedesktop/DBus',
        interface: 'org.freedesktop.DBus',
      };
      if (broker) this.call({ ...bus, member: 'Hello' });
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** @returns the body of the reply @throws BusError, EngineError unavailable */
  call({ signature, body = [], ...target }: Call): readonly Value[] {
    const serial = ++this.#serial;
    this.#write(encodeMessage({ type: MESSAGE_TYPES.call, serial, ...target, signature, body }));
    for (;;) {
      const message = this.#receive();
      if (message.type === MESSAGE_TYPES.signal) this.#signals.push(message);
      if (message.replySerial !== serial) continue;
      if (message.type === MESSAGE_TYPES.error)
        throw new BusError(message.errorName ?? '', textOf(message.body[0]));
      return message.body;
    }
  }

  /** The next signal that `wanted` accepts; others are dropped. @throws EngineError unavailable when none comes */
  awaitSignal(wanted: (message: Message) => boolean): Message {
    for (;;) {
      const message = this.#signals.shift() ?? this.#receive();
      if (message.type === MESSAGE_TYPES.signal && wanted(message)) return message;
    }
  }

  close(): void {
    closeSync(this.#socket);
  }

  /** Who we are the kernel tells the other side (D-Bus specification, "Authentication Protocol"). */
  #authenticate(): void {
    const uid = Buffer.from(String(process.geteuid?.() ?? 0)).toString('hex');
    this.#write(Buffer.from(`\0AUTH EXTERNAL ${uid}\r\n`));
    let line = '';
    while (!line.endsWith('\r\n')) line += this.#read(1).toString('latin1');
    if (!line.startsWith('OK ')) throw new EngineError('unavailable', `D-Bus refused us: ${line.trim()}`);
    this.#write(Buffer.from('BEGIN\r\n'));
  }

  #receive(): Message {
    const start = this.#read(FIXED_HEADER_BYTES);
    return decodeMessage(Buffer.concat([start, this.#read(messageBytes(start) - start.length)]));
  }

  #read(length: number): Buffer {
    const bytes = Buffer.alloc(length);
    for (let at = 0; at < length; ) {
      let count = 0;
      try {
        count = readSync(this.#socket, bytes, at, length - at, null);
      } catch (error) {
        const words = errorCode(error) === 'EAGAIN' ? 'no answer came in time' : messageOf(error);
        throw new EngineError('unavailable', `D-Bus: ${words}`, { cause: error });
      }
      if (count === 0) throw new EngineError('unavailable', 'D-Bus: the other side has gone');
      at += count;
    }
    return bytes;
  }

  #write(bytes: Buffer): void {
    for (let at = 0; at < bytes.length; ) at += writeSync(this.#socket, bytes, at);
  }
}
