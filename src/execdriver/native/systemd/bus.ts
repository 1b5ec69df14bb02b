import { once } from 'node:events';
import type { Socket } from 'node:net';
import { EngineError, messageOf } from '../../../base/errors.ts';
import {
  decodeMessage,
  encodeMessage,
  FIXED_HEADER_BYTES,
  type Message,
  MESSAGE_TYPES,
  messageBytes,
} from './message.ts';
import { textOf, type Value } from './wire.ts';

const TIMEOUT_MS = 30_000;

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

/** A connection to a D-Bus peer, for one call at a time. Nothing is waited for longer than half a minute. */
export class Bus {
  readonly #socket: Socket;
  readonly #chunks: AsyncIterator<Buffer>;
  readonly #signals: Message[] = [];
  #received: Buffer = Buffer.alloc(0);
  #serial = 0;

  /**
   * @param path of the peer's unix socket
   * @param broker whether the peer is a bus, which wants to be greeted, and not the program itself
   * @throws EngineError unavailable when no bus listens, or it refuses us
   */
  static async connect(path: string, broker: boolean): Promise<Bus> {
    const bus = new Bus(await connected(path));
    try {
      await bus.#authenticate();
      const target = {
        destination: 'org.freedesktop.DBus',
        path: '/org/freedesktop/DBus',
        interface: 'org.freedesktop.DBus',
      };
      if (broker) await bus.call({ ...target, member: 'Hello' });
      return bus;
    } catch (error) {
      bus.close();
      throw error;
    }
  }

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.#chunks = socket[Symbol.asyncIterator]();
    // The next read fails with the error that ended the connection.
    socket.on('error', () => undefined);
    socket.setTimeout(TIMEOUT_MS, () => socket.destroy(unavailable('no answer came in time')));
  }

  /** @returns the body of the reply @throws BusError, EngineError unavailable */
  async call({ signature, body = [], ...target }: Call): Promise<readonly Value[]> {
    const serial = ++this.#serial;
    this.#socket.write(encodeMessage({ type: MESSAGE_TYPES.call, serial, ...target, signature, body }));
    for (;;) {
      const message = await this.#receive();
      if (message.type === MESSAGE_TYPES.signal) this.#signals.push(message);
      if (message.replySerial !== serial) continue;
      if (message.type === MESSAGE_TYPES.error)
        throw new BusError(message.errorName ?? '', textOf(message.body[0]));
      return message.body;
    }
  }

  /** The next signal that `wanted` accepts; others are dropped. @throws EngineError unavailable when none comes */
  async awaitSignal(wanted: (message: Message) => boolean): Promise<Message> {
    for (;;) {
      const message = this.#signals.shift() ?? (await this.#receive());
      if (message.type === MESSAGE_TYPES.signal && wanted(message)) return message;
    }
  }

  close(): void {
    this.#socket.destroy();
  }

  /**
   * The kernel tells the other side who we are (D-Bus specification, "Authentication Protocol"). BEGIN is sent without
   * waiting for OK, as systemd's own clients do: a call that systemd reads together with BEGIN is kept until more
   * bytes come, so that it would never be answered.
   */
  async #authenticate(): Promise<void> {
    const uid = Buffer.from(String(process.geteuid?.() ?? 0)).toString('hex');
    this.#socket.write(`\0AUTH EXTERNAL ${uid}\r\nBEGIN\r\n`);
    let line = '';
    while (!line.endsWith('\r\n')) line += (await this.#read(1)).toString('latin1');
    if (!line.startsWith('OK ')) throw new EngineError('unavailable', `D-Bus refused us: ${line.trim()}`);
  }

  async #receive(): Promise<Message> {
    const start = await this.#read(FIXED_HEADER_BYTES);
    return decodeMessage(Buffer.concat([start, await this.#read(messageBytes(start) - start.length)]));
  }

  async #read(length: number): Promise<Buffer> {
    while (this.#received.length < length) {
      const { value, done } = await this.#chunks.next().catch(error => {
        throw error instanceof EngineError ? error : unavailable(messageOf(error), error);
      });
      if (done) throw unavailable('the other side has gone');
      this.#received = Buffer.concat([this.#received, value]);
    }
    const bytes = this.#received.subarray(0, length);
    this.#received = this.#received.subarray(length);
    return bytes;
  }
}

function unavailable(why: string, cause?: unknown): EngineError {
  return new EngineError('unavailable', `D-Bus: ${why}`, { cause });
}

async function connected(path: string): Promise<Socket> {
  // Only who asks systemd pays for its loading.
  const { connect } = await import('node:net');
  const socket = connect(path);
  try {
    await once(socket, 'connect');
    return socket;
  } catch (error) {
    throw new EngineError('unavailable', `cannot connect to ${path}: ${messageOf(error)}`, { cause: error });
  }
}
