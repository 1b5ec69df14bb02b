import { writeSync } from 'node:fs';
import { errorCode } from '../base/errors.ts';

/** Writes to standard output, all of it before it returns: opening Node's stream would take milliseconds. */
export function print(text: string): void {
  writeAll(1, Buffer.from(text));
}

export function printError(text: string): void {
  writeAll(2, Buffer.from(text));
}

export function printBytes(bytes: Uint8Array): void {
  writeAll(1, bytes);
}

function writeAll(descriptor: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(descriptor, bytes, at);
    } catch (error) {
      // Another process has made the pipe non-blocking, and does not read as fast.
      if (errorCode(error) !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}
