import {
  chmodSync,
  closeSync,
  copyFileSync,
  existsSync,
  openSync,
  readlinkSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { join } from 'node:path';
import { EngineError, errorCode } from '../base/errors.ts';
import { makePrivateDirectory } from '../base/private-files.ts';
import { SHIM_DIRECTORY } from './shim-directory.ts';

const NO_ROOM: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT']);

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
  const init = copyOf('slipway-init', directory);
  const shim = unlessMissing(() => openSync(join(SHIM_DIRECTORY, 'slipway-shim'), 'r'));
  return {
    // As this /proc knows the process, which may be that of another pid namespace.
    shim: `/proc/${readlinkSync('/proc/self')}/fd/${shim}`,
    init,
    release: () => closeSync(shim),
  };
}

/** The program's path: where there is no room for a copy, that of an earlier one, or the package's own. */
function copyOf(program: string, directory: string): string {
  const [packaged, own] = [join(SHIM_DIRECTORY, program), join(directory, program)];
  try {
    unlessMissing(() => copyFileSync(packaged, `${own}.new`));
    chmodSync(`${own}.new`, 0o755);
    renameSync(`${own}.new`, own);
    return own;
  } catch (error) {
    rmSync(`${own}.new`, { force: true });
    if (!NO_ROOM.has(errorCode(error) ?? '')) throw error;
    return existsSync(own) ? own : packaged;
  }
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
