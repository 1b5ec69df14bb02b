import { EngineError, type ErrorKind } from '../base/errors.ts';

const KINDS: Record<number, ErrorKind> = {
  304: 'not-modified',
  400: 'invalid-parameter',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not-found',
  409: 'conflict',
  429: 'resource-exhausted',
  501: 'not-implemented',
  503: 'unavailable',
};

/** What the daemon refused or failed to do. `message` is the daemon's own. */
export class ResponseError extends EngineError {
  readonly status: number;

  constructor(status: number, message: string, hint?: string) {
    super(KINDS[status] ?? (status < 500 ? 'invalid-parameter' : 'system'), message, { hint });
    this.name = 'ResponseError';
    this.status = status;
  }
}

/** The daemon's socket is there, and not for this user. */
export class PermissionError extends EngineError {
  constructor(endpoint: string, cause: unknown) {
    super(
      'forbidden',
      `permission denied while trying to connect to the Slipway daemon socket at ${endpoint}`,
      {
        cause,
        hint: 'Run the command as root, or as a member of the group "docker" or "slipway", for whom the daemon opens its socket where there is one.',
      },
    );
    this.name = 'PermissionError';
  }
}

/** The daemon could not be reached at all. */
export class ConnectionError extends EngineError {
  constructor(endpoint: string, cause: unknown) {
    super(
      'unavailable',
      `Cannot connect to the Slipway daemon at ${endpoint}. Is the slipway daemon running?`,
      { cause },
    );
    this.name = 'ConnectionError';
  }
}

/** Reads the `message` of an error body, whatever its form, and the `hint` that a Slipway daemon may add. */
export function responseError(status: number, body: string): ResponseError {
  let message = body.trim();
  let hint: string | undefined;
  try {
    const answer = JSON.parse(body) as { message?: unknown; hint?: unknown };
    if (typeof answer.message === 'string') message = answer.message;
    if (typeof answer.hint === 'string') hint = answer.hint;
  } catch {
    // Not JSON: a proxy's or another server's answer, shown as it is.
  }
  return new ResponseError(status, message || `request returned status ${status}`, hint);
}
