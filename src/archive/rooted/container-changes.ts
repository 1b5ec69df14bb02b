import { createHash } from 'node:crypto';
import { type BigIntStats, closeSync, lstatSync, rmdirSync, unlinkSync } from 'node:fs';
import type { Digest } from '../../base/digest.ts';
import { errorCode } from '../../base/errors.ts';
import { withRoot } from '../../kernel/thread-root.ts';
import { baseOf, hostPath, parentOf } from '../archive-path.ts';
import { changedFiles, type ComparedTrees } from '../trees/changed-files.ts';
import { GrowthWriter } from '../growth.ts';
import { encodeChanges } from '../trees/file-changes.ts';
import { setTimes } from '../../kernel/set-times.ts';
import type { ContainerTrees, PackChangesJob, PackedChanges } from './rooted-jobs.ts';
import { tarEntry } from '../tar/tar-entry.ts';
import { descriptorSink, TreePacker } from '../trees/tree-packer.ts';
import { WHITEOUT_PREFIX } from '../trees/whiteout.ts';
import { openWithoutDevices } from './without-devices.ts';

/** What a container has changed in its image's files, as `docker diff` has it. For a rooted thread. */
export function listChanges(home: number, trees: ContainerTrees): Promise<string> {
  return withTrees(home, trees, opened => encodeChanges(changedFiles({ ...opened, reportsCopies: false })));
}

/**
 * Writes what a container has changed as an OCI layer to an open file. The same changes give the same bytes. For a
 * rooted thread.
 */
export function packChanges(
  home: number,
  { trees, outputFd, growth, tidies = false }: PackChangesJob,
): Promise<PackedChanges> {
  return withTrees(home, trees, opened => {
    const hash = createHash('sha256');
    const write = descriptorSink(outputFd);
    const written = new GrowthWriter(growth);
    let sizeBytes = 0;
    const packer = new TreePacker(chunk => {
      write(chunk);
      written.grow(chunk.length);
      hash.update(chunk);
      sizeBytes += chunk.length;
    });
    const upper = new PackedUpper();
    const { onLeftOut, onOpaque } = upper;
    for (const change of changedFiles({ ...opened, reportsCopies: true, onLeftOut, onOpaque })) {
      if (change.kind === 'deleted') packer.entry(tarEntry({ path: whiteoutPath(change.path), mode: 0 }));
      else if (change.stat.isSocket()) onLeftOut(change.path);
      else {
        packer.file(change.path, change.path.slice(1), change.stat);
        upper.count(change.stat);
      }
    }
    packer.finish();
    const digest: Digest = `sha256:${hash.digest('hex')}`;
    return { digest, sizeBytes, tidyBytes: tidies && !opened.isWhole ? upper.tidy() : undefined };
  });
}

/** With more left-out paths than this they are not remembered, and the layer is not tidied. */
const MAX_LEFT_OUT = 10_000;

/** How an overlay's upper directory differs from what its layer unpacks to. */
class PackedUpper {
  readonly #leftOut: string[] = [];
  readonly #inodes = new Set<bigint>();
  #bytes = 0;
  #isTidiable = true;

  readonly onLeftOut = (path: string): void => {
    if (this.#leftOut.length < MAX_LEFT_OUT) this.#leftOut.push(path);
    else this.#isTidiable = false;
  };

  /** In a layer, each file that such a directory hides is named. */
  readonly onOpaque = (): void => {
    this.#isTidiable = false;
  };

  /** As measureTree does. */
  count(stat: BigIntStats): void {
    if (stat.isDirectory() || this.#inodes.has(stat.ino)) return;
    if (stat.nlink > 1n) this.#inodes.add(stat.ino);
    this.#bytes += Number(stat.size);
  }

  /** Removes what was left out. @returns the bytes of the files that stay; undefined where they are not the layer's */
  tidy(): number | undefined {
    if (!this.#isTidiable) return undefined;
    for (const path of this.#leftOut) {
      const parent = parentOf(path);
      const { atimeNs, mtimeNs } = lstatSync(hostPath(parent), { bigint: true });
      if (!removeEmpty(hostPath(path))) return undefined;
      setTimes(hostPath(parent), atimeNs, mtimeNs);
    }
    return this.#bytes;
  }
}

/** @returns false for a directory with marks of its driver, as fuse-overlayfs has them (`.wh..opq`) */
function removeEmpty(path: string | Buffer): boolean {
  try {
    if (lstatSync(path).isDirectory()) rmdirSync(path);
    else unlinkSync(path);
    return true;
  } catch (error) {
    if (errorCode(error) === 'ENOTEMPTY') return false;
    throw error;
  }
}

function whiteoutPath(path: string): string {
  const parent = parentOf(path);
  return `${parent === '/' ? '' : `${parent.slice(1)}/`}${WHITEOUT_PREFIX}${baseOf(path)}`;
}

type Opened = Omit<ComparedTrees, 'reportsCopies'>;

async function withTrees<T>(home: number, trees: ContainerTrees, task: (opened: Opened) => T): Promise<T> {
  const { upper: upperPath, lower: lowerTree, ...rest } = trees;
  const upper = openWithoutDevices(upperPath);
  try {
    const isOpen = lowerTree === undefined || typeof lowerTree === 'number';
    const lower = isOpen ? lowerTree : openWithoutDevices(lowerTree);
    try {
      return await withRoot(home, upper, () => task({ ...rest, upper, lower }));
    } finally {
      if (lower !== undefined && !isOpen) closeSync(lower);
    }
  } finally {
    closeSync(upper);
  }
}
