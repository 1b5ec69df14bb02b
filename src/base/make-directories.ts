import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { errorCode } from './errors.ts';

/**
 * Makes a directory with the directories that lead to it, as far as they are missing. Node's own `recursive` tries for
 * ever where the kernel makes no directory in one that is there, as in /proc.
 * @throws Error of mkdir(2); EEXIST where something else is in the way
 */
export function makeDirectories(path: string, mode = 0o777): void {
  try {
    makeOne(path, mode);
  } catch (error) {
    const parent = dirname(path);
    if (errorCode(error) !== 'ENOENT' || parent === path) throw error;
    makeDirectories(parent, mode);
    makeOne(path, mode);
  }
}

/** Others may make it at the same time. */
function makeOne(path: string, mode: number): void {
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) throw error;
  }
}
