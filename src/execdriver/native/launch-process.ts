import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { EngineError } from '../../base/errors.ts';
import { syscallResult } from '../../kernel/libc.ffi.ts';
import { FieldReader } from '../../libcontainer/field-reader.ts';
import type { FieldWriter } from '../../libcontainer/field-writer.ts';
import type { Plan } from '../../libcontainer/plan.ts';
import { HEADER_BYTES, IO_FLAGS, MESSAGES, writePlan } from '../../libcontainer/wire.ts';
import { describeFailure } from './describe-failure.ts';
import { encodeMessage } from './encode-message.ts';
import { ShimFailure } from './shim-failure.ts';
import { startShim } from './start-shim.ts';

/** The numbers that descriptors have at the shim. */
const AT_SHIM = { streams: 4, fifo: 7, init: 8, console: 9, preserved: 10 } as const;

/** What a plan's `await-fifo` names the FIFO that is given as `fifo`. */
export const FIFO_DESCRIPTOR = AT_SHIM.fifo;

export type LaunchOptions = {
  shimPath: string;
  id: string;
  plan: Plan;
  /** Standard input, output and error of the process, where it has no terminal. */
  streams: readonly [number, number, number];
  terminal: boolean;
  /** A socket that the terminal's master is sent to. */
  console?: number;
  /** The FIFO of `await-fifo`. */
  fifo?: number;
  /** The pidfd of the container's init, for an exec. */
  init?: number;
  /** What the process gets as its descriptors from 3 on. */
  preserved?: readonly number[];
};

/**
 * A process made for another program: once released it is a child of the process that adopts this one's orphans.
 * Everything here is synchronous, for a program that does one thing and ends.
 */
export type LaunchedProcess = {
  readonly pid: number;
  /** Lets a process start that waits for the shim's leave. @throws as `launchProcess` */
  start(): void;
  /** Ends the shim, and returns when it has. Idempotent. */
  release(): void;
};

/**
 * Has a shim execute the plan up to the process that waits for its start.
 * @throws EngineError as ExecDriver.create; then nothing is left
 */
export function launchProcess(options: LaunchOptions): LaunchedProcess {
  const nothing = openSync('/dev/null', 'r+');
  const { fifo = nothing, init = nothing, console = nothing, preserved = [] } = options;
  // A process with a terminal does not hold the caller's: the reader of such a pipe waits until its last writer has gone.
  const streams = options.terminal ? [nothing, nothing, nothing] : options.streams;
  const shim = startShim({
    path: options.shimPath,
    containerId: options.id,
    descriptors: [...streams, fifo, init, console, ...preserved],
  });
  closeSync(nothing);
  let released = false;
  const release = () => {
    if (released) return;
    released = true;
    closeSync(shim.socket);
    syscallResult('wait4', shim.pid, null, 0, null);
  };
  const ask = (type: number, write: (writer: FieldWriter) => void) => {
    try {
      return request(shim.socket, type, write);
    } catch (error) {
      release();
      throw describeFailure(error, options.plan);
    }
  };
  const reply = ask(MESSAGES.launch, writer => {
    writer.int(options.terminal ? IO_FLAGS.terminal : 0);
    writer.string(options.id);
    writer.int(options.init === undefined ? 0 : AT_SHIM.init);
    writer.int(options.console === undefined ? 0 : AT_SHIM.console);
    writer.int(AT_SHIM.streams);
    writer.int(AT_SHIM.preserved);
    writePlan(writer, options.plan);
  });
  const number = reply.int();
  return {
    pid: reply.int(),
    start: () => {
      ask(MESSAGES.start, writer => writer.int(number));
    },
    release,
  };
}

/** One request, and the wait for its reply. */
function request(socket: number, type: number, write: (writer: FieldWriter) => void): FieldReader {
  const message = encodeMessage(type, 1, write);
  for (let at = 0; at < message.length; ) at += writeSync(socket, message, at);
  const header = readExactly(socket, HEADER_BYTES);
  const reader = new FieldReader(readExactly(socket, header.readUInt32LE(0)));
  if (header.readUInt16LE(4) === MESSAGES.failed) throw new ShimFailure(reader);
  return reader;
}

function readExactly(socket: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let at = 0; at < length; ) {
    const count = readSync(socket, bytes, at, length - at, null);
    if (count === 0) throw new EngineError('system', 'the shim ended without an answer');
    at += count;
  }
  return bytes;
}
