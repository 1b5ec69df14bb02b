import { close, closeSync, fstatSync } from 'node:fs';
import { promisify } from 'node:util';
import { SyscallError } from '../../../base/errors.ts';
import { goFileReason } from '../../../base/go-file-error.ts';
import type { ContainerLayer } from '../../../graph/graph.ts';
import { openDetachedOverlay } from '../../../kernel/detached-overlay.ts';
import { errnoName } from '../../../kernel/libc.ffi.ts';
import { makeInRoot } from '../../../kernel/make-in-root.ts';
import { O_PATH, openInRoot } from '../../../kernel/open-beneath.ts';
import { openRoot } from '../../../kernel/thread-root.ts';
import { invalid } from '../../model/errors.ts';

const closeInBackground = promisify(close);

/** Directories that images have: by the layers and the path. Mounting an overlay takes longer than all the rest. */
const known = new Set<string>();
const MAX_KNOWN = 1000;

/**
 * Makes a new container's working directory where its image has none, so that files can be copied into it before the
 * container starts. Links are followed within the container's root.
 * @throws EngineError invalid-parameter when something else is in its place
 */
export async function makeWorkingDirectory(layer: ContainerLayer, directory: string): Promise<void> {
  // An image may name a path that is none; the start refuses it.
  if (!directory.startsWith('/') || directory === '/') return;
  const { rootfs } = layer;
  const key = rootfs.type === 'overlay' ? `${rootfs.lowerdirs.join(':')}\0${directory}` : undefined;
  if (key !== undefined && known.has(key)) return;
  const root = await openLayer(layer);
  try {
    const isNew = makeDirectory(root, directory);
    if (key !== undefined && !isNew) remember(key);
  } finally {
    // With an overlay's last descriptor goes the mount, which may write to the disk.
    await closeInBackground(root);
  }
}

/** The container's root, to be written into. */
function openLayer({ rootfs }: ContainerLayer): Promise<number> | number {
  if (rootfs.type === 'mount') return rootfs.open();
  return rootfs.type === 'bind' ? openRoot(rootfs.path) : openDetachedOverlay(rootfs);
}

/** Whether it was not there. */
function makeDirectory(root: number, directory: string): boolean {
  const found = openInRoot(root, directory, O_PATH);
  const place = found >= 0 ? found : makeInRoot(root, directory, 'directory');
  if (place < 0) throw failure(-place, directory);
  try {
    if (!fstatSync(place).isDirectory()) throw invalid(`Cannot mkdir: ${directory} is not a directory`);
    return found < 0;
  } finally {
    closeSync(place);
  }
}

const FAULTS_OF_THE_PATH = ['ENOTDIR', 'ELOOP', 'ENAMETOOLONG'];

function failure(errno: number, directory: string): Error {
  const error = new SyscallError('mkdir', errno, errnoName(errno), directory);
  return FAULTS_OF_THE_PATH.includes(error.code)
    ? invalid(`mkdir ${directory}: ${goFileReason(error)}`)
    : error;
}

function remember(key: string): void {
  if (known.size === MAX_KNOWN) known.delete(known.values().next().value as string);
  known.add(key);
}
