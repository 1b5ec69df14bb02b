import { EngineError, type ErrorKind } from '../base/errors.ts';

/** The one mapping of error kinds to HTTP statuses, as Docker has it. What is not an EngineError is 500. */
const STATUS: Record<ErrorKind, number> = {
  'not-found': 404,
  'invalid-parameter': 400,
  conflict: 409,
  unauthorized: 401,
  forbidden: 403,
  'not-modified': 304,
  unavailable: 503,
  'resource-exhausted': 429,
  'not-implemented': 501,
  system: 500,
  cancelled: 500,
  'data-loss': 500,
};

export function httpStatus(error: unknown): number {
  return error instanceof EngineError ? STATUS[error.kind] : 500;
}
