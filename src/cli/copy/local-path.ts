import { lstatSync, readlinkSync, statSync } from 'node:fs';
import { posix, resolve } from 'node:path';
import { baseName, cleanPath, keepEnding, splitEntry } from '../../archive/go-path.ts';
import { resolveLinks } from '../../archive/rooted/resolve-links.ts';
import { errorCode } from '../../base/errors.ts';
import { type CopyDestination, type CopySource, followedLink } from './prepare-copy.ts';

const MAXIMUM_LINKS = 10;

/** Absolute and clean, with its ending. */
export function resolveLocalPath(path: string): string {
  return keepEnding(resolve(path), path);
}

/** What to copy from: links on the way are followed, the last one only with `followLink`. @throws Node's errors */
export function localSource(path: string, followLink: boolean): CopySource {
  const { path: resolved, calledAs } = followLink ? followedLink(path, realPath(path)) : withRealParent(path);
  return { path: resolved, isDirectory: lstatSync(resolved).isDirectory(), calledAs };
}

function withRealParent(path: string): { path: string; calledAs: string | undefined } {
  const slash = path.lastIndexOf('/') + 1;
  const resolved = `${realPath(path.slice(0, slash)).replace(/\/$/, '')}/${path.slice(slash)}`;
  const differs = path.endsWith('/') && baseName(path) !== baseName(resolved);
  return { path: resolved, calledAs: differs ? baseName(path) : undefined };
}

/** Names what is missing in the end, as Go does: where a link leads to, not the link. */
function realPath(path: string): string {
  const resolved = resolveLinks(path);
  lstatSync(resolved);
  return resolved;
}

/**
 * What to copy to: links are followed, also one that leads nowhere; its parent must be there.
 * @throws Error in Docker's words, Node's errors
 */
export function localDestination(original: string): CopyDestination {
  let path = original;
  for (let links = 0; ; links++) {
    const stat = lstatIfThere(path);
    if (stat === undefined) return newDestination(path);
    if (!stat.isSymbolicLink()) return { path, exists: true, isDirectory: stat.isDirectory() };
    if (links > MAXIMUM_LINKS) throw new Error(`too many symlinks in ${original}`);
    const target = readlinkSync(path.replace(/\/+$/, ''));
    path = posix.isAbsolute(target) ? target : posix.join(splitEntry(path).directory, target);
  }
}

function lstatIfThere(path: string) {
  try {
    return lstatSync(path);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function newDestination(path: string): CopyDestination {
  if (!statSync(splitEntry(path).directory).isDirectory()) throw new Error('not a directory');
  return { path, exists: false, isDirectory: false };
}

/** Where something is to be written: the directory of the path is there, and the path is none of a device. */
export function checkOutputPath(path: string): void {
  const directory = posix.dirname(cleanPath(path));
  if (directory !== '.' && statIfThere(directory) === undefined)
    throw new Error(`invalid output path: directory ${JSON.stringify(directory)} does not exist`);
  const stat = statIfThere(path);
  if (stat?.isBlockDevice() || stat?.isCharacterDevice())
    throw new Error(
      `invalid output path: ${JSON.stringify(path)} must be a directory or a regular file: got a device`,
    );
}

function statIfThere(path: string) {
  try {
    return statSync(path);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
