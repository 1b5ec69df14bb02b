import { EngineError } from '../../base/errors.ts';
import { parseBinarySize } from '../../base/parse-binary-size.ts';
import { makeOpenDirectory } from './backing-directory.ts';
import type { StorageDriver } from './graph-driver.ts';
import { ProjectQuotas } from './project-quotas.ts';
import { removeTree } from './remove-directory.ts';
import { readDriverOptions, sizeOption } from './storage-options.ts';
import { makeTreeDirectories, TreeDriver } from './tree-driver.ts';

/**
 * Each layer and each container is a directory with all files of its own. It works everywhere, and needs time and
 * space; file systems that can share data between files (btrfs, xfs) save the space.
 */
export const vfs: StorageDriver = {
  name: 'vfs',
  async open({ root, threads, options }) {
    const { size } = readDriverOptions('vfs', options, ['size']);
    makeTreeDirectories(root);
    const quotas = new ProjectQuotas(root);
    const defaultSize = size === undefined ? 0 : parseBinarySize(size);
    if (defaultSize > 0) checkSupported(quotas);
    return new TreeDriver(root, {
      name: 'vfs',
      status: [],
      async make(name, { from, bytes }) {
        makeOpenDirectory(`${root}/${name}`);
        // While it is empty: what is made in a project belongs to it.
        if (bytes !== undefined) quotas.limit(`${root}/${name}`, bytes);
        if (from !== undefined)
          await threads.run({ kind: 'copy', from: `${root}/${from}`, to: `${root}/${name}` });
      },
      remove: name => removeTree(`${root}/trash`, name, threads),
      sizeOf(given) {
        const wanted = sizeOption(given, key => `Storage opt ${key} not supported`);
        if (wanted !== undefined) checkSupported(quotas);
        return (wanted === undefined ? 0 : parseBinarySize(wanted)) || defaultSize || undefined;
      },
    });
  },
};

/** @throws EngineError invalid-parameter in Docker's words */
function checkSupported(quotas: ProjectQuotas): void {
  if (!quotas.isSupported)
    throw new EngineError('invalid-parameter', 'Filesystem does not support, or has not enabled quotas');
}
