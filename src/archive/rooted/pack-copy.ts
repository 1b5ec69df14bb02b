import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { posix } from 'node:path';
import type { Digest } from '../../base/digest.ts';
import { EngineError, errorCode } from '../../base/errors.ts';
import { pathMatcher } from '../../base/go/path-match.ts';
import { IgnorePatterns } from '../../base/ignore-patterns.ts';
import type { OverlayOptions } from '../../kernel/detached-overlay.ts';
import { O_PATH, openInRoot } from '../../kernel/open-beneath.ts';
import { enterDirectory, withRoot, workingDirectory } from '../../kernel/thread-root.ts';
import { type Growth, GrowthWriter } from '../growth.ts';
import type { TarEntry } from '../tar/tar-entry.ts';
import { tarEntry } from '../tar/tar-entry.ts';
import { readable } from '../archive-path.ts';
import { descriptorSink, keptXattrs, type PackSink, TreePacker } from '../trees/tree-packer.ts';
import { openWithoutDevices } from './without-devices.ts';

/** What COPY and ADD take from one tree, and where it goes in another. */
export type CopyRequest = {
  /** Paths from the source's root; with wildcards, which may match nothing. */
  sources: string[];
  /** Absolute. With a slash behind it, it is a directory. */
  destination: string;
  /** The directories on a source's way are made in the destination, too. */
  parents: boolean;
  /** Patterns as in a .dockerignore, relative to each source. */
  exclude: string[];
  /** Default: as in the source. */
  owner: { uid: number; gid: number } | undefined;
  mode: ModeChange[] | undefined;
  /** What the destination has is not looked at: links on the way are replaced. */
  link: boolean;
  /** The times of directories that are made, in nanoseconds. */
  createdNs: bigint;
  /** Every time in it becomes this one. */
  timeNs?: bigint | undefined;
};

/** Bits that are kept of a mode, and those that are set; for executables and directories maybe other ones (`X`). */
export type ModeChange = { keep: number; set: number; setExecutable: number };

/** A directory, the descriptor of a detached mount, which stays the caller's, or an overlay. */
export type CopyTree = string | number | OverlayOptions;
export type CopyPart = { source: CopyTree; copy: CopyRequest };

/** Finds what sources match; a link is followed. */
export type MatchPathsJob = { kind: 'match-paths'; source: CopyTree; sources: string[] };

export type PackCopyJob = {
  kind: 'pack-copy';
  /** One after the other, into one layer. */
  parts: CopyPart[];
  destination: CopyTree;
  /** Undefined: only what is copied is to be known, without its times. */
  output: { fd: number; growth: Growth } | undefined;
};

export type PackedCopy = {
  digest: Digest;
  sizeBytes: number;
  /**
   * Paths of files (UTF-8), and what shows a change of them: of size, time, mode or owner. Undefined with an output, and
   * where they are too many.
   */
  marks: ReadonlyMap<string, string> | undefined;
};

/** Of as many files changes are told of one by one. */
const MAX_MARKS = 2000;

/** More than that is a mistake. */
const MAX_MATCHES = 100_000;

/**
 * Writes what a COPY adds to a tree as an OCI layer. Without an output only the digest of what it would be, times left
 * out: by that, a copy that has been made is known again. For a rooted thread; neither tree may change meanwhile.
 * @throws EngineError not-found for a source that is not there, invalid-parameter for what cannot be copied so
 */
export async function packCopy(
  home: number,
  { parts, destination, output }: PackCopyJob,
): Promise<PackedCopy> {
  const to = openWithoutDevices(destination);
  try {
    const packer = new CopyPacker(to, output);
    for (const { source, copy } of parts) {
      const place = await withRoot(home, to, () => findPlace(to, copy));
      await inTree(home, source, () => packer.add(copy, place));
    }
    return packer.finish();
  } finally {
    fs.closeSync(to);
  }
}

/** The paths of what {@link packCopy} would take, and whether each is a regular file. For a rooted thread. */
export function matchPaths(
  home: number,
  { source, sources }: MatchPathsJob,
): Promise<{ path: string; isFile: boolean }[]> {
  return inTree(home, source, () =>
    sources
      .flatMap(each => matchesOf(each, false))
      .map(({ path, stat }) => ({ path, isFile: stat.isFile() })),
  );
}

async function inTree<T>(home: number, tree: CopyTree, task: () => T): Promise<T> {
  const root = openWithoutDevices(tree);
  try {
    return await withRoot(home, root, task);
  } finally {
    fs.closeSync(root);
  }
}

/** Where the destination is: its longest part that exists, links resolved, and what is missing. */
type Place = { existing: string; missing: string[]; isDirectory: boolean };

/** With the destination as the thread's root. */
function findPlace(root: number, { destination, link }: CopyRequest): Place {
  if (link) return { existing: '', missing: namesOf(destination), isDirectory: false };
  const names = namesOf(followed(destination));
  for (let count = names.length; ; count--) {
    const found = openInRoot(root, names.slice(0, count).join('/') || '.', O_PATH);
    if (found < 0 && count > 0) continue;
    try {
      const isDirectory = fs.fstatSync(found).isDirectory();
      if (isDirectory) {
        enterDirectory(found);
        const existing = workingDirectory().slice(1);
        return { existing, missing: names.slice(count), isDirectory: count === names.length };
      }
      // A file may be replaced by a file.
      if (count < names.length)
        throw invalid(`cannot copy to non-directory: /${names.slice(0, count).join('/')}`);
    } finally {
      if (found >= 0) fs.closeSync(found);
    }
  }
}

function namesOf(path: string): string[] {
  return path.split('/').filter(name => name !== '' && name !== '.');
}

/** As many as the kernel follows. */
const MAX_LINKS = 40;

/** Where a path leads whose last name is a link: to a file, or to what is not there yet, which is then made. */
function followed(path: string): string {
  let found = posix.join(path, '.').replace(/\/$/, '');
  for (let count = 0; count < MAX_LINKS; count++) {
    try {
      const target = fs.readlinkSync(found);
      found = posix.resolve(fs.realpathSync(posix.dirname(found)), target);
    } catch {
      break;
    }
  }
  return found;
}

function markOf({ type, size, mtimeNs, mode, uid, gid, linkPath }: TarEntry): string {
  return `${type} ${size} ${mtimeNs} ${mode} ${uid}:${gid} ${linkPath}`;
}

type Match = {
  path: string;
  /** With `parents`, where it is put: its path, or what is behind a `./` in it. */
  relative: string;
  stat: fs.BigIntStats;
};

class CopyPacker {
  readonly #destination: number;
  readonly #hash = createHash('sha256');
  readonly #packer: TreePacker;
  readonly #made = new Set<string>();
  readonly #onlyDigest: boolean;
  readonly #marks = new Map<string, string>();
  #sizeBytes = 0;
  #copy: CopyRequest | undefined;
  #place: Place = { existing: '', missing: [], isDirectory: true };
  /** The time of the destination, where that is a directory that is made. */
  #placeTimeNs = 0n;
  #excluded: IgnorePatterns | undefined;
  /** Length of what stands in front of the names of a source's files. */
  #prefix = 0;

  /** @param destination a descriptor, which stays the caller's */
  constructor(destination: number, output: PackCopyJob['output']) {
    this.#destination = destination;
    this.#onlyDigest = output === undefined;
    this.#packer = new TreePacker(this.#sink(output), {
      sparse: false,
      selects: (name, stat) => this.#selects(name, stat),
      change: entry => this.#changed(entry),
    });
  }

  #sink(output: PackCopyJob['output']): PackSink {
    const write = output === undefined ? undefined : descriptorSink(output.fd);
    const written = output === undefined ? undefined : new GrowthWriter(output.growth);
    return chunk => {
      write?.(chunk);
      written?.grow(chunk.length);
      this.#hash.update(chunk);
      this.#sizeBytes += chunk.length;
    };
  }

  /** With the source as the thread's root. */
  add(copy: CopyRequest, place: Place): void {
    this.#copy = copy;
    this.#place = place;
    this.#excluded = copy.exclude.length === 0 ? undefined : new IgnorePatterns(copy.exclude);
    const matches = copy.sources.flatMap(source => matchesOf(source, copy.parents));
    if (matches.length > MAX_MATCHES) throw invalid(`more than ${MAX_MATCHES} files match`);
    const intoDirectory = copy.destination.endsWith('/') || place.isDirectory;
    // BuildKit would leave the last one.
    if (matches.filter(({ stat }) => stat.isFile()).length > 1 && !intoDirectory)
      throw invalid(
        'when using COPY with more than one source file, the destination must be a directory and end with a /',
      );
    const last = matches.at(-1)?.stat;
    this.#placeTimeNs = last?.isDirectory() ? last.mtimeNs : copy.createdNs;
    for (const match of matches) this.#one(copy, match, intoDirectory);
  }

  finish(): PackedCopy {
    this.#packer.finish();
    const marks = this.#onlyDigest && this.#marks.size <= MAX_MARKS ? this.#marks : undefined;
    return { digest: `sha256:${this.#hash.digest('hex')}`, sizeBytes: this.#sizeBytes, marks };
  }

  #changed(entry: TarEntry): TarEntry {
    if (this.#copy === undefined) return entry;
    if (this.#onlyDigest && entry.type !== 'directory' && this.#marks.size <= MAX_MARKS)
      this.#marks.set(readable(entry.path), markOf(entry));
    return changed(entry, this.#copy, this.#onlyDigest ? 0n : this.#copy.timeNs);
  }

  #one(copy: CopyRequest, { path, relative, stat }: Match, intoDirectory: boolean): void {
    const { existing, missing } = this.#place;
    const target = [existing, ...missing].filter(Boolean);
    if (copy.parents) target.push(...relative.split('/').slice(0, -1));
    const name = posix.basename(path);
    const isDirectory = stat.isDirectory();
    const isInto = intoDirectory || this.#made.has(bytes(target.join('/')));
    if (copy.parents ? name !== '' : isInto && !isDirectory) target.push(name);
    if (!isDirectory && this.#excluded?.ignores(name)) return;
    const entryName = bytes(target.join('/'));
    const top = [existing, ...missing].filter(Boolean).join('/');
    this.#parentsOf(copy, entryName, bytes(top));
    const real = fs.realpathSync(`/${path}`);
    this.#prefix = entryName === '' ? 0 : entryName.length + 1;
    if (isDirectory) this.#directory(real, entryName, stat);
    else if (!stat.isSocket()) {
      this.#refuseDirectory(entryName);
      enter(posix.dirname(real));
      this.#packer.file(bytes(posix.basename(real)), entryName, stat);
    }
  }

  #directory(real: string, entryName: string, stat: fs.BigIntStats): void {
    if (entryName !== '' && this.#lookUp(entryName)?.isDirectory() === false)
      throw invalid(`cannot copy to non-directory: /${readable(entryName)}`);
    const isThere = entryName === '' || this.#made.has(entryName) || this.#keepOrMake(entryName, stat);
    const fd = fs.openSync(real, fs.constants.O_DIRECTORY);
    try {
      enterDirectory(fd);
      if (!isThere) this.#packer.file('.', entryName, stat);
      this.#made.add(entryName);
      this.#packer.directory(fd, entryName === '' ? '' : `${entryName}/`);
    } finally {
      fs.closeSync(fd);
    }
  }

  /**
   * Directories on the way: missing ones are made; those that are there are in the layer as they are, as otherwise
   * unpacking would make them anew.
   */
  #parentsOf(copy: CopyRequest, entryName: string, top: string): void {
    for (let slash = entryName.indexOf('/'); slash >= 0; slash = entryName.indexOf('/', slash + 1)) {
      const directory = entryName.slice(0, slash);
      if (this.#made.has(directory) || this.#keep(directory)) continue;
      this.#make(copy, directory, directory === top ? this.#placeTimeNs : copy.createdNs);
    }
  }

  #make({ owner }: CopyRequest, path: string, mtimeNs: bigint): void {
    this.#made.add(path);
    const { uid, gid } = owner ?? { uid: 0, gid: 0 };
    this.#packer.entry(tarEntry({ path, type: 'directory', mode: 0o755, uid, gid, mtimeNs }));
  }

  /**
   * The place of a directory whose content is copied: it is like others that are made, but for its time, which one that
   * is there gets, too. @returns whether nothing is to be done for it
   */
  #keepOrMake(path: string, { mtimeNs }: fs.BigIntStats): boolean {
    const copy = this.#copy;
    if (copy === undefined || copy.parents) return this.#keep(path);
    if (!this.#keep(path, mtimeNs)) this.#make(copy, path, this.#placeTimeNs);
    return true;
  }

  /** Packs a directory of the destination as it is, but maybe for its time. @returns whether there is one */
  #keep(path: string, timeNs?: bigint): boolean {
    if (this.#copy?.link !== false) return false;
    const flags = fs.constants.O_RDONLY | fs.constants.O_DIRECTORY | fs.constants.O_NOFOLLOW;
    const fd = openInRoot(this.#destination, Buffer.from(path, 'latin1'), flags);
    if (fd < 0) return false;
    const copy = this.#copy;
    try {
      const { mode, uid, gid, mtimeNs } = fs.fstatSync(fd, { bigint: true });
      enterDirectory(fd);
      const time = { mtimeNs: timeNs === undefined ? mtimeNs : (copy.timeNs ?? timeNs) };
      const own = { mode: Number(mode) & 0o7777, uid: Number(uid), gid: Number(gid), ...time };
      // It is not part of the copy.
      this.#copy = undefined;
      this.#packer.entry(tarEntry({ path, type: 'directory', ...own, xattrs: keptXattrs('.') }));
    } finally {
      this.#copy = copy;
      fs.closeSync(fd);
    }
    this.#made.add(path);
    return true;
  }

  #selects(name: string, stat: fs.BigIntStats): boolean {
    const relative = readable(name.slice(this.#prefix));
    if (this.#excluded?.ignores(relative) && !(stat.isDirectory() && this.#excluded.mayKeepBelow(relative)))
      return false;
    const existing = this.#lookUp(name);
    if (existing === undefined) return true;
    if (stat.isDirectory() && !existing.isDirectory())
      throw invalid(`cannot copy to non-directory: /${readable(name)}`);
    if (!stat.isDirectory() && existing.isDirectory()) this.#refuseDirectory(name);
    return true;
  }

  #refuseDirectory(name: string): void {
    if (this.#lookUp(name)?.isDirectory())
      throw invalid(`cannot replace directory /${readable(name)} with file`);
  }

  /** What the destination has there; nothing where it is not to be looked at. */
  #lookUp(name: string): fs.Stats | undefined {
    if (this.#copy?.link !== false) return undefined;
    const fd = openInRoot(this.#destination, Buffer.from(name, 'latin1'), O_PATH | fs.constants.O_NOFOLLOW);
    if (fd < 0) return undefined;
    try {
      return fs.fstatSync(fd);
    } finally {
      fs.closeSync(fd);
    }
  }
}

function changed(entry: TarEntry, { owner, mode }: CopyRequest, timeNs: bigint | undefined): TarEntry {
  const result = { ...entry, ...owner };
  if (timeNs !== undefined) result.mtimeNs = timeNs;
  if (mode !== undefined && entry.type !== 'symlink') result.mode = mode.reduce(applyMode(entry), entry.mode);
  return result;
}

function applyMode(entry: TarEntry): (mode: number, change: ModeChange) => number {
  return (mode, { keep, set, setExecutable }) => {
    const isExecutable = entry.type === 'directory' || (mode & 0o111) !== 0;
    return (mode & keep) | set | (isExecutable ? setExecutable : 0);
  };
}

/** With the source as the thread's root. A link is followed, as it is named. */
function matchesOf(source: string, parents: boolean): Match[] {
  const path = normalized(source);
  const pivot = parents ? source.lastIndexOf('/./') : -1;
  const above = pivot < 0 ? 0 : normalized(source.slice(0, pivot)).split('/').filter(Boolean).length;
  const paths = /[*?[\\]/.test(path) ? wildcardMatches(path, parents) : [path];
  return paths.map(each => ({
    path: each,
    relative: each.split('/').slice(above).join('/'),
    stat: statOf(each, source),
  }));
}

function normalized(path: string): string {
  return posix.normalize(`/${path}`).slice(1).replace(/\/$/, '');
}

function statOf(path: string, source: string): fs.BigIntStats {
  try {
    return fs.statSync(`/${path}`, { bigint: true });
  } catch (error) {
    if (!['ENOENT', 'ENOTDIR', 'ELOOP'].includes(errorCode(error) ?? '')) throw error;
    throw new EngineError('not-found', `${JSON.stringify(posix.join('/', source))}: not found`);
  }
}

/** Go's filepath.Glob; with `deep`, `**` stands for directories of any depth. */
function wildcardMatches(pattern: string, deep: boolean): string[] {
  let found = [''];
  for (const part of pattern.split('/')) {
    if (deep && part === '**') found = withDirectoriesBelow(found);
    else if (/[*?[\\]/.test(part)) {
      const matches = pathMatcher(part);
      found = eachOnce(found, directory =>
        namesIn(directory)
          .filter(matches)
          .map(name => join(directory, name)),
      );
    } else found = found.map(directory => join(directory, part));
  }
  return found.filter(path => fs.statSync(`/${path}`, { throwIfNoEntry: false }) !== undefined);
}

/** What `expand` gives for each of them; an error as soon as it is too much. */
function eachOnce(paths: readonly string[], expand: (path: string) => string[]): string[] {
  const all = new Set<string>();
  for (const path of paths) {
    for (const found of expand(path)) all.add(found);
    if (all.size > MAX_MATCHES) throw invalid(`more than ${MAX_MATCHES} files match`);
  }
  return [...all];
}

/** And these, each once: what lies below one of them need not be looked through again. */
function withDirectoriesBelow(paths: readonly string[]): string[] {
  const all = new Set<string>();
  for (const path of paths) {
    if (all.has(path)) continue;
    for (const found of [path, ...directoriesBelow(path)]) all.add(found);
    if (all.size > MAX_MATCHES) throw invalid(`more than ${MAX_MATCHES} directories match`);
  }
  return [...all];
}

function directoriesBelow(directory: string): string[] {
  const found: string[] = [];
  const waiting = [directory];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    for (const name of namesIn(next)) {
      const path = join(next, name);
      if (!fs.lstatSync(`/${path}`).isDirectory()) continue;
      found.push(path);
      waiting.push(path);
      if (found.length > MAX_MATCHES) throw invalid(`more than ${MAX_MATCHES} directories match`);
    }
  }
  return found.sort();
}

function namesIn(directory: string): string[] {
  try {
    return fs.readdirSync(`/${directory}`).sort();
  } catch {
    return [];
  }
}

function enter(directory: string): void {
  const fd = fs.openSync(directory, fs.constants.O_DIRECTORY | O_PATH);
  try {
    enterDirectory(fd);
  } finally {
    fs.closeSync(fd);
  }
}

const join = (directory: string, name: string) => (directory === '' ? name : `${directory}/${name}`);
/** Latin1, as archives have it. */
const bytes = (path: string) => Buffer.from(path).toString('latin1');
const invalid = (message: string) => new EngineError('invalid-parameter', message);
