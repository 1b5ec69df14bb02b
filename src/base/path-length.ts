import { EngineError } from './errors.ts';

/** PATH_MAX (linux/limits.h), without the NUL byte at the end. */
export const MAX_PATH_LENGTH = 4095;

/**
 * Checks that the kernel would take a path, before anything is made of it: of what is longer, `node:path` takes time in
 * proportion to the square of the length.
 * @throws EngineError invalid-parameter
 */
export function checkPathLength(path: string): void {
  if (path.length > MAX_PATH_LENGTH)
    throw new EngineError('invalid-parameter', `${path.slice(0, 64)}…: file name too long`);
}
