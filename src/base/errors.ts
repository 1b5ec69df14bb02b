/** What went wrong, as callers decide on it. HTTP status and exit codes are derived from it, never from text. */
export type ErrorKind =
  | 'not-found'
  | 'invalid-parameter'
  | 'conflict'
  | 'unauthorized'
  | 'forbidden'
  | 'not-modified'
  | 'unavailable'
  /** A limit is reached; another try later may succeed. */
  | 'resource-exhausted'
  | 'not-implemented'
  | 'system'
  | 'cancelled'
  | 'data-loss';

const IS_ENGINE_ERROR = Symbol.for('slipway.EngineError');

/**
 * The one error type of the engine. Bugs stay TypeError and RangeError. The package's bundles have a copy of this class
 * each: an error of one of them is an instance of it in the others, too.
 */
export class EngineError extends Error {
  static override [Symbol.hasInstance](value: unknown): boolean {
    if (this !== EngineError) return Function.prototype[Symbol.hasInstance].call(this, value);
    return (value as { [IS_ENGINE_ERROR]?: true } | null | undefined)?.[IS_ENGINE_ERROR] === true;
  }

  get [IS_ENGINE_ERROR](): true {
    return true;
  }

  readonly kind: ErrorKind;
  /** What the user can do about it, shown on a line of its own by the CLI. */
  readonly hint: string | undefined;

  constructor(kind: ErrorKind, message: string, options: { cause?: unknown; hint?: string } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'EngineError';
    this.kind = kind;
    this.hint = options.hint;
  }
}

/** A kernel call that failed. `message` reads `call(arguments): ERRNO`. */
export class SyscallError extends EngineError {
  readonly call: string;
  /** Positive, as in errno(3). */
  readonly errno: number;
  /** The errno's name, as Node's own errors have it in `code`: 'ENOENT'. */
  readonly code: string;

  constructor(call: string, errno: number, code: string, detail = '') {
    super('system', `${call}(${detail}): ${code}`);
    this.name = 'SyscallError';
    this.call = call;
    this.errno = errno;
    this.code = code;
  }
}

/** The `code` of a Node or kernel error ('ENOENT'), undefined for everything else. */
export function errorCode(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : undefined;
}

/** Whether an error has one of these codes. */
export function hasErrorCode(error: unknown, ...codes: string[]): boolean {
  const code = errorCode(error);
  return code !== undefined && codes.includes(code);
}

/** What went wrong first, where taking it back went wrong, too. */
export function firstFailure(error: unknown): unknown {
  return error instanceof SuppressedError ? firstFailure(error.suppressed) : error;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
