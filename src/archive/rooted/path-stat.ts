import * as fs from 'node:fs';
import { EngineError, errorCode, SyscallError } from '../../base/errors.ts';
import { goFileMessage } from '../../base/go-file-error.ts';
import { baseName } from '../go-path.ts';
import { resolveLinks } from './resolve-links.ts';
import { enterParentInView } from './view-path.ts';

/** What Docker tells of a path in a container. */
export type PathStat = {
  /** The last component: `.` and `/` too. */
  name: string;
  size: number;
  /** Go's os.FileMode. */
  mode: number;
  mtimeNs: bigint;
  /** Where a link leads to in the end, '' for other files. */
  linkTarget: string;
};

/**
 * Reads a file's stat in the calling thread's root. Links are not followed, but for those on the way, and, with a slash
 * behind it, the last one; view-path.ts tells how.
 * @throws EngineError not-found, invalid-parameter, system in Go's words
 */
export function statPath(path: string): PathStat {
  const { stat } = lookUpInView(path);
  return {
    name: baseName(path),
    size: Number(stat.size),
    mode: goFileMode(stat),
    mtimeNs: stat.mtimeNs,
    linkTarget: stat.isSymbolicLink() ? resolveLinks(path) : '',
  };
}

/**
 * Finds a path in the calling thread's root: the name it has in what is the working directory then, and what is there
 * (enterParentInView).
 * @throws EngineError not-found, invalid-parameter, system in Go's words
 */
export function lookUpInView(path: string): { name: string; stat: fs.BigIntStats } {
  return inGoWords(() => {
    const name = enterParentInView(path);
    try {
      return { name, stat: fs.lstatSync(name, { bigint: true }) };
    } catch (error) {
      throw Object.assign(error as Error, { path });
    }
  });
}

/** Turns file errors into EngineErrors: not-found for a missing file, system for others. */
export function inGoWords<T>(task: () => T): T {
  try {
    return task();
  } catch (error) {
    if (error instanceof EngineError && !(error instanceof SyscallError)) throw error;
    const kind = errorCode(error) === 'ENOENT' ? 'not-found' : 'system';
    throw new EngineError(kind, goFileMessage(error), { cause: error });
  }
}

const S_IFMT = 0o170000;
/** Go's type bits (io/fs, FileMode) for those of stat(2). */
const TYPE_BITS: Record<number, number> = {
  0o040000: 2 ** 31,
  0o120000: 2 ** 27,
  0o060000: 2 ** 26,
  0o020000: 2 ** 26 + 2 ** 21,
  0o010000: 2 ** 25,
  0o140000: 2 ** 24,
};

function goFileMode({ mode: bits }: fs.BigIntStats): number {
  const mode = Number(bits);
  const special =
    ((mode & 0o4000) !== 0 ? 2 ** 23 : 0) +
    ((mode & 0o2000) !== 0 ? 2 ** 22 : 0) +
    ((mode & 0o1000) !== 0 ? 2 ** 20 : 0);
  return (TYPE_BITS[mode & S_IFMT] ?? 0) + special + (mode & 0o777);
}
