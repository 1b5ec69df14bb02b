import { EngineError, type ErrorKind } from '../../base/errors.ts';

type Details = {
  /** As registries have it: 'MANIFEST_UNKNOWN'; 'CONNECTION' where none was reached. */
  code?: string;
  /** Of the answer to the request itself; undefined where none came, or that of a token service says it. */
  status?: number | undefined;
  retryAfterMs?: number | undefined;
  /** Whether the same request may succeed a moment later. */
  isTransient?: boolean;
  cause?: unknown;
};

/** What a registry has answered, or why none was reached. */
export class RegistryError extends EngineError {
  readonly code: string;
  readonly status: number | undefined;
  readonly retryAfterMs: number | undefined;
  readonly isTransient: boolean;

  constructor(kind: ErrorKind, message: string, details: Details = {}) {
    super(kind, message, details.cause === undefined ? {} : { cause: details.cause });
    this.name = 'RegistryError';
    this.code = details.code ?? '';
    this.status = details.status;
    this.retryAfterMs = details.retryAfterMs;
    this.isTransient = details.isTransient ?? false;
  }
}

/** Nothing at that address speaks to us: another address may. */
export function isUnreached(error: unknown): boolean {
  return error instanceof RegistryError && error.code === 'CONNECTION';
}
