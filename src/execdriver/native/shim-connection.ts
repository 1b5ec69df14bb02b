import type { Socket } from 'node:net';
import { EngineError } from '../../base/errors.ts';
import { FieldReader } from '../../libcontainer/field-reader.ts';
import type { FieldWriter } from '../../libcontainer/field-writer.ts';
import { HEADER_BYTES, MESSAGES } from '../../libcontainer/wire.ts';
import { sendDescriptors } from '../../kernel/pass-descriptor.ts';
import { encodeMessage } from './encode-message.ts';
import { ShimFailure } from './shim-failure.ts';

/** What the shim says of a process. */
export type ProcessRecord = {
  number: number;
  id: string;
  pid: number;
  state: number;
  flags: number;
  exitCode: number;
  oomKilled: boolean;
  exitedAtNs: bigint;
};

/** What a shim does at once; an answer that takes longer never comes. */
const ANSWER_MS = 10_000;
/** These take as long as the container's processes and file systems let them. */
const UNHURRIED: readonly number[] = [MESSAGES.create, MESSAGES.exec, MESSAGES.start];

type Pending = { resolve(reader: FieldReader): void; reject(error: Error): void };

/** A control connection to a shim: requests with their replies, and the exits it reports. */
export class ShimConnection {
  readonly socket: Socket;
  /** Settles when the connection has ended, which it does when the shim ends. */
  readonly closed: Promise<void>;
  /** Whether it was this side that ended the connection. */
  released = false;
  /** Whether it has left a request without an answer: it is stopped, say. */
  isSilent = false;
  #onExit: ((record: ProcessRecord) => void) | undefined;
  /** Exits that were reported before a listener was added: in the same read as the creation reply, for instance. */
  readonly #untold: ProcessRecord[] = [];
  onOutOfMemory: () => void = () => undefined;
  onPressure: (index: number) => void = () => undefined;
  onFilesRefused: (count: number) => void = () => undefined;
  /** Kills the shim. Idempotent. */
  readonly kill: () => void;
  readonly #pending = new Map<number, Pending>();
  #received: Buffer = Buffer.alloc(0);
  #lastTag = 0;
  #attaching = false;

  constructor(socket: Socket, kill: () => void) {
    this.socket = socket;
    this.kill = kill;
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('error', () => undefined);
    this.closed = new Promise(resolve => {
      socket.once('close', () => {
        this.#fail();
        resolve();
      });
    });
  }

  /** Called for each process that ends, also for those that have ended already. */
  set onExit(listener: (record: ProcessRecord) => void) {
    this.#onExit = listener;
    for (const record of this.#untold.splice(0)) listener(record);
  }

  /**
   * Sends a request and waits for its reply.
   * @throws ShimFailure what the shim answered; EngineError unavailable when it has gone, or does not answer
   */
  async request(type: number, write: (writer: FieldWriter) => void = () => undefined): Promise<FieldReader> {
    return this.#send(type, write, message => message);
  }

  /** What the shim has, those that are being made too. @throws as {@link request} */
  async processes(): Promise<ProcessRecord[]> {
    const reader = await this.request(MESSAGES.status);
    const records: ProcessRecord[] = [];
    while (!reader.done) records.push(readProcessRecord(reader));
    return records;
  }

  /**
   * As {@link request}, with descriptors for the shim to keep, while nothing else waits to be sent: the first of a
   * connection, or one after an answer.
   * @param socket the connection's own descriptor
   */
  async requestWith(
    socket: number,
    descriptors: readonly number[],
    type: number,
    write: (writer: FieldWriter) => void = () => undefined,
  ): Promise<FieldReader> {
    // Past the socket's own queue, in which there is nothing yet.
    return this.#send(type, write, message =>
      message.subarray(sendDescriptors(socket, descriptors, message)),
    );
  }

  /** `prepare` gives what of the message is left to be written. */
  async #send(
    type: number,
    write: (writer: FieldWriter) => void,
    prepare: (message: Buffer) => Buffer,
  ): Promise<FieldReader> {
    const tag = (this.#lastTag = (this.#lastTag + 1) & 0xffff);
    const message = encodeMessage(type, tag, write);
    if (this.socket.destroyed) throw gone();
    const { promise, resolve, reject } = Promise.withResolvers<FieldReader>();
    const rest = prepare(message);
    this.#pending.set(tag, { resolve, reject });
    if (rest.length > 0) this.socket.write(rest);
    const giveUp = (): void => {
      this.isSilent = true;
      reject(silent());
    };
    const timer = UNHURRIED.includes(type) ? undefined : setTimeout(giveUp, ANSWER_MS);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#pending.delete(tag);
    }
  }

  /** Lets go of the shim, which goes on. */
  close(): void {
    this.released = true;
    this.socket.destroy();
  }

  /**
   * Makes the connection a stream: all that follows the shim's consent is what the process writes, and what is
   * written to it is the process's input.
   * @throws ShimFailure; EngineError unavailable
   */
  async attach(write: (writer: FieldWriter) => void): Promise<Socket> {
    this.#attaching = true;
    await this.request(MESSAGES.attach, write);
    return this.socket;
  }

  #receive(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    while (this.#received.length >= HEADER_BYTES) {
      const end = HEADER_BYTES + this.#received.readUInt32LE(0);
      if (this.#received.length < end) return;
      const type = this.#received.readUInt16LE(4);
      const tag = this.#received.readUInt16LE(6);
      const payload = this.#received.subarray(HEADER_BYTES, end);
      this.#received = this.#received.subarray(end);
      this.#handle(type, tag, new FieldReader(payload));
      if (this.#attaching) {
        this.#becomeStream();
        return;
      }
    }
  }

  #becomeStream(): void {
    this.socket.removeAllListeners('data');
    this.socket.pause();
    if (this.#received.length > 0) this.socket.unshift(this.#received);
    this.#received = Buffer.alloc(0);
  }

  #handle(type: number, tag: number, reader: FieldReader): void {
    if (type === MESSAGES.exited) return this.#exited(readProcessRecord(reader));
    if (type === MESSAGES.outOfMemory) return this.onOutOfMemory();
    if (type === MESSAGES.pressureCrossed) return this.onPressure(reader.int());
    if (type === MESSAGES.filesRefused) return this.onFilesRefused(reader.int());
    const pending = this.#pending.get(tag);
    if (type === MESSAGES.failed) pending?.reject(new ShimFailure(reader));
    else pending?.resolve(reader);
  }

  #exited(record: ProcessRecord): void {
    if (this.#onExit) this.#onExit(record);
    else this.#untold.push(record);
  }

  #fail(): void {
    for (const pending of this.#pending.values()) pending.reject(gone());
    this.#pending.clear();
  }
}

function readProcessRecord(reader: FieldReader): ProcessRecord {
  return {
    number: reader.int(),
    id: reader.string(),
    pid: reader.int(),
    state: reader.int(),
    flags: reader.int(),
    exitCode: reader.int(),
    oomKilled: reader.int() !== 0,
    exitedAtNs: reader.bigint(),
  };
}

function silent(): EngineError {
  return new EngineError('unavailable', 'the shim does not answer');
}

function gone(): EngineError {
  return new EngineError('unavailable', 'the connection to the shim has ended');
}
