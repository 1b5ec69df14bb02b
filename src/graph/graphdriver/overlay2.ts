import { randomBytes } from 'node:crypto';
import { closeSync, mkdirSync, rmSync, statfsSync } from 'node:fs';
import { makeDirectories } from '../../base/make-directories.ts';
import { OPAQUE_XATTRS } from '../../archive/trees/whiteout.ts';
import { EngineError, messageOf } from '../../base/errors.ts';
import { parseBinarySize } from '../../base/parse-binary-size.ts';
import { openDetachedOverlay } from '../../kernel/detached-overlay.ts';
import { makeNode, S_IFCHR } from '../../kernel/make-node.ts';
import { setXattr } from '../../kernel/xattr.ts';
import { supportsEntryTypes } from './backing-directory.ts';
import { fileSystemName } from './file-system-name.ts';
import type { StorageDriver } from './graph-driver.ts';
import { makeOverlayDirectories, OverlayDriver } from './overlay-driver.ts';
import { ProjectQuotas } from './project-quotas.ts';
import { readDriverOptions } from './storage-options.ts';

/**
 * One less than the kernel stacks (OVL_MAX_STACK, 500; fs/overlayfs/params.h): where a container is read while
 * it does not run, its own directory is one of the lower ones.
 */
const MAXIMUM_LAYERS = 499;

/**
 * Set whatever the kernel's defaults: a directory that a container renamed is then a copy, and not a pointer
 * to a lower layer's, so that each layer's directory says all about it (Docker's "Native Overlay Diff").
 */
const MOUNT_OPTIONS = ['index=off', 'redirect_dir=off', 'metacopy=off'];

/** With it, the kernel takes no index, redirect_dir or metacopy. */
const USER_MOUNT_OPTIONS = ['userxattr'];

/** Layers merged by the kernel's overlayfs, which is mounted in each container's mount namespace. */
export const overlay2: StorageDriver = {
  name: 'overlay2',
  async open({ root, threads, options }) {
    const { size } = readDriverOptions('overlay2', options, ['size', 'override_kernel_check']);
    makeOverlayDirectories(root);
    const whiteouts = probe(root);
    const quotas = new ProjectQuotas(root);
    const mountOptions = whiteouts === 'overlay' ? MOUNT_OPTIONS : USER_MOUNT_OPTIONS;
    return new OverlayDriver(root, threads, {
      name: 'overlay2',
      whiteouts,
      status: [
        ['Supports d_type', 'true'],
        ['Using metacopy', 'false'],
        ['Native Overlay Diff', 'true'],
        ['userxattr', String(whiteouts === 'overlay-user')],
      ],
      maximumLayers: MAXIMUM_LAYERS,
      adopts: true,
      rootfs: parts => ({ type: 'overlay', ...parts, options: mountOptions }),
      tree: lowerdirs => ({ lowerdirs, options: whiteouts === 'overlay' ? [] : USER_MOUNT_OPTIONS }),
      quotas,
      defaultSize: size === undefined ? undefined : supportedSize(quotas, root, size),
      noQuotas: "--storage-opt is supported only for overlay over xfs with 'pquota' mount option",
    });
  },
};

/** @throws EngineError invalid-parameter in Docker's words */
function supportedSize(quotas: ProjectQuotas, root: string, size: string): number {
  const bytes = parseBinarySize(size);
  if (quotas.isSupported || bytes === 0) return bytes;
  const backing = fileSystemName(statfsSync(root).type);
  const message =
    backing === 'xfs'
      ? 'Storage option overlay2.size not supported. Filesystem does not support Project Quota'
      : `Storage Option overlay2.size only supported for backingFS XFS. Found ${backing}`;
  throw new EngineError('invalid-parameter', message, {
    hint: 'xfs and ext4 limit sizes when they are mounted with the option prjquota.',
  });
}

/**
 * Mounts a detached overlay, and writes what layers need, to know that it works on this file system.
 * Where only root of the host may set the attributes of the kernel's choice, the user's own are used.
 * @throws EngineError unavailable
 */
function probe(root: string): keyof typeof OPAQUE_XATTRS {
  // The kernel takes them for ends of options.
  if (/[:,\\]/.test(root)) throw unusable(root, 'there is a colon, comma or backslash in its path');
  if (!supportsEntryTypes(root)) throw unusable(root, 'its file system does not support d_type');
  const directory = `${root}/staging/probe-${randomBytes(4).toString('hex')}`;
  const [lower, upperdir, workdir] = ['lower', 'upper', 'work'].map(name => `${directory}/${name}`) as [
    string,
    string,
    string,
  ];
  for (const path of [lower, upperdir, workdir]) makeDirectories(path);
  try {
    const whiteouts = markOpaque(lower);
    makeNode(`${lower}/whiteout`, S_IFCHR, 0, 0);
    const options = whiteouts === 'overlay' ? MOUNT_OPTIONS : USER_MOUNT_OPTIONS;
    writeThrough(openDetachedOverlay({ lowerdirs: [lower], upperdir, workdir, options }));
    return whiteouts;
  } catch (error) {
    throw unusable(root, messageOf(error), error);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Some file systems let the overlay be mounted, but for reading only. */
function writeThrough(mount: number): void {
  try {
    mkdirSync(`/proc/self/fd/${mount}/directory`);
  } finally {
    closeSync(mount);
  }
}

/** Which attribute can be set here. @throws SyscallError when none can */
function markOpaque(directory: string): keyof typeof OPAQUE_XATTRS {
  try {
    setXattr(directory, OPAQUE_XATTRS.overlay, Buffer.from('y'));
    return 'overlay';
  } catch {
    setXattr(directory, OPAQUE_XATTRS['overlay-user'], Buffer.from('y'));
    return 'overlay-user';
  }
}

function unusable(root: string, why: string, cause?: unknown): EngineError {
  return new EngineError('unavailable', `overlay2 does not work on ${root}: ${why}`, { cause });
}
