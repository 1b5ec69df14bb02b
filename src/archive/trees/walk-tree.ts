import { type Dirent, fstatSync, opendirSync, readdirSync } from 'node:fs';
import { enterDirectory } from '../../kernel/thread-root.ts';
import { TreeCursor } from './tree-cursor.ts';

/** The directory at hand. While a visitor is called, it is the working directory of the calling thread. */
export type WalkedDirectory = {
  /** The names that lead to it; none for the root. */
  way: readonly string[];
  /** Open for reading. */
  fd: number;
};

/** What is to be done on the way. Names are latin1. */
export type TreeVisitor = {
  /** @returns whether to go into it, if it is a directory */
  entry(entry: Dirent, directory: WalkedDirectory): boolean;
  /** @returns whether to look at what is in it; default true */
  entered?(directory: WalkedDirectory): boolean;
  /** All that is in `name`, in this directory, has been gone through. */
  left?(name: string, directory: WalkedDirectory): void;
};

const ENTRIES_AT_ONCE = 512;
/** A directory's own size tells how much is in it: this large, it has some thousand entries. */
const SMALL_DIRECTORY_BYTES = 65_536;

/**
 * Goes through all that is in a directory, in no particular order, however deep that is and whatever others do in it
 * meanwhile (see TreeCursor): what they move away is left out. The calling thread must be separated
 * (separateThreadRoot); its working directory is another one afterwards.
 * @param root a descriptor of the directory, which stays the caller's
 * @throws SyscallError
 */
export function walkTree(root: number, visitor: TreeVisitor): void {
  using cursor = new TreeCursor(root);
  const way: string[] = [];
  const here = (): WalkedDirectory => {
    enterDirectory(cursor.fd);
    return { way, fd: cursor.fd };
  };
  const pending = [entriesToEnter(here(), visitor)];
  for (;;) {
    const next = pending.at(-1)?.pop();
    if (next !== undefined && cursor.enter(next)) {
      way.push(next);
      const directory = here();
      pending.push(visitor.entered?.(directory) === false ? [] : entriesToEnter(directory, visitor));
    } else if (next === undefined) {
      if (cursor.depth === 0) return;
      const name = way.at(-1) ?? '';
      const isBack = cursor.leave();
      way.length = cursor.depth;
      pending.length = cursor.depth + 1;
      if (isBack) visitor.left?.(name, here());
    }
  }
}

function entriesToEnter(directory: WalkedDirectory, visitor: TreeVisitor): string[] {
  const entered: string[] = [];
  for (const entry of entriesOf(directory)) if (visitor.entry(entry, directory)) entered.push(entry.name);
  return entered;
}

/** The working directory's entries. Millions are read bit by bit; a few at once, in a third of the time. */
function entriesOf({ fd }: WalkedDirectory): Iterable<Dirent> {
  if (fstatSync(fd).size > SMALL_DIRECTORY_BYTES) return entriesBitByBit();
  return readdirSync('.', { encoding: 'latin1', withFileTypes: true });
}

function* entriesBitByBit(): Generator<Dirent> {
  const entries = opendirSync('.', { encoding: 'latin1', bufferSize: ENTRIES_AT_ONCE });
  try {
    for (let entry = entries.readSync(); entry !== null; entry = entries.readSync()) yield entry;
  } finally {
    entries.closeSync();
  }
}
