import { chmodSync, lstatSync, statfsSync } from 'node:fs';
import { dirname, basename } from 'node:path';
import type { RootedThreads } from '../../archive/rooted/rooted-threads.ts';
import { EngineError, errorCode, messageOf } from '../../base/errors.ts';
import { parseBinarySize } from '../../base/parse-binary-size.ts';
import { BTRFS_SUPER_MAGIC } from '../../kernel/abi/btrfs.ts';
import {
  createSubvolume,
  deleteQuotaGroup,
  deleteSubvolume,
  enableQuotas,
  limitSubvolume,
  snapshotSubvolume,
  subvolumeId,
} from '../../kernel/btrfs-subvolume.ts';
import type { StorageDriver } from './graph-driver.ts';
import { readDriverOptions, sizeOption } from './storage-options.ts';
import { makeTreeDirectories, TreeDriver } from './tree-driver.ts';

/** Each layer and each container is a subvolume: a snapshot of the one below it, made at once, sharing its data. */
export const btrfs: StorageDriver = {
  name: 'btrfs',
  async open({ root, threads, options }) {
    const { min_space: minimum } = readDriverOptions('btrfs', options, ['min_space']);
    const minimumBytes = minimum === undefined ? 0 : parseBinarySize(minimum);
    makeTreeDirectories(root);
    if (statfsSync(root).type !== BTRFS_SUPER_MAGIC)
      throw new EngineError('unavailable', `btrfs does not work on ${root}: its file system is another`);
    await probe(root);
    return new TreeDriver(root, {
      name: 'btrfs',
      status: [['Btrfs', '']],
      async make(name, { from, bytes }) {
        // Subvolumes are counted from here on only.
        if (bytes !== undefined) await enableQuotas(root);
        const [parent, path] = [dirname(`${root}/${name}`), `${root}/${name}`];
        if (from !== undefined) await snapshotSubvolume(`${root}/${from}`, parent, basename(name));
        else {
          await createSubvolume(parent, basename(name));
          chmodSync(path, 0o755);
        }
        if (bytes !== undefined) await limitSubvolume(path, bytes);
      },
      remove: name => removeSubvolume(`${root}/trash`, name, threads),
      sizeOf: given => checkedSize(sizeOption(given), minimumBytes),
    });
  },
};

/** @throws EngineError unavailable, where the engine may not make or delete subvolumes */
async function probe(root: string): Promise<void> {
  const name = `probe-${process.pid}-${Date.now()}`;
  try {
    await createSubvolume(`${root}/staging`, name);
    await deleteSubvolume(`${root}/staging`, name);
  } catch (cause) {
    throw new EngineError('unavailable', `btrfs does not work on ${root}: ${messageOf(cause)}`, { cause });
  }
}

/** @throws EngineError invalid-parameter in Docker's words */
function checkedSize(size: string | undefined, minimumBytes: number): number | undefined {
  if (size === undefined) return undefined;
  const bytes = parseBinarySize(size);
  if (bytes === 0) throw new EngineError('invalid-parameter', 'btrfs: invalid storage size: 0B');
  if (bytes < minimumBytes)
    throw new EngineError('invalid-parameter', `btrfs: storage size cannot be less than ${minimumBytes}B`);
  return bytes;
}

/** With the subvolumes that a container may have made in it. A missing one is fine. */
async function removeSubvolume(parent: string, name: string, threads: RootedThreads): Promise<void> {
  const path = `${parent}/${name}`;
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return;
  const id = await subvolumeId(path);
  try {
    await deleteSubvolume(parent, name);
  } catch (error) {
    if (errorCode(error) !== 'ENOTEMPTY') throw error;
    await threads.run({ kind: 'remove-subvolumes', root: path });
    await deleteSubvolume(parent, name);
  }
  // Only where quotas are enabled is there one, and the kernel may remove it by itself.
  await deleteQuotaGroup(parent, id).catch(() => undefined);
}
