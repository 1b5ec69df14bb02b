import {
  chmodSync,
  closeSync,
  constants,
  existsSync,
  fchmodSync,
  fstatSync,
  openSync,
  readdirSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { makeDirectories } from './make-directories.ts';
import { EngineError } from './errors.ts';

const PERMISSIONS = 0o7777;
const STICKY = 0o1000;

/**
 * Makes a directory that no other user gets into, for the engine alone. One that is there is closed to others.
 * @throws EngineError invalid-parameter where others share or own it, who could put anything into its place
 */
export function makePrivateDirectory(path: string): void {
  makeDirectories(dirname(path), 0o755);
  makeDirectories(path, 0o700);
  const directory = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    const { mode, uid } = fstatSync(directory);
    if (uid !== process.geteuid?.())
      throw new EngineError('invalid-parameter', `${path} belongs to another user (${uid})`, {
        hint: `Give the engine a directory of its own: chown ${process.geteuid?.()} ${path}`,
      });
    // A new tmpfs is like that, too.
    if ((mode & STICKY) !== 0 && readdirSync(path).length > 0)
      throw new EngineError('invalid-parameter', `${path} is shared with other users`, {
        hint: 'Give the engine a directory of its own.',
      });
    if ((mode & PERMISSIONS) !== 0o700) fchmodSync(directory, 0o700);
  } finally {
    closeSync(directory);
  }
}

/** A database of SQLite that no other user reads, before it is opened: its log gets the mode that it has itself. */
export function makePrivateDatabase(path: string): void {
  closeSync(openSync(path, 'a', 0o600));
  for (const file of [path, `${path}-wal`, `${path}-shm`, `${path}.reserve`])
    if (existsSync(file)) chmodSync(file, 0o600);
}
