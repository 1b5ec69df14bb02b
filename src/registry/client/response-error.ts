import { STATUS_CODES } from 'node:http';
import type { ErrorKind } from '../../base/errors.ts';
import { arrayOf, struct, text } from '../../base/go/decode.ts';
import { parseGoJson } from '../../base/go/json.ts';
import { parseChallenges } from './challenge.ts';
import { RegistryError } from './registry-error.ts';
import { retryAfterMs } from './retry-after.ts';
import { type RegistryResponse, readUpTo } from './registry-response.ts';

/** `detail` only tells whether there is one. */
type Reported = { code?: string; message?: string; detail?: unknown };

const errorDocument = struct<{ errors?: Reported[]; details?: string; message?: string }>('errcode.Errors', {
  errors: arrayOf(
    struct<Reported>('errcode.Error', { code: text(), message: text(), detail: value => value ?? undefined }),
    '[]errcode.Error',
  ),
  details: text(),
  message: text(),
});

/** An explanation is shorter. */
const MAXIMUM_BYTES = 64 * 1024;
/** How much is shown of a text that is not an error document. */
const MAXIMUM_SHOWN = 200;

const KINDS: Partial<Record<number, ErrorKind>> = {
  400: 'invalid-parameter',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not-found',
  429: 'resource-exhausted',
};
/** Where the status says less than the code, as Docker sees it. */
const KINDS_OF_CODES: Partial<Record<string, ErrorKind>> = {
  SIZE_INVALID: 'invalid-parameter',
  TOOMANYREQUESTS: 'resource-exhausted',
  UNAVAILABLE: 'unavailable',
  UNSUPPORTED: 'not-implemented',
};
const TRANSIENT = [408, 429, 500, 502, 503, 504];
/** What a status means where the body does not say it. */
const CODES: Partial<Record<number, { code: string; message: string }>> = {
  401: { code: 'UNAUTHORIZED', message: 'authentication required' },
  403: { code: 'DENIED', message: 'requested access to the resource is denied' },
  429: { code: 'TOOMANYREQUESTS', message: 'too many requests' },
};
/** Of errors, by their codes (distribution-spec, and Docker's registry). */
const STANDARD_MESSAGES: Partial<Record<string, string>> = {
  UNAUTHORIZED: 'authentication required',
  DENIED: 'requested access to the resource is denied',
  TOOMANYREQUESTS: 'too many requests',
  UNSUPPORTED: 'The operation is unsupported.',
  UNAVAILABLE: 'service unavailable',
  NAME_UNKNOWN: 'repository name not known to registry',
  NAME_INVALID: 'invalid repository name',
  MANIFEST_UNKNOWN: 'manifest unknown',
  MANIFEST_INVALID: 'manifest invalid',
  MANIFEST_BLOB_UNKNOWN: 'blob unknown to registry',
  BLOB_UNKNOWN: 'blob unknown to registry',
  BLOB_UPLOAD_UNKNOWN: 'blob upload unknown to registry',
  BLOB_UPLOAD_INVALID: 'blob upload invalid',
  DIGEST_INVALID: 'provided digest did not match uploaded content',
  SIZE_INVALID: 'provided length did not match content length',
};

/** What a registry has to say against a request (distribution-spec, "Error Codes"), in Docker's words. */
export async function responseError(response: RegistryResponse): Promise<RegistryError> {
  const { status, headers } = response;
  const body = await readUpTo(response, MAXIMUM_BYTES).catch(() => Buffer.alloc(0));
  const reported =
    refusalIn(response) ?? reportedIn(body, status) ?? plainText(response, body) ?? standardFor(status);
  const [first] = reported;
  const message = first === undefined ? unexpected(status, body) : reported.map(describe).join(', ');
  const code = first?.code?.toUpperCase() ?? String(status);
  const kind = code === 'DENIED' ? 'forbidden' : (KINDS[status] ?? KINDS_OF_CODES[code] ?? 'system');
  return new RegistryError(kind, message, {
    code,
    status,
    retryAfterMs: retryAfterMs(headers['retry-after']),
    isTransient: TRANSIENT.includes(status),
  });
}

/**
 * Whether a token is good, but not for what was asked (RFC 6750, 3.1): then the body says only that one should prove who
 * one is.
 */
export function lacksScope({ status, headers }: Pick<RegistryResponse, 'status' | 'headers'>): boolean {
  const challenges = status === 401 ? parseChallenges(headers['www-authenticate']) : [];
  return challenges.some(
    ({ scheme, parameters }) => scheme === 'bearer' && parameters.get('error') === 'insufficient_scope',
  );
}

function refusalIn(response: RegistryResponse): Reported[] | undefined {
  if (!lacksScope(response)) return undefined;
  return [{ code: 'DENIED', message: 'requested access to the resource is denied' }];
}

function standardFor(status: number): Reported[] {
  return CODES[status] === undefined ? [] : [CODES[status]];
}

function reportedIn(body: Buffer, status: number): Reported[] | undefined {
  try {
    const { errors, details, message } = errorDocument(parseGoJson(body.toString()), 'errors');
    if (errors !== undefined && errors.length > 0) return errors.slice(0, 8).map(shortened);
    const other = details ?? message;
    return other ? [said(status, other)] : undefined;
  } catch {
    return undefined;
  }
}

/** An explanation that is no document, of a refusal: Docker takes the type's word for what it is. */
function plainText({ status, headers }: RegistryResponse, body: Buffer): Reported[] | undefined {
  const words = printable(body).slice(0, MAXIMUM_SHOWN);
  const isDocument = /^application\/(?:vnd\.api\+)?json\b/i.test(headers['content-type'] ?? '');
  return words === '' || isDocument || status < 400 || status >= 500 ? undefined : [said(status, words)];
}

/** Under the name of the status. */
function said(status: number, message: string): Reported {
  return { code: CODES[status]?.code ?? 'UNKNOWN', message };
}

/** Docker's client leaves out what the code says as well, unless there is a detail. */
function shortened({ code = '', message = '', detail }: Reported): Reported {
  const saysNothing = detail === undefined && message === STANDARD_MESSAGES[code.toUpperCase()];
  return saysNothing ? { code } : { code, message };
}

function describe({ code = '', message = '' }: Reported): string {
  const name = code.toLowerCase().replaceAll('_', ' ');
  return [name, message].filter(Boolean).join(': ').slice(0, 4096);
}

function unexpected(status: number, body: Buffer): string {
  const text = printable(body).slice(0, MAXIMUM_SHOWN);
  const name = `${status} ${STATUS_CODES[status] ?? ''}`.trim();
  if (status >= 500 || text === '') return `received unexpected HTTP status: ${name}`;
  return `error parsing HTTP ${status} response body: ${JSON.stringify(text)}`;
}

/** On one line, and without what a terminal would obey. */
function printable(body: Buffer): string {
  return body
    .subarray(0, 4 * MAXIMUM_SHOWN)
    .toString()
    .replaceAll(/[\p{Cc}\s]+/gu, ' ')
    .trim();
}
