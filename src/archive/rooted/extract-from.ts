import { closeSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { errorCode } from '../../base/errors.ts';
import { settlesWithin } from '../../base/settles-within.ts';
import { socketPair } from '../../kernel/socket-pair.ts';
import { decompressed } from '../compression.ts';
import type { ExtractingJob } from './rooted-jobs.ts';
import type { RootedThreads } from './rooted-threads.ts';

const { signal: NEVER } = new AbortController();
/** What has made the thread fail is known by then, if it is the content's: who sends it may not go on. */
const PATIENCE_MS = 500;

/**
 * Feeds a job in a thread with a tar, compressed or not. Settles when the thread is done; what it did not want to read
 * is left in `content`.
 * @param signal ends it, whatever it waits for
 * @throws EngineError what the thread throws, and what a broken compression gives; what `content` fails with; the
 *   signal's reason
 */
export async function extractFrom(
  threads: RootedThreads,
  content: Readable,
  job: (inputFd: number) => ExtractingJob,
  signal: AbortSignal = NEVER,
): Promise<void> {
  const [own, inputFd] = socketPair();
  const socket = new Socket({ fd: own, readable: false, writable: true });
  const feeding = pipeline(decompressed(content.iterator({ destroyOnReturn: false })), socket);
  // Its own failure is of interest only where it is not the thread's.
  let failure: { error: unknown } | undefined;
  const fed = feeding.catch((error: unknown) => {
    failure = { error };
  });
  // For the thread, the archive ends there.
  signal.addEventListener('abort', () => socket.destroy(), { once: true });
  try {
    await threads.run(job(inputFd));
  } catch (error) {
    socket.destroy();
    signal.throwIfAborted();
    await settlesWithin(fed, PATIENCE_MS);
    throw isCause(failure?.error) ? failure?.error : error;
  } finally {
    closeSync(inputFd);
  }
  signal.throwIfAborted();
  await fed;
  if (failure !== undefined && isCause(failure.error)) throw failure.error;
}

/** What becomes of writes to a reader that has gone; ECANCELED of one that was under way (libuv). */
const STOPPED_READING = ['ERR_STREAM_PREMATURE_CLOSE', 'ERR_STREAM_DESTROYED', 'EPIPE', 'ECANCELED'];

/** Whether it says more than that the thread has stopped reading. */
function isCause(error: unknown): boolean {
  const code = errorCode(error) ?? '';
  return error !== undefined && !STOPPED_READING.includes(code);
}
