import { EngineError } from '../base/errors.ts';
import { goFileMessage } from '../base/go-file-error.ts';
import { ResponseError } from '../client/response-error.ts';

/** What the user reads of an error: the daemon's are marked as such, hints go on a line of their own. */
export function describeError(error: unknown): string {
  const message =
    error instanceof ResponseError ? `Error response from daemon: ${error.message}` : goFileMessage(error);
  const hint = error instanceof EngineError ? error.hint : undefined;
  return hint === undefined ? message : `${message}\n${hint}`;
}
