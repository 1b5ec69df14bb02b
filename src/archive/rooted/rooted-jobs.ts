import type { Digest } from '../../base/digest.ts';
import type { ErrorKind } from '../../base/errors.ts';
import type { OverlayOptions } from '../../kernel/detached-overlay.ts';
import type { ExtractOptions } from './extract-stream.ts';
import type { FileSystemView } from './file-system-view.ts';
import type { Growth } from '../growth.ts';
import type { MatchPathsJob, PackCopyJob, PackedCopy } from './pack-copy.ts';
import type { PathStat } from './path-stat.ts';
import type { ArchiveSource } from '../read-archive.ts';
import type { WhiteoutMode } from '../trees/whiteout.ts';

/** What a rooted thread can be asked to do. Paths are the host's; descriptors stay the caller's. */
export type RootedJob =
  | UnpackJob
  | PackJob
  | MeasureJob
  | MeasureAllJob
  | RemoveJob
  | RemoveSubvolumesJob
  | CopyJob
  | StatPathJob
  | PackPathJob
  | ExtractJob
  | PackViewJob
  | PackHostJob
  | ExtractHostJob
  | ChangesJob
  | PackChangesJob
  | PackCopyJob
  | MatchPathsJob
  | HashJob
  | ReachJob
  | CompareJob
  | MeasureDiskJob
  | MakeRecipeJob
  | ListTreeJob
  | RewriteTimesJob
  | FollowRecipeJob;

/** Unpacks a tar into the directory `root`. Its compression is one that needs no child process. */
export type UnpackJob = ArchiveSource & {
  kind: 'unpack';
  root: string;
  whiteouts: WhiteoutMode;
  /** Whether the diffId is of use to the caller. Default true. */
  hashes?: boolean;
  maximumBytes?: number;
};

/**
 * Writes the tree in `root` (a directory, a descriptor of one, or an overlay) as tar to `outputFd`, a blocking
 * descriptor.
 */
export type PackJob = { kind: 'pack'; root: string | number | OverlayOptions; outputFd: number };

/** Adds up the sizes of the files below `root`, as Docker does: each inode once, directories not. 0 where it is not there. */
type MeasureJob = { kind: 'measure'; root: string; except?: readonly string[] };

/** The same of several trees at once: undefined for one that is not there (any more). */
export type MeasureAllJob = { kind: 'measure-all'; roots: readonly string[]; except?: readonly string[] };

/** Removes `name` (latin1) and all below it from the directory `root`; a missing one is fine. */
type RemoveJob = { kind: 'remove'; root: string; name: string };

/** Deletes the btrfs subvolumes below `root`, but not itself. */
type RemoveSubvolumesJob = { kind: 'remove-subvolumes'; root: string };

/**
 * Copies what is in the directory `from` into the directory `to`, with its attributes (copy-tree.ts). A descriptor of
 * `from` is open for reading.
 */
export type CopyJob = { kind: 'copy'; from: string | number; to: string | number };

/** Tells of a path in a container. */
type StatPathJob = { kind: 'stat-path'; view: FileSystemView; path: string };

/** Writes what is at a path in a container as tar to `outputFd`, a blocking descriptor. */
type PackPathJob = { kind: 'pack-path'; view: FileSystemView; path: string; outputFd: number };

/** Unpacks a tar that comes on a blocking descriptor into a container. */
type ExtractJob = { kind: 'extract'; view: FileSystemView } & ExtractOptions;

/** Writes all that a view has as tar to `outputFd`, a blocking descriptor. */
type PackViewJob = { kind: 'pack-view'; view: FileSystemView; outputFd: number };

/** Writes a file or directory of the host as tar to `outputFd`, a blocking descriptor, under the name `name`. */
type PackHostJob = { kind: 'pack-host'; path: string; name: string; outputFd: number };

/**
 * Unpacks a tar that comes on a blocking descriptor into a directory of the host, as the caller's own files. `from`,
 * at the beginning of entries' names, is replaced by `to`.
 */
type ExtractHostJob = {
  kind: 'extract-host';
  directory: string;
  rename: { from: string; to: string };
  inputFd: number;
};

/** A container's tree, and the image's below it: see ComparedTrees in changed-files.ts. */
export type ContainerTrees = {
  upper: string;
  /** A directory, a descriptor of one, or an overlay; undefined where there is no image. */
  lower: string | number | OverlayOptions | undefined;
  isWhole: boolean;
  opaqueXattr: string;
  ignored: readonly string[];
};

/** Lists what a container has changed. */
type ChangesJob = { kind: 'changes'; trees: ContainerTrees };

/** Writes what a container has changed as an OCI layer to `outputFd`, an open file that others follow by `growth`. */
export type PackChangesJob = {
  kind: 'pack-changes';
  trees: ContainerTrees;
  outputFd: number;
  growth: Growth;
  /**
   * Removes from the upper tree what did not get into the layer, so that it is what the layer unpacks to. Nobody else
   * uses it. Default false.
   */
  tidies?: boolean;
};

/** Lists a tree (list-tree.ts) on `outputFd`, a blocking descriptor. */
export type ListTreeJob = { kind: 'list-tree'; root: string | number | OverlayOptions; outputFd: number };

/** Writes a layer anew, with no time after `timeNs` (rewrite-times.ts). */
export type RewriteTimesJob = {
  kind: 'rewrite-times';
  archive: ArchiveSource;
  timeNs: bigint;
  output: { fd: number; growth: Growth };
};

/** Waits until the file system of a path of the host answers, whether there is anything or not. */
type ReachJob = { kind: 'reach'; path: string };

/** Hashes an open file from its beginning. */
type HashJob = { kind: 'hash'; fd: number };

/** Compares two trees (compare-trees.ts). */
type CompareJob = { kind: 'compare'; actual: string; expected: string };

/** What a directory takes on its disk, as du(1) counts; undefined where it is not there. */
type MeasureDiskJob = { kind: 'measure-disk'; root: string };

/** Writes to `outputFd` how to make the archive again from `root`, into which it was unpacked (tar-recipe.ts). */
export type MakeRecipeJob = ArchiveSource & {
  kind: 'make-recipe';
  root: string;
  outputFd: number;
  /** Where archive and tree differ, the tree is right: the archive is damaged. Default false. */
  trustsTree?: boolean;
};

/** Makes the archive again, uncompressed: reads what MakeRecipeJob wrote, from `position` on. */
export type FollowRecipeJob = {
  kind: 'follow-recipe';
  root: string;
  recipeFd: number;
  position: number;
  /** Written to with blocking writes. */
  outputFd: number;
};

export type UnpackResult = {
  /** SHA-256 of the uncompressed archive, where it was to be computed. */
  diffId: Digest | undefined;
  /** Size of all files, as {@link MeasureJob} counts. */
  sizeBytes: number;
  entryCount: number;
};

/** What was written; where the upper tree has become what it unpacks to, the bytes of its files. */
export type PackedChanges = { digest: Digest; sizeBytes: number; tidyBytes: number | undefined };

export type RootedResult = {
  unpack: UnpackResult;
  pack: undefined;
  measure: number;
  'measure-all': (number | undefined)[];
  remove: undefined;
  'remove-subvolumes': undefined;
  copy: undefined;
  'stat-path': PathStat;
  'pack-path': undefined;
  extract: undefined;
  'pack-view': undefined;
  'pack-host': undefined;
  'extract-host': undefined;
  /** See file-changes.ts. */
  changes: string;
  /** What was written. */
  'pack-changes': PackedChanges;
  'match-paths': { path: string; isFile: boolean }[];
  'pack-copy': PackedCopy;
  'list-tree': undefined;
  'rewrite-times': { digest: Digest; sizeBytes: number };
  reach: undefined;
  hash: { digest: Digest; sizeBytes: number };
  compare: string[];
  'measure-disk': number | undefined;
  'make-recipe': Digest;
  'follow-recipe': undefined;
};

/** Those that write a stream. */
export type PackingJob = PackJob | PackPathJob | PackViewJob | PackHostJob;

/** Those that read one. */
export type ExtractingJob = ExtractJob | ExtractHostJob;

/**
 * Whether a job waits for another process: the one at the other end of a descriptor, the archive's writer, or the server
 * of a file system that a container has mounted.
 */
export function isWaiting(job: RootedJob): boolean {
  return WAITING_JOBS.includes(job.kind) || (job.kind === 'unpack' && job.growth !== undefined);
}

const WAITING_JOBS: readonly RootedJob['kind'][] = [
  'pack',
  'list-tree',
  'follow-recipe',
  'reach',
  'stat-path',
  'pack-path',
  'pack-view',
  'pack-host',
  'extract',
  'extract-host',
];

/** Whether its end is not awaited. */
export function isRemoval({ kind }: RootedJob): boolean {
  return kind === 'remove' || kind === 'remove-subvolumes';
}

/** What a thread begins with: a descriptor of the root directory. */
export type RootedWorkerData = { home: number };

/** What goes to the thread, and what comes back. */
export type RootedRequest = { id: number; job: RootedJob };
export type RootedReply =
  | { id: number; progressBytes: number }
  | { id: number; result: unknown }
  | { id: number; error: RootedError };

/** An EngineError, as it crosses to another thread. */
export type RootedError = { kind: ErrorKind; message: string; hint: string | undefined };
