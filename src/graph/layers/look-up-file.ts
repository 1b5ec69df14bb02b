import { closeSync, constants, fstatSync, lstatSync, readFileSync, readlinkSync, type Stats } from 'node:fs';
import { EngineError } from '../../base/errors.ts';
import { OPAQUE_XATTRS } from '../../archive/whiteout.ts';
import { openBeneath } from '../../kernel/open-beneath.ts';
import { openRoot } from '../../kernel/thread-root.ts';
import { getXattr } from '../../kernel/xattr.ts';

const MAXIMUM_LINKS = 40;
/** Docker's limit for the files of accounts. */
const MAXIMUM_BYTES = 10 * 1024 * 1024;

export type FoundFile = {
  /** Undefined when there is no such file. */
  content: Buffer | undefined;
  /** The entries of the root directory that the way led through. */
  rootEntries: Set<string>;
};

/** A directory of the merged file system: those that make it up, topmost first, as paths below their layers. */
type MergedDirectory = { layer: string; path: string }[];

/**
 * Reads a regular file of the file system that overlayfs would make of `layers` (topmost first), without
 * mounting it. Links are followed within that file system, never out of it, also while a container changes its
 * layer.
 * @throws EngineError invalid-parameter, in Docker's words, for a file over 10 MiB
 */
export function lookUpFile(
  layers: readonly string[],
  path: string,
  opaqueXattr = OPAQUE_XATTRS.overlay,
): FoundFile {
  const root: MergedDirectory = layers.map(layer => ({ layer, path: '' }));
  const rootEntries = new Set<string>();
  const pending = path.split('/');
  const way: MergedDirectory[] = [root];
  for (let links = 0; ; ) {
    const name = pending.shift();
    if (name === undefined) return { content: undefined, rootEntries };
    if (name === '' || name === '.') continue;
    if (name === '..') {
      if (way.length > 1) way.pop();
      continue;
    }
    if (way.length === 1) rootEntries.add(name);
    const found = lookUp(way.at(-1) ?? root, name, opaqueXattr);
    if (found === undefined) return { content: undefined, rootEntries };
    if ('directory' in found) way.push(found.directory);
    else if (found.stat.isSymbolicLink()) {
      if (++links > MAXIMUM_LINKS) return { content: undefined, rootEntries };
      const target = readlinkSync(`${found.layer}/${found.path}`);
      pending.unshift(...target.split('/'));
      if (target.startsWith('/')) way.length = 1;
    } else {
      const isLast = pending.every(rest => rest === '');
      return { content: isLast ? readBeneath(found.layer, found.path) : undefined, rootEntries };
    }
  }
}

type Found = { directory: MergedDirectory } | { layer: string; path: string; stat: Stats };

/** One component, as overlayfs looks it up (Documentation/filesystems/overlayfs.rst). */
function lookUp(directory: MergedDirectory, name: string, opaqueXattr: string): Found | undefined {
  const merged: MergedDirectory = [];
  for (const [index, { layer, path }] of directory.entries()) {
    const child = path === '' ? name : `${path}/${name}`;
    const stat = lstatSync(`${layer}/${child}`, { throwIfNoEntry: false });
    if (stat === undefined) continue;
    if (!stat.isDirectory()) {
      const isWhiteout = stat.isCharacterDevice() && stat.rdev === 0;
      if (merged.length > 0 || isWhiteout) break;
      return { layer, path: child, stat };
    }
    merged.push({ layer, path: child });
    const isLast = index === directory.length - 1;
    if (!isLast && getXattr(`${layer}/${child}`, opaqueXattr)?.toString() === 'y') break;
  }
  return merged.length === 0 ? undefined : { directory: merged };
}

function readBeneath(layer: string, path: string): Buffer | undefined {
  const root = openRoot(layer);
  try {
    // NONBLOCK: it may be a FIFO by now.
    const fd = openBeneath(root, path, constants.O_RDONLY | constants.O_NONBLOCK);
    if (fd < 0) return undefined;
    try {
      const stat = fstatSync(fd);
      if (stat.isFile() && stat.size > MAXIMUM_BYTES)
        throw new EngineError('invalid-parameter', `read /${path}: file exceeds ${MAXIMUM_BYTES} bytes`);
      return stat.isFile() ? readFileSync(fd) : undefined;
    } finally {
      closeSync(fd);
    }
  } finally {
    closeSync(root);
  }
}
