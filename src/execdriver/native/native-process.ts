import type { Socket } from 'node:net';
import { EngineError } from '../../base/errors.ts';
import { errnoName } from '../../kernel/libc.ffi.ts';
import { MESSAGES, STREAM_FLAGS } from '../../libcontainer/wire.ts';
import type { AttachOptions, TaskProcess, ExitStatus } from '../driver.ts';
import { connectShim } from './connect-shim.ts';
import type { ProcessRecord, ShimConnection } from './shim-connection.ts';
import { ShimFailure } from './shim-failure.ts';

/** A process of a container, the init or an exec'd one, by its number at the shim. */
export class NativeProcess implements TaskProcess {
  readonly id: string;
  readonly pid: number;
  readonly exited: Promise<ExitStatus>;
  readonly number: number;
  /** Undefined when the shim has gone. */
  readonly #connection: ShimConnection | undefined;
  readonly #stateDir: string;
  readonly #settle: (status: ExitStatus) => void;
  #hasExited = false;

  constructor(
    connection: ShimConnection | undefined,
    stateDir: string,
    record: Pick<ProcessRecord, 'id' | 'pid' | 'number'>,
  ) {
    this.id = record.id;
    this.pid = record.pid;
    this.number = record.number;
    this.#connection = connection;
    this.#stateDir = stateDir;
    const { promise, resolve } = Promise.withResolvers<ExitStatus>();
    this.exited = promise;
    this.#settle = resolve;
  }

  get hasExited(): boolean {
    return this.#hasExited;
  }

  settle(status: ExitStatus): void {
    this.#hasExited = true;
    this.#settle(status);
  }

  async start(): Promise<void> {
    await this.request(MESSAGES.start);
  }

  async attach(options: AttachOptions): Promise<Socket> {
    const connection = await connectShim(this.#stateDir, true).catch(() => {
      throw this.#notRunning();
    });
    const streams =
      (options.stdin ? STREAM_FLAGS.stdin : 0) |
      (options.stdout ? STREAM_FLAGS.stdout : 0) |
      (options.stderr ? STREAM_FLAGS.stderr : 0);
    try {
      return await connection.attach(writer => {
        writer.int(this.number);
        writer.int(streams);
      });
    } catch (error) {
      connection.close();
      throw error instanceof ShimFailure ? this.#notRunning() : error;
    }
  }

  async resize(rows: number, columns: number): Promise<void> {
    await this.request(MESSAGES.resize, rows, columns);
  }

  async kill(signal: number): Promise<void> {
    if (this.#hasExited) throw this.#notRunning();
    await this.request(MESSAGES.kill, signal);
  }

  /** @throws EngineError conflict when the process has gone; ShimFailure from `start` */
  protected async request(type: number, ...values: number[]): Promise<void> {
    if (!this.#connection) throw this.#notRunning();
    try {
      await this.#connection.request(type, writer => {
        writer.int(this.number);
        for (const value of values) writer.int(value);
      });
    } catch (error) {
      if (error instanceof ShimFailure && type !== MESSAGES.start) throw this.#translate(error);
      if (error instanceof EngineError && error.kind === 'unavailable') throw this.#notRunning();
      throw error;
    }
  }

  #translate(failure: ShimFailure): EngineError {
    const name = errnoName(failure.errno);
    if (name === 'ESRCH') return this.#notRunning();
    if (name === 'ENOTTY') return new EngineError('invalid-parameter', `process ${this.id} has no terminal`);
    return new EngineError('system', `process ${this.id}: ${name}`, { cause: failure });
  }

  #notRunning(): EngineError {
    return new EngineError('conflict', `process ${this.id} is not running`);
  }
}
