import { createHash } from 'node:crypto';
import { closeSync } from 'node:fs';
import type { Digest } from '../base/digest.ts';
import { withRoot } from '../kernel/thread-root.ts';
import { baseOf, parentOf } from './archive-path.ts';
import { changedFiles, type ComparedTrees } from './changed-files.ts';
import { GrowthWriter } from './growth.ts';
import { encodeChanges } from './file-changes.ts';
import type { ContainerTrees, PackChangesJob } from './rooted-jobs.ts';
import { tarEntry } from './tar-entry.ts';
import { descriptorSink, TreePacker } from './tree-packer.ts';
import { WHITEOUT_PREFIX } from './whiteout.ts';
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
  { trees, outputFd, growth }: PackChangesJob,
): Promise<{ digest: Digest; sizeBytes: number }> {
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
    for (const change of changedFiles({ ...opened, reportsCopies: true })) {
      if (change.kind === 'deleted') packer.entry(tarEntry({ path: whiteoutPath(change.path), mode: 0 }));
      else if (!change.stat.isSocket()) packer.file(change.path, change.path.slice(1), change.stat);
    }
    packer.finish();
    return { digest: `sha256:${hash.digest('hex')}`, sizeBytes };
  });
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
