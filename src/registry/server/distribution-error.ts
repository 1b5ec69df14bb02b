import { EngineError, type ErrorKind } from '../../base/errors.ts';

/** The specification's error codes, with docker-registry's beside them, and the status that each has. */
const CODES = {
  BLOB_UNKNOWN: [404, 'not-found'],
  BLOB_UPLOAD_INVALID: [400, 'invalid-parameter'],
  BLOB_UPLOAD_UNKNOWN: [404, 'not-found'],
  DIGEST_INVALID: [400, 'invalid-parameter'],
  MANIFEST_BLOB_UNKNOWN: [400, 'invalid-parameter'],
  MANIFEST_INVALID: [400, 'invalid-parameter'],
  MANIFEST_UNKNOWN: [404, 'not-found'],
  NAME_INVALID: [400, 'invalid-parameter'],
  NAME_UNKNOWN: [404, 'not-found'],
  TAG_INVALID: [400, 'invalid-parameter'],
  SIZE_INVALID: [413, 'invalid-parameter'],
  RANGE_INVALID: [416, 'invalid-parameter'],
  PAGINATION_NUMBER_INVALID: [400, 'invalid-parameter'],
  UNAUTHORIZED: [401, 'unauthorized'],
  DENIED: [403, 'forbidden'],
  UNSUPPORTED: [405, 'invalid-parameter'],
  TOOMANYREQUESTS: [429, 'resource-exhausted'],
  STORAGE_FULL: [507, 'system'],
  UNAVAILABLE: [503, 'unavailable'],
} as const satisfies Record<string, readonly [number, ErrorKind]>;

export type DistributionCode = keyof typeof CODES;

/** An answer that the distribution specification has an error code for. */
export class DistributionError extends EngineError {
  readonly code: DistributionCode;
  readonly status: number;
  /** What it is about: a digest, a name. */
  readonly detail: unknown;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    code: DistributionCode,
    message: string,
    {
      detail,
      headers = {},
      cause,
    }: { detail?: unknown; headers?: Record<string, string>; cause?: unknown } = {},
  ) {
    const [status, kind] = CODES[code];
    super(kind, message, { cause });
    this.name = 'DistributionError';
    this.code = code;
    this.status = status;
    this.detail = detail;
    this.headers = headers;
  }
}
