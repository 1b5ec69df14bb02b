import { chmodSync, closeSync, constants, mkdirSync, openSync, rmSync, statfsSync } from 'node:fs';
import { makeDirectories } from '../../base/make-directories.ts';
import { syscall } from '../../kernel/libc.ffi.ts';
import { fileSystemName } from './file-system-name.ts';

const DT_UNKNOWN = 0;
/** struct linux_dirent64 */
const RECORD_LENGTH_OFFSET = 16;
const TYPE_OFFSET = 18;

/** The lines of `docker info` that tell where a driver keeps its files. */
export function backingStatus(root: string): [string, string][] {
  return [['Backing Filesystem', fileSystemName(statfsSync(root).type)]];
}

/**
 * Whether listing a directory tells the types of its entries (getdents64(2)): overlays need that to find
 * whiteouts. xfs made with `ftype=0` does not.
 */
export function supportsEntryTypes(root: string): boolean {
  const probe = `${root}/.entry-types`;
  makeDirectories(probe);
  const directory = openSync(root, constants.O_DIRECTORY);
  try {
    const entries = Buffer.alloc(32_768);
    const length = syscall('getdents64', root, directory, entries, entries.length);
    for (let at = 0; at < length; at += entries.readUInt16LE(at + RECORD_LENGTH_OFFSET)) {
      if (entries[at + TYPE_OFFSET] === DT_UNKNOWN) return false;
    }
    return true;
  } finally {
    closeSync(directory);
    rmSync(probe, { recursive: true });
  }
}

/** Makes a directory with mode 0755, whatever the umask is. */
export function makeOpenDirectory(path: string): void {
  mkdirSync(path);
  chmodSync(path, 0o755);
}
