import { closeSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { EngineError } from '../base/errors.ts';
import { errnoName, syscallResult } from '../kernel/libc.ffi.ts';

const LOCK_EX = 2;
const LOCK_NB = 4;
const EWOULDBLOCK = 11;

/**
 * Takes the data root for this engine until the function returned is called, or the process ends (flock(2); the
 * descriptor is close-on-exec, so no shim inherits the lock).
 * @throws EngineError conflict when another engine has it
 */
export function lockDataRoot(dataRoot: string): () => void {
  const path = join(dataRoot, 'engine.lock');
  const descriptor = openSync(path, 'a+', 0o600);
  const result = syscallResult('flock', descriptor, LOCK_EX | LOCK_NB);
  if (result < 0) {
    const owner = readFileSync(path, 'utf8').trim();
    closeSync(descriptor);
    if (result !== -EWOULDBLOCK) throw new EngineError('system', `flock(${path}): ${errnoName(-result)}`);
    throw new EngineError(
      'conflict',
      `another daemon (process ${owner}) is using the data root ${dataRoot}`,
      {
        hint: 'Stop it first, or give this one another --data-root and --exec-root.',
      },
    );
  }
  ftruncateSync(descriptor);
  writeSync(descriptor, `${process.pid}\n`);
  return () => closeSync(descriptor);
}
