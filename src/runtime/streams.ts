import { closeSync, readlinkSync } from 'node:fs';
import { EngineError } from '../base/errors.ts';
import { cstring, syscall } from '../kernel/libc.ffi.ts';
import { type Flags, flagNumber, flagText } from './flags.ts';

const AF_UNIX = 1;
const SOCK_STREAM_CLOEXEC = 0o2000001;
const FIRST_DESCRIPTOR = 3;
const MAX_PATH_BYTES = 107;

/** The caller's streams, which become those of the container. */
export const CALLERS_STREAMS = [0, 1, 2] as const;

/** Connects to a stream socket of the host. @returns a descriptor @throws SyscallError */
export function connectUnix(path: string): number {
  if (Buffer.byteLength(path) > MAX_PATH_BYTES)
    throw new EngineError(
      'invalid-parameter',
      `the path of a socket has at most ${MAX_PATH_BYTES} bytes: ${path}`,
    );
  const socket = syscall('socket', 'AF_UNIX', AF_UNIX, SOCK_STREAM_CLOEXEC, 0);
  const address = Buffer.concat([Buffer.of(AF_UNIX, 0), cstring(path)]);
  try {
    syscall('connect', path, socket, address, address.length);
  } catch (error) {
    closeSync(socket);
    throw error;
  }
  return socket;
}

/** Whether a terminal is asked for, and where it goes. @throws EngineError, with runc's words */
export function openConsoleSocket(flags: Flags, terminal: boolean, detach: boolean): number | undefined {
  const path = flagText(flags, 'console-socket');
  if (terminal && detach && !path)
    throw new EngineError(
      'invalid-parameter',
      'cannot allocate tty if runc will detach without setting console socket',
    );
  if ((!terminal || !detach) && path)
    throw new EngineError(
      'invalid-parameter',
      'cannot use console socket if runc will not detach or allocate tty',
    );
  return path ? connectUnix(path) : undefined;
}

/**
 * The descriptors to be passed on: systemd's sockets (sd_listen_fds(3)), then those of `--preserve-fds`.
 * @returns the descriptors, and what the environment is to say of them
 * @throws EngineError invalid-parameter
 */
export function preservedDescriptors(flags: Flags): { descriptors: number[]; env: string[] } {
  const listening = Number(process.env.LISTEN_FDS ?? 0) || 0;
  const count = listening + (flagNumber(flags, 'preserve-fds') ?? 0);
  const descriptors = Array.from({ length: count }, (_, index) => FIRST_DESCRIPTOR + index);
  for (const descriptor of descriptors) {
    if (!isInherited(descriptor))
      throw new EngineError(
        'invalid-parameter',
        `please check that preserved-fd ${descriptor - FIRST_DESCRIPTOR} (of ${count}) is present`,
      );
  }
  return { descriptors, env: listening > 0 ? [`LISTEN_FDS=${listening}`, 'LISTEN_PID=1'] : [] };
}

/** Node's own descriptors follow those that it was given, an epoll instance first. */
function isInherited(descriptor: number): boolean {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`) !== 'anon_inode:[eventpoll]';
  } catch {
    return false;
  }
}
