import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, readFileSync } from 'node:fs';
import { EngineError, errorCode } from '../../base/errors.ts';
import { receiveMessage } from '../../kernel/pass-descriptor.ts';
import { socketPair } from '../../kernel/socket-pair.ts';
import { syscall } from '../../kernel/libc.ffi.ts';
import {
  type CriuOptions,
  type CriuResponse,
  decodeResponse,
  encodeNotified,
  encodeRequest,
  type REQUESTS,
} from './messages.ts';

const SOCKET = 3;
const MAX_RESPONSE_BYTES = 65_536;

/** The number that criu has the first of its `descriptors` under; the others follow. */
export const FIRST_INHERITED = SOCKET + 1;

export type CriuCall = {
  request: keyof typeof REQUESTS;
  options: CriuOptions;
  /** For the reason of a failure. */
  logFile: string;
  /** What criu gets besides our streams. */
  descriptors?: readonly number[];
  /** criu is there, and has been asked for nothing yet; what it returns is added to the options. */
  begun?: (pid: number) => CriuOptions;
  /** criu waits until it returns. A descriptor is closed then. */
  notified?: (event: string, pid: number, descriptor: number | undefined) => void;
};

/**
 * Has criu do something, which gets our streams.
 * @throws EngineError unavailable without criu, system when it fails, with the reason of its log
 */
export async function runCriu(call: CriuCall): Promise<void> {
  const { request, options, begun, logFile } = call;
  const [ours, theirs] = socketPair('seqpacket');
  const criu = spawn('criu', ['swrk', String(SOCKET)], {
    stdio: [0, 1, 2, theirs, ...(call.descriptors ?? [])],
  });
  closeSync(theirs);
  const ended = endOf(criu);
  try {
    if (criu.pid === undefined) throw await missing(ended);
    send(ours, encodeRequest(request, { ...options, ...begun?.(criu.pid) }));
    if (!converse(ours, call).success)
      throw new EngineError('system', `criu ${request} failed: ${reasonIn(logFile)}`);
  } finally {
    // After a pre-dump it would wait for more.
    closeSync(ours);
    await ended;
  }
}

function converse(socket: number, { notified }: CriuCall): CriuResponse {
  for (;;) {
    const { data, descriptor } = receiveMessage(socket, MAX_RESPONSE_BYTES);
    try {
      const response: CriuResponse = data.length === 0 ? { success: false } : decodeResponse(data);
      const { notification, success } = response;
      if (!notification || !success) return response;
      notified?.(notification.event, notification.pid, descriptor);
    } finally {
      if (descriptor !== undefined) closeSync(descriptor);
    }
    send(socket, encodeNotified());
  }
}

function send(socket: number, bytes: Buffer): void {
  syscall('sendto', 'criu', socket, bytes, bytes.length, 0, null, 0);
}

/** Settles when it has ended, or could not be started: with the reason then. */
async function endOf(criu: ChildProcess): Promise<unknown> {
  try {
    return await once(criu, 'exit').then(() => undefined);
  } catch (error) {
    return error;
  }
}

async function missing(ended: Promise<unknown>): Promise<EngineError> {
  const cause = await ended;
  if (errorCode(cause) !== 'ENOENT') return new EngineError('system', 'criu cannot be started', { cause });
  return new EngineError('unavailable', 'criu is not installed, and checkpoint and restore need it', {
    hint: 'On Debian: apt-get install criu.',
  });
}

/** The last lines say only that it, or a program that it called, has failed. */
function reasonIn(logFile: string): string {
  try {
    const errors = readFileSync(logFile, 'utf8')
      .split('\n')
      .filter(line => line.includes('Error'));
    const reason =
      errors.findLast(line => !/FAILED|exited, status=|unexpectedly|failed with -\d/.test(line)) ??
      errors.at(-1) ??
      'no error in its log';
    return `${reason} (log file: ${logFile})`;
  } catch {
    return `no log file ${logFile}`;
  }
}
