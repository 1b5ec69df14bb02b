import { EngineError, messageOf } from '../base/errors.ts';
import { ResponseError } from '../client/response-error.ts';

/** What the user reads of an error: the daemon's are marked as such, hints go on a line of their own. */
export function describeError(error: unknown): string {
  const message =
    error instanceof ResponseError ? `Error response from daemon: ${error.message}` : fileMessage(error);
  const hint = error instanceof EngineError ? error.hint : undefined;
  return hint === undefined ? message : `${message}\n${hint}`;
}

const REASONS: Record<string, string> = {
  ENOENT: 'no such file or directory',
  EACCES: 'permission denied',
  EISDIR: 'is a directory',
  ENOTDIR: 'not a directory',
  EEXIST: 'file exists',
};

/** Node's file errors as Go prints them: `open /x: no such file or directory`. */
function fileMessage(error: unknown): string {
  const { code, path, syscall } = error as { code?: string; path?: string; syscall?: string };
  const reason = REASONS[code ?? ''];
  return reason !== undefined && path !== undefined && syscall !== undefined
    ? `${syscall} ${path}: ${reason}`
    : messageOf(error);
}
