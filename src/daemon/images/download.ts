import * as http from 'node:http';
import * as https from 'node:https';
import { text } from 'node:stream/consumers';
import { EngineError, messageOf } from '../../base/errors.ts';

export type Download = {
  body: http.IncomingMessage;
  /** Undefined where the server does not say. */
  sizeBytes: number | undefined;
};

const MAXIMUM_REDIRECTS = 10;

/** The address that is meant: without a scheme it is one of HTTP. */
export function downloadAddress(text: string): string {
  return text.includes('://') ? text : `http://${text}`;
}

/**
 * What is at an address of HTTP or HTTPS, byte for byte. Redirections are followed.
 * @throws EngineError system when it cannot be had, in Docker's words
 */
export async function download(address: string): Promise<Download> {
  let url = address;
  for (let redirects = 0; redirects <= MAXIMUM_REDIRECTS; redirects++) {
    const answer = await get(url);
    const { statusCode = 0, statusMessage, headers } = answer;
    if (statusCode >= 300 && statusCode < 400 && headers.location !== undefined) {
      answer.resume();
      url = new URL(headers.location, url).href;
    } else if (statusCode >= 400)
      throw failure(
        `failed to GET ${url} with status ${statusCode} ${statusMessage}: ${(await text(answer)).slice(0, 4096)}`,
      );
    else {
      const length = headers['content-length'];
      return { body: answer, sizeBytes: length === undefined ? undefined : Number(length) };
    }
  }
  throw failure(`Get "${url}": stopped after ${MAXIMUM_REDIRECTS} redirects`);
}

function get(address: string): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    const fail = (cause: unknown) => reject(failure(`Get "${address}": ${messageOf(cause)}`, cause));
    const url = URL.parse(address);
    if (url === null) return fail(new Error('invalid URL'));
    if (url.protocol !== 'http:' && url.protocol !== 'https:')
      return fail(new Error(`unsupported protocol scheme "${url.protocol.slice(0, -1)}"`));
    const client = url.protocol === 'https:' ? https : http;
    client.get(url, { agent: false }, resolve).on('error', fail);
  });
}

function failure(message: string, cause?: unknown): EngineError {
  return new EngineError('system', message, { cause });
}
