import { EngineError } from '../base/errors.ts';

/** The archive is malformed. The words after the colon are those that Docker's clients know. */
export function tarError(detail: string): EngineError {
  return new EngineError('invalid-parameter', `archive/tar: ${detail}`);
}
