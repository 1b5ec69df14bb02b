import { closeSync, openSync, writeSync } from 'node:fs';
import { ReadStream } from 'node:tty';
import { socketPair } from '../execdriver/native/start-shim.ts';
import { syscallResult } from '../kernel/libc.ffi.ts';
import { receiveDescriptor } from '../kernel/pass-descriptor.ts';
import { printBytes } from './print.ts';

const TCGETS = 0x5401;
const TCSETS = 0x5402;
const TIOCGWINSZ = 0x5413;
const TIOCSWINSZ = 0x5414;

/**
 * A container's terminal, shown on this process's own. `console` is for the shim; `connect` once the process is
 * there; `close` when it has ended: it returns when all output has been shown.
 */
export class ForegroundTerminal {
  readonly console: number;
  readonly #receiver: number;
  #master: ReadStream | undefined;
  #ended: Promise<unknown> = Promise.resolve();
  readonly #resize = () => this.#followSize();
  readonly #type = (chunk: Buffer) => this.#write(chunk);
  #descriptor = -1;

  constructor() {
    [this.#receiver, this.console] = socketPair();
  }

  /** @throws SyscallError */
  connect(): void {
    closeSync(this.console);
    this.#descriptor = receiveDescriptor(this.#receiver);
    closeSync(this.#receiver);
    keepNewlines(this.#descriptor);
    this.#followSize();
    const master = new ReadStream(this.#descriptor);
    this.#master = master;
    this.#ended = new Promise(resolve => {
      // EIO is how a terminal says that its other end is not open any more.
      master.once('error', resolve);
      master.once('close', resolve);
    });
    master.on('data', (chunk: Buffer) => printBytes(chunk));
    if (process.stdin.isTTY) process.stdin.setRawMode(true);
    process.stdin.on('data', this.#type);
    process.on('SIGWINCH', this.#resize);
  }

  async close(): Promise<void> {
    await this.#ended;
    process.removeListener('SIGWINCH', this.#resize);
    process.stdin.removeListener('data', this.#type);
    if (process.stdin.isTTY) process.stdin.setRawMode(false);
    process.stdin.pause();
    this.#master?.destroy();
  }

  #write(chunk: Buffer): void {
    try {
      for (let at = 0; at < chunk.length; ) at += writeSync(this.#descriptor, chunk, at);
    } catch {
      // The process has ended, or does not read.
    }
  }

  #followSize(): void {
    const size = callersSize();
    if (size) syscallResult('ioctl', this.#descriptor, TIOCSWINSZ, size);
  }
}

/**
 * As with runc, lines do not end in CR LF: a terminal that they are shown on makes that of them by itself, and who
 * reads them from a pipe wants them as they were written.
 */
function keepNewlines(terminal: number): void {
  // struct termios (ioctl_tty(2)): c_iflag, c_oflag, and what is left as it is.
  const termios = Buffer.alloc(36);
  if (syscallResult('ioctl', terminal, TCGETS, termios) !== 0) return;
  const ONLCR = 4;
  termios.writeUInt32LE((termios.readUInt32LE(4) & ~ONLCR) >>> 0, 4);
  syscallResult('ioctl', terminal, TCSETS, termios);
}

/** struct winsize (ioctl_tty(2)) of the terminal that this process was called from, if any. */
function callersSize(): Buffer | undefined {
  const size = Buffer.alloc(8);
  if ([0, 1, 2].some(stream => syscallResult('ioctl', stream, TIOCGWINSZ, size) === 0)) return size;
  try {
    const terminal = openSync('/dev/tty', 'r');
    const known = syscallResult('ioctl', terminal, TIOCGWINSZ, size) === 0;
    closeSync(terminal);
    return known ? size : undefined;
  } catch {
    return undefined;
  }
}
