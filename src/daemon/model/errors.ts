import { EngineError, firstFailure, messageOf } from '../../base/errors.ts';

/** In all of these, `cause` is what the message tells of. */
export function notFound(message: string, cause?: unknown): EngineError {
  return new EngineError('not-found', message, { cause });
}

export function invalid(message: string, cause?: unknown): EngineError {
  return new EngineError('invalid-parameter', message, { cause });
}

export function conflict(message: string): EngineError {
  return new EngineError('conflict', message);
}

/** The same kind of error, its message preceded by `prefix` and a colon, as Go's errors.Wrap has it. */
export function prefixed(prefix: string, error: unknown): EngineError {
  const failure = firstFailure(error);
  const kind = failure instanceof EngineError ? failure.kind : 'system';
  return new EngineError(kind, `${prefix}: ${messageOf(failure)}`, { cause: error });
}
