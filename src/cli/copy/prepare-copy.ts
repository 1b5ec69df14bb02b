import { baseName, cleanPath, namesContent, saysDirectory, splitEntry } from '../../archive/go-path.ts';

export type CopySource = {
  path: string;
  isDirectory: boolean;
  /** What the path is called by the user, where links were followed to something of another name. */
  calledAs?: string | undefined;
};

export type CopyDestination = { path: string; exists: boolean; isDirectory: boolean };

/**
 * Where the archive of `source` is to be unpacked, so that it ends up at `destination`, and how its top entry is to
 * be called: `from`, as it is called in the archive, becomes `to` (docker cp's rules).
 * @throws Error in Docker's words
 */
export function prepareCopy(
  source: CopySource,
  destination: CopyDestination,
): { directory: string; from: string; to: string } {
  const from = source.calledAs ?? splitEntry(source.path).base;
  if (destination.exists && destination.isDirectory) return { directory: destination.path, from, to: from };
  if (destination.exists && source.isDirectory) throw new Error('cannot copy directory');
  if (!destination.exists && !source.isDirectory && saysDirectory(destination.path))
    throw new Error('no such directory');
  const { directory, base } = splitEntry(destination.path);
  return { directory: cleanPath(directory), from, to: base };
}

/**
 * A path whose last component turned out to be a link, and what it leads to: the target with the path's ending, and
 * the name that the user gave, where that is another one.
 */
export function followedLink(path: string, target: string): { path: string; calledAs: string | undefined } {
  let resolved = target;
  if (namesContent(path) && !namesContent(resolved)) resolved += '/.';
  if (path.endsWith('/') && !resolved.endsWith('/')) resolved += '/';
  return { path: resolved, calledAs: baseName(path) === baseName(resolved) ? undefined : baseName(path) };
}
