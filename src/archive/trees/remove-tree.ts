import { closeSync, constants, rmdirSync, unlinkSync } from 'node:fs';
import { EngineError, errorCode } from '../../base/errors.ts';
import { O_PATH, openEntry } from '../../kernel/open-beneath.ts';
import { enterDirectory } from '../../kernel/thread-root.ts';
import { hostPath } from '../archive-path.ts';
import { walkTree } from './walk-tree.ts';

/**
 * Removes the entry `name` (latin1) of a directory with all that is below it, however deep; walkTree tells how. What
 * cannot be removed stays, and the rest goes. A missing entry is fine.
 * @param parent a descriptor of the directory, which stays the caller's
 * @throws the first error that came
 */
export function removeTree(parent: number, name: string): void {
  let failure: unknown;
  /** Whether there is nothing more to be done about it. */
  const remove = (entry: string, isDirectory: boolean): boolean => {
    try {
      if (isDirectory) rmdirSync(hostPath(entry));
      else unlinkSync(hostPath(entry));
    } catch (error) {
      if (errorCode(error) === 'ENOTEMPTY') return false;
      if (errorCode(error) !== 'ENOENT') failure ??= error;
    }
    return true;
  };
  const removeEmptied = (entry: string): void => {
    if (!remove(entry, true))
      failure ??= new EngineError('conflict', 'something was put into a directory that is being removed');
  };
  const directory = openEntry(parent, Buffer.from(name, 'latin1'), constants.O_DIRECTORY | O_PATH);
  if (directory >= 0) {
    try {
      walkTree(directory, {
        entry: found => !remove(found.name, found.isDirectory()),
        left: removeEmptied,
      });
    } finally {
      closeSync(directory);
    }
  }
  enterDirectory(parent);
  if (directory >= 0) removeEmptied(name);
  else remove(name, false);
  if (failure !== undefined) throw failure;
}
