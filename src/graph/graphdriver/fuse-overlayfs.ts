import { randomBytes } from 'node:crypto';
import { accessSync, closeSync, constants, rmSync } from 'node:fs';
import { makeDirectories } from '../../base/make-directories.ts';
import { OPAQUE_XATTRS } from '../../archive/trees/whiteout.ts';
import { EngineError, messageOf } from '../../base/errors.ts';
import { makeNode, S_IFCHR } from '../../kernel/make-node.ts';
import { setXattr } from '../../kernel/xattr.ts';
import { serveOverlay } from './fuse-server.ts';
import type { StorageDriver } from './graph-driver.ts';
import { makeOverlayDirectories, OverlayDriver } from './overlay-driver.ts';
import { readDriverOptions } from './storage-options.ts';

/** The program keeps a descriptor of each layer open. */
const MAXIMUM_LAYERS = 500;

/**
 * Layers merged by the program fuse-overlayfs, one process for each container that runs, for kernels without
 * overlayfs. The mount is seen by the container only, as with overlay2.
 */
export const fuseOverlayfs: StorageDriver = {
  name: 'fuse-overlayfs',
  async open({ root, threads, options }) {
    readDriverOptions('fuse-overlayfs', options, []);
    makeOverlayDirectories(root);
    const program = await probe(root);
    return new OverlayDriver(root, threads, {
      name: 'fuse-overlayfs',
      whiteouts: 'overlay',
      status: [],
      maximumLayers: MAXIMUM_LAYERS,
      adopts: false,
      rootfs: parts => ({ type: 'mount', ...parts, open: () => serveOverlay(program, parts) }),
      tree: lowerdirs => () => serveOverlay(program, { lowerdirs }),
      noQuotas: '--storage-opt is not supported',
    });
  },
};

/** The program's path, where it works with this directory. @throws EngineError unavailable */
async function probe(root: string): Promise<string> {
  const directory = `${root}/staging/probe-${randomBytes(4).toString('hex')}`;
  const [lower, upperdir, workdir] = ['lower', 'upper', 'work'].map(name => `${directory}/${name}`) as [
    string,
    string,
    string,
  ];
  for (const path of [lower, upperdir, workdir]) makeDirectories(path);
  try {
    if (/[:,\\]/.test(root)) throw new Error('there is a colon, comma or backslash in its path');
    const program = findProgram();
    setXattr(lower, OPAQUE_XATTRS.overlay, Buffer.from('y'));
    makeNode(`${lower}/whiteout`, S_IFCHR, 0, 0);
    closeSync(await serveOverlay(program, { lowerdirs: [lower], upperdir, workdir }));
    return program;
  } catch (cause) {
    const message = `fuse-overlayfs does not work on ${root}: ${messageOf(cause)}`;
    throw new EngineError('unavailable', message, { cause });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function findProgram(): string {
  const directories = [...(process.env.PATH ?? '').split(':'), '/usr/local/bin', '/usr/bin'];
  const program = directories.map(directory => `${directory}/fuse-overlayfs`).find(isExecutable);
  if (program === undefined) throw new Error('the program fuse-overlayfs is not installed');
  return program;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
