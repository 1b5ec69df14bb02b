import * as fs from 'node:fs';
import { errorCode } from '../../base/errors.ts';
import { decodeDevice } from '../../kernel/make-node.ts';
import { enterRoot } from '../../kernel/thread-root.ts';
import { getXattr } from '../../kernel/xattr.ts';
import { hostPath } from '../archive-path.ts';
import { keptXattrs } from './tree-packer.ts';
import { OPAQUE_MARKER } from './whiteout.ts';

export type ChangedFile =
  /** `path` is latin1 and absolute, in the upper tree. */
  { path: string; kind: 'added' | 'modified'; stat: fs.BigIntStats } | { path: string; kind: 'deleted' };

export type ComparedTrees = {
  /** Directories, as openRoot gives them; without `lower`, everything is new. */
  upper: number;
  lower: number | undefined;
  /**
   * Whether `upper` has all files; otherwise it is overlayfs's upper directory, with whiteouts and the attribute of
   * opaque directories.
   */
  isWhole: boolean;
  opaqueXattr: string;
  /**
   * Places that were made for mounts and the like, absolute: new and empty ones are no changes, nor are new
   * directories on the way to them.
   */
  ignored: readonly string[];
  /** Report files of an overlay that are the same by all their attributes: what they hold may differ. */
  reportsCopies: boolean;
  /** Gets what is in `upper` and is no change, what is in a directory before that directory. */
  onLeftOut?: (path: string) => void;
  /** Gets directories that hide all that is below them by overlayfs's attribute alone. */
  onOpaque?: (path: string) => void;
};

type Entry = { name: string; stat: fs.BigIntStats };

/**
 * What a tree has that the tree below it has not, in the order of names' bytes, directories before what is in them.
 * Only the topmost entry of a removed tree is reported; directories count as modified when something in them is.
 *
 * The calling thread must be separated, and have `upper` as its root; whenever this yields, it has.
 */
export function changedFiles(trees: ComparedTrees): Generator<ChangedFile> {
  return new Comparison(trees).directory('', { isNew: trees.lower === undefined, isWhole: trees.isWhole });
}

type Place = { isNew: boolean; isWhole: boolean };

class Comparison {
  readonly #trees: ComparedTrees;
  readonly #ignored: ReadonlySet<string>;
  /** Directories that are told of only when something in them is. */
  #pending: ChangedFile[] = [];

  constructor(trees: ComparedTrees) {
    this.#trees = trees;
    this.#ignored = new Set(trees.ignored);
  }

  *directory(path: string, { isNew, isWhole }: Place): Generator<ChangedFile> {
    const upper = new Map(entriesOf(path).map(({ name, stat }) => [name, stat]));
    const lower = isNew ? new Map<string, fs.BigIntStats>() : this.#lower(path, upper, isWhole);
    for (const name of [...new Set([...upper.keys(), ...lower.keys()])].sort()) {
      const child = `${path}/${name}`;
      const [stat, below] = [upper.get(name), lower.get(name)];
      if (stat === undefined || isWhiteout(stat)) {
        if (below !== undefined) yield* this.#tell({ path: child, kind: 'deleted' });
        else this.#leaveOut(child);
      } else if (below === undefined) yield* this.#added(child, stat);
      else yield* this.#existing(child, { stat, below, isWhole });
    }
  }

  *#added(path: string, stat: fs.BigIntStats): Generator<ChangedFile> {
    const change: ChangedFile = { path, kind: 'added', stat };
    if (!stat.isDirectory()) {
      const isPlace = this.#ignored.has(path) && (stat.size === 0n || stat.isSymbolicLink());
      if (isPlace) this.#leaveOut(path);
      else yield* this.#tell(change);
      return;
    }
    if (this.#isOnTheWay(path)) this.#pending.push(change);
    else yield* this.#tell(change);
    yield* this.directory(path, { isNew: true, isWhole: true });
    this.#drop(change);
  }

  #isOnTheWay(path: string): boolean {
    return this.#ignored.has(path) || [...this.#ignored].some(place => place.startsWith(`${path}/`));
  }

  *#existing(
    path: string,
    { stat, below, isWhole }: { stat: fs.BigIntStats; below: fs.BigIntStats; isWhole: boolean },
  ): Generator<ChangedFile> {
    const change: ChangedFile = { path, kind: 'modified', stat };
    if (!stat.isDirectory()) {
      const mayDiffer = this.#trees.reportsCopies && !this.#trees.isWhole;
      if (mayDiffer || this.#differs(path, stat, below)) yield* this.#tell(change);
      return;
    }
    if (this.#differs(path, stat, below)) yield* this.#tell(change);
    else this.#pending.push(change);
    const isOpaque = !isWhole && getXattr(hostPath(path), this.#trees.opaqueXattr)?.toString() === 'y';
    if (isOpaque) this.#trees.onOpaque?.(path);
    yield* this.directory(path, { isNew: !below.isDirectory(), isWhole: isWhole || isOpaque });
    this.#drop(change);
  }

  /** A directory that was to be told of only with something in it. */
  #drop(change: ChangedFile): void {
    const kept = this.#pending.filter(pending => pending !== change);
    if (kept.length < this.#pending.length) this.#leaveOut(change.path);
    this.#pending = kept;
  }

  #leaveOut(path: string): void {
    this.#trees.onLeftOut?.(path);
  }

  *#tell(change: ChangedFile): Generator<ChangedFile> {
    yield* this.#pending.splice(0);
    yield change;
  }

  /** The lower tree's files of these names, and, with `all`, its others. */
  #lower(
    path: string,
    upper: ReadonlyMap<string, fs.BigIntStats>,
    all: boolean,
  ): Map<string, fs.BigIntStats> {
    return this.#inLower(() => {
      const entries = all ? entriesOf(path) : [...upper.keys()].flatMap(name => entryOf(path, name));
      return new Map(entries.filter(({ stat }) => !isWhiteout(stat)).map(({ name, stat }) => [name, stat]));
    });
  }

  /** As Docker compares: not the size and time of directories; contents are not looked at. */
  #differs(path: string, stat: fs.BigIntStats, below: fs.BigIntStats): boolean {
    const keys = ['mode', 'uid', 'gid', 'rdev'] as const;
    if (keys.some(key => stat[key] !== below[key])) return true;
    if (!stat.isDirectory() && (stat.size !== below.size || stat.mtimeNs !== below.mtimeNs)) return true;
    const [own, others] = [keptXattrs(path), this.#inLower(() => keptXattrs(path))];
    return own.size !== others.size || [...own].some(([name, value]) => !others.get(name)?.equals(value));
  }

  #inLower<T>(task: () => T): T {
    const { lower, upper } = this.#trees;
    if (lower === undefined) throw new TypeError('there is no lower tree');
    try {
      enterRoot(lower);
      return task();
    } finally {
      enterRoot(upper);
    }
  }
}

/**
 * None when it has gone, as a container may be at work. The marker that fuse-overlayfs leaves beside its attribute is
 * no file of the container's: in a layer it would say the same of a directory that is not opaque any more.
 */
function entriesOf(path: string): Entry[] {
  try {
    const names = fs.readdirSync(hostPath(`${path}/`), { encoding: 'latin1' });
    return names.filter(name => name !== OPAQUE_MARKER).flatMap(name => entryOf(path, name));
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return [];
    throw error;
  }
}

/** None when it has gone. */
function entryOf(path: string, name: string): Entry[] {
  const stat = fs.lstatSync(hostPath(`${path}/${name}`), { bigint: true, throwIfNoEntry: false });
  return stat === undefined ? [] : [{ name, stat }];
}

function isWhiteout(stat: fs.BigIntStats): boolean {
  if (!stat.isCharacterDevice()) return false;
  const { major, minor } = decodeDevice(stat.rdev);
  return major === 0 && minor === 0;
}
