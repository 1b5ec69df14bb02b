import { lstatSync } from 'node:fs';
import { BTRFS_FIRST_FREE_OBJECTID } from '../../kernel/abi/btrfs.ts';
import { deleteSubvolumeIn } from '../../kernel/btrfs-subvolume.ts';
import { hostPath } from '../archive-path.ts';
import { walkTree } from './walk-tree.ts';

/**
 * Deletes the btrfs subvolumes below a directory, inner ones first; walkTree tells how it goes.
 * @param root a descriptor, which stays the caller's
 * @throws SyscallError
 */
export function removeSubvolumes(root: number): void {
  walkTree(root, {
    entry: entry => entry.isDirectory(),
    left: (name, { fd }) => {
      const path = hostPath(name);
      if (lstatSync(path, { bigint: true }).ino === BTRFS_FIRST_FREE_OBJECTID)
        deleteSubvolumeIn(fd, Buffer.from(path));
    },
  });
}
