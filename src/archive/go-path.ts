import { posix } from 'node:path';

/**
 * Paths as Docker reads them: what a slash or a dot at the end says (that it is a directory, that its content is
 * meant) survives cleaning.
 */

/** Go's filepath.Base: the last component, `.` for none, `/` for the root. */
export function baseName(path: string): string {
  const trimmed = path.replace(/\/+$/, '');
  if (trimmed === '') return path === '' ? '.' : '/';
  return trimmed.slice(trimmed.lastIndexOf('/') + 1);
}

/** Go's filepath.Clean. */
export function cleanPath(path: string): string {
  return posix.normalize(path).replace(/(?<=.)\/$/, '');
}

/** Whether the path's last component is a dot: the content of the directory is meant. */
export function namesContent(path: string): boolean {
  return baseName(path) === '.';
}

/** Whether the path says that it is a directory. */
export function saysDirectory(path: string): boolean {
  return path.endsWith('/') || namesContent(path);
}

/** `clean` with the dot or the slash at its end that `original` has. */
export function keepEnding(clean: string, original: string): string {
  let path = clean;
  if (namesContent(original) && !namesContent(path)) path = `${path.replace(/\/$/, '')}/.`;
  return original.endsWith('/') && !path.endsWith('/') ? `${path}/` : path;
}

/** Absolute (from the root), clean, and with its ending. */
export function absolutePath(path: string): string {
  return keepEnding(cleanPath(posix.join('/', path)), path);
}

/** The directory, with a slash behind it, and the entry in it: a dot where the content is meant, '' for the root. */
export function splitEntry(path: string): { directory: string; base: string } {
  const clean = cleanPath(path);
  const whole = namesContent(path) && clean !== '.' ? `${clean}/.` : clean;
  const slash = whole.lastIndexOf('/') + 1;
  return { directory: whole.slice(0, slash), base: whole.slice(slash) };
}
