import type { Digest } from '../base/digest.ts';
import type { ErrorKind } from '../base/errors.ts';
import type { OverlayOptions } from '../kernel/detached-overlay.ts';
import type { Compression } from './compression.ts';
import type { WhiteoutMode } from './whiteout.ts';

/** What a rooted thread can be asked to do. Paths are the host's; descriptors stay the caller's. */
export type RootedJob = UnpackJob | PackJob | MeasureJob | RemoveJob | CopyJob;

/** Unpacks a tar into the directory `root`. Its compression is one that needs no child process. */
export type UnpackJob = {
  kind: 'unpack';
  root: string;
  /** An open file, read from its beginning. */
  archiveFd: number;
  compression: Compression;
  whiteouts: WhiteoutMode;
  /** Known already (that of the file itself, where it is not compressed): it is not computed again. */
  diffId?: Digest;
  maximumBytes?: number;
};

/**
 * Writes the tree in `root` (a directory, a descriptor of one, or an overlay) as tar to `outputFd`, a blocking
 * descriptor.
 */
export type PackJob = { kind: 'pack'; root: string | number | OverlayOptions; outputFd: number };

/** Adds up the sizes of the files below `root`, as Docker does: each inode once, directories not. */
type MeasureJob = { kind: 'measure'; root: string };

/** Removes `name` and all below it from the directory `root`. */
type RemoveJob = { kind: 'remove'; root: string; name: string };

/** Copies the directory `from` to the new, or empty, directory `to`, both names in `root`, with everything in them. */
type CopyJob = { kind: 'copy'; root: string; from: string; to: string };

export type UnpackResult = {
  /** SHA-256 of the uncompressed archive. */
  diffId: Digest;
  /** Of all files, as {@link MeasureJob} counts. */
  sizeBytes: number;
  entryCount: number;
};

export type RootedResult = {
  unpack: UnpackResult;
  pack: undefined;
  measure: number;
  remove: undefined;
  copy: undefined;
};

/** What goes to the thread, and what comes back. */
export type RootedRequest = { id: number; job: RootedJob };
export type RootedReply =
  | { id: number; progressBytes: number }
  | { id: number; result: unknown }
  | { id: number; error: { kind: ErrorKind; message: string; hint?: string } };
