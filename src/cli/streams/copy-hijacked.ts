import type { Socket } from 'node:net';
import { Writable } from 'node:stream';
import { copyFrames, writeAll } from '../../api/frames.ts';
import type { CliHost } from '../context.ts';
import { DetachScanner } from './detach-keys.ts';

export type HijackOptions = {
  stdin: boolean;
  stdout: boolean;
  stderr: boolean;
  tty: boolean;
  detachKeys: string;
};

/** Why copying ended: the daemon closed the connection, or the user pressed the detach keys. */
export type HijackEnd = 'closed' | 'detached';

/**
 * Copies between the user's streams and a hijacked connection until the daemon closes it or the user detaches.
 * With a terminal both ways are raw. The end of the input is passed on as a half-close. The user's terminal is
 * restored in any case.
 */
export async function copyHijacked(
  host: CliHost,
  socket: Socket,
  options: HijackOptions,
): Promise<HijackEnd> {
  const restore = options.tty && options.stdin && host.stdin.isTTY ? await host.makeRaw() : () => undefined;
  const input = options.stdin ? copyInput(host, socket, options) : undefined;
  try {
    const output = copyOutput(host, socket, options).then((): HijackEnd => 'closed');
    return await (input === undefined ? output : Promise.race([output, input.detached]));
  } finally {
    restore();
    input?.stop();
    socket.destroy();
  }
}

type Input = { detached: Promise<HijackEnd>; stop: () => void };

function copyInput({ stdin }: CliHost, socket: Socket, options: HijackOptions): Input {
  const { promise: detached, resolve } = Promise.withResolvers<HijackEnd>();
  const scanner = options.tty ? new DetachScanner(options.detachKeys) : undefined;
  const onData = (chunk: Buffer) => {
    const { forward, detached: asked } = scanner?.feed(chunk) ?? { forward: chunk, detached: false };
    if (socket.writable && forward.length > 0 && !socket.write(forward)) {
      stdin.pause();
      socket.once('drain', () => stdin.resume());
    }
    if (asked) resolve('detached');
  };
  const onEnd = () => socket.end();
  stdin.on('data', onData).on('end', onEnd).on('error', onEnd);
  if (stdin.readableEnded) onEnd();
  const stop = () => {
    stdin.off('data', onData).off('end', onEnd).off('error', onEnd).pause();
    // A pending read on a pipe or a terminal would keep the process alive.
    (stdin as { unref?: () => void }).unref?.();
  };
  return { detached, stop };
}

async function copyOutput(host: CliHost, socket: Socket, options: HijackOptions): Promise<void> {
  const stdout = options.stdout ? host.stdout : discard();
  const stderr = options.stderr ? host.stderr : discard();
  try {
    if (options.tty) for await (const chunk of socket) await writeAll(stdout, chunk as Buffer);
    else await copyFrames(socket, stdout, stderr);
  } catch (error) {
    // The daemon may go away, or the detached socket be destroyed here: both end the copying.
    const { code } = error as { code?: string };
    if (code !== 'ECONNRESET' && code !== 'EPIPE' && code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
  }
}

function discard(): Writable {
  return new Writable({ write: (_chunk, _encoding, done) => done() });
}
