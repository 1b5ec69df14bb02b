import * as http from 'node:http';
import * as https from 'node:https';
import { EngineError, type ErrorKind, errorCode } from '../../base/errors.ts';
import { connectionError } from '../../registry/client/connection-error.ts';

export type Download = {
  body: http.IncomingMessage;
  /** Undefined where the server does not say. */
  sizeBytes: number | undefined;
};

const MAXIMUM_REDIRECTS = 10;
/** Without a byte from the other side. */
const PATIENCE_MS = 5 * 60_000;
/** How much of an answer that is no archive is shown as the reason. */
const MAXIMUM_REASON = 4096;

/** What the server's refusal is to our client. */
const REFUSALS: Partial<Record<number, ErrorKind>> = {
  400: 'invalid-parameter',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not-found',
};

/** The address that is meant: without a scheme it is one of HTTP. */
export function downloadAddress(text: string): string {
  return text.includes('://') ? text : `http://${text}`;
}

/**
 * What is at an address of HTTP or HTTPS, byte for byte. Redirections are followed. The signal breaks it off at any time,
 * the body too, and so does a server that is silent for 5 minutes.
 * @throws EngineError in Docker's words: invalid-parameter for what is no such address, not-found for a host or a document
 *   that does not exist, otherwise what the server says, or system
 */
export async function download(address: string, signal?: AbortSignal): Promise<Download> {
  let url = parseAddress(address);
  for (let redirects = 0; redirects <= MAXIMUM_REDIRECTS; redirects++) {
    const answer = await get(url, signal);
    const { statusCode = 0, headers } = answer;
    if (statusCode >= 400) throw await refusal(url, answer);
    if (statusCode < 300 || headers.location === undefined) {
      const length = headers['content-length'];
      return { body: answer, sizeBytes: length === undefined ? undefined : Number(length) };
    }
    answer.destroy();
    url = parseAddress(headers.location, url);
  }
  throw new EngineError('system', `Get "${url.href}": stopped after ${MAXIMUM_REDIRECTS} redirects`);
}

function parseAddress(address: string, base?: URL): URL {
  const url = URL.parse(address, base);
  if (url === null) throw new EngineError('invalid-parameter', `parse "${address}": invalid URL`);
  if (url.protocol === 'http:' || url.protocol === 'https:') return url;
  const scheme = url.protocol.slice(0, -1);
  throw new EngineError('invalid-parameter', `Get "${address}": unsupported protocol scheme "${scheme}"`);
}

function get(url: URL, signal?: AbortSignal): Promise<http.IncomingMessage> {
  const client = url.protocol === 'https:' ? https : http;
  return new Promise((resolve, reject) => {
    const request = client.get(url, { agent: false, signal }, resolve);
    request
      .setTimeout(PATIENCE_MS, () => request.destroy(new Error('timeout awaiting an answer')))
      .on('error', cause =>
        reject(
          new EngineError(
            errorCode(cause) === 'ENOTFOUND' ? 'not-found' : 'system',
            connectionError('GET', url, { cause }).message,
            { cause },
          ),
        ),
      );
  });
}

async function refusal(url: URL, answer: http.IncomingMessage): Promise<EngineError> {
  const { statusCode = 0, statusMessage } = answer;
  const reason = await beginningOf(answer);
  return new EngineError(
    REFUSALS[statusCode] ?? 'system',
    `failed to GET ${url.href} with status ${statusCode} ${statusMessage}: ${reason.trim()}`,
  );
}

async function beginningOf(answer: http.IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of answer.setEncoding('utf8') as AsyncIterable<string>) {
    text += chunk;
    if (text.length > MAXIMUM_REASON) break;
  }
  return text.slice(0, MAXIMUM_REASON);
}
