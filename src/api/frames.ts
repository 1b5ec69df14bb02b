import type { Readable, Writable } from 'node:stream';

const HEADER_BYTES = 8;
const STDERR = 2;
const DAEMON_ERROR = 3;

/**
 * Splits Docker's multiplexed stream (Engine API, "Attach to a container": one byte of stream type, three of
 * zero, four of length, big endian) onto two writables. Settles at the stream's end; neither is ended.
 * @throws Error with the daemon's message, when a frame of stream type 3 comes
 */
export async function copyFrames(source: Readable, stdout: Writable, stderr: Writable): Promise<void> {
  let pending: Buffer = Buffer.alloc(0);
  for await (const chunk of source) {
    pending = pending.length === 0 ? (chunk as Buffer) : Buffer.concat([pending, chunk as Buffer]);
    pending = await writeFrames(pending, stdout, stderr);
  }
}

/** Writes the complete frames of `data`, and as much of the last as there is. Returns what must wait for more. */
async function writeFrames(data: Buffer, stdout: Writable, stderr: Writable): Promise<Buffer> {
  let at = 0;
  while (data.length - at >= HEADER_BYTES) {
    const type = data[at];
    const length = data.readUInt32BE(at + 4);
    const end = at + HEADER_BYTES + length;
    if (end > data.length) break;
    const payload = data.subarray(at + HEADER_BYTES, end);
    if (type === DAEMON_ERROR) throw new Error(`error from daemon in stream: ${payload.toString()}`);
    await writeAll(type === STDERR ? stderr : stdout, payload);
    at = end;
  }
  return data.subarray(at);
}

/** Writes, and waits where the reader is slower. */
export function writeAll(target: Writable, data: Uint8Array | string): Promise<void> | undefined {
  if (target.write(data) || target.destroyed) return undefined;
  return new Promise(resolve => {
    const done = () => {
      target.off('drain', done);
      target.off('close', done);
      resolve();
    };
    target.once('drain', done);
    target.once('close', done);
  });
}
