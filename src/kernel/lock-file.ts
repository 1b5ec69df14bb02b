import {
  closeSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { type EngineError, SyscallError } from '../base/errors.ts';
import { errnoName, syscallAsync, syscallResult } from './libc.ffi.ts';

const LOCK_EX = 2;
const LOCK_NB = 4;
const EWOULDBLOCK = 11;

type LockOptions = {
  mode?: number;
  /** Whether the file goes when it is released. */
  isTemporary?: boolean;
  /** The error where another process has it, of which the file tells the pid. */
  refusal: (pid: string) => EngineError;
};

/**
 * Takes a file for this process, and writes its pid into it, until the function returned is called, or the process
 * ends (flock(2); the descriptor is close-on-exec, so no shim inherits the lock). What it held before is of no
 * importance: a pid that a crash has left may be another process's by now.
 * @throws what `refusal` returns; SyscallError
 */
export function lockFile(path: string, options: LockOptions): () => void {
  const { mode = 0o600, isTemporary = false } = options;
  const descriptor = openSync(path, 'a+', mode);
  const result = syscallResult('flock', descriptor, LOCK_EX | LOCK_NB);
  if (result < 0) {
    const pid = readFileSync(path, 'utf8').trim();
    closeSync(descriptor);
    if (result === -EWOULDBLOCK) throw options.refusal(pid);
    throw new SyscallError('flock', -result, errnoName(-result), path);
  }
  // Who had it has taken it away since it was opened: another may have made a new one.
  if (statSync(path, { throwIfNoEntry: false })?.ino !== fstatSync(descriptor).ino) {
    closeSync(descriptor);
    return lockFile(path, options);
  }
  ftruncateSync(descriptor);
  writeSync(descriptor, `${process.pid}\n`);
  return () => {
    if (isTemporary) rmSync(path, { force: true });
    closeSync(descriptor);
  };
}

/** Waits until no other process has the file locked. The lock lasts until the descriptor is closed. */
export async function waitForLock(path: string, descriptor: number): Promise<void> {
  await syscallAsync('flock', path, descriptor, LOCK_EX);
}
