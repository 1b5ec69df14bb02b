import { chmodSync, closeSync, copyFileSync, openSync, readlinkSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { EngineError, errorCode } from '../base/errors.ts';
import { makePrivateDirectory } from '../base/private-files.ts';
import { SHIM_DIRECTORY } from './shim-directory.ts';

/** Paths of native programs, for an engine and its children. */
export type HeldPrograms = { shim: string; init: string; release: () => void };

/**
 * Makes the native programs the engine's own, as their package may be replaced or removed while it runs: it has the
 * shim open, and a copy of the init, which is mounted in containers, in its exec root.
 * @throws EngineError unavailable when they are missing
 */
export function holdPrograms(execRoot: string): HeldPrograms {
  const directory = join(execRoot, 'programs');
  makePrivateDirectory(directory);
  const init = join(directory, 'slipway-init');
  unlessMissing(() => copyFileSync(join(SHIM_DIRECTORY, 'slipway-init'), `${init}.new`));
  chmodSync(`${init}.new`, 0o755);
  renameSync(`${init}.new`, init);
  const shim = unlessMissing(() => openSync(join(SHIM_DIRECTORY, 'slipway-shim'), 'r'));
  return {
    // As this /proc knows the process, which may be that of another pid namespace.
    shim: `/proc/${readlinkSync('/proc/self')}/fd/${shim}`,
    init,
    release: () => closeSync(shim),
  };
}

function unlessMissing<T>(task: () => T): T {
  try {
    return task();
  } catch (cause) {
    if (errorCode(cause) !== 'ENOENT') throw cause;
    throw new EngineError('unavailable', `the native programs in ${SHIM_DIRECTORY} are missing`, {
      cause,
      hint: 'In a checkout, run scripts/build-shim (it needs musl-tools); else install the package again.',
    });
  }
}
