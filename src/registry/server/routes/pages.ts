import type { ServerResponse } from 'node:http';
import { DistributionError } from '../distribution-error.ts';

/** The size of a page, and the largest that can be asked for. */
const MAXIMUM_COUNT = 1000;

export type PageRequest = { last: string; count: number };

/** `n` and `last`. @throws DistributionError PAGINATION_NUMBER_INVALID */
export function pageRequest(query: URLSearchParams): PageRequest {
  const written = query.get('n');
  if (written !== null && !/^\d{1,15}$/.test(written))
    throw new DistributionError('PAGINATION_NUMBER_INVALID', 'invalid number of results requested', {
      detail: { n: written.slice(0, 100) },
    });
  const count = Math.min(written === null ? MAXIMUM_COUNT : Number(written), MAXIMUM_COUNT);
  return { last: query.get('last') ?? '', count };
}

/**
 * `found` has one element more than the page when another page follows.
 * @returns the page, with the header that leads to the next one (RFC 5988)
 */
export function pageOf(
  found: readonly string[],
  { count }: PageRequest,
  path: string,
): { page: string[]; link: Record<string, string> } {
  const page = found.slice(0, count);
  const last = page.at(-1);
  if (found.length <= count || last === undefined) return { page, link: {} };
  const query = new URLSearchParams({ last, n: String(count) });
  return { page, link: { Link: `<${path}?${query.toString()}>; rel="next"` } };
}

/** 304 where the client has it already (RFC 9110, 13.1.2). */
export function isUnchanged(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  return ifNoneMatch.split(',').some(tag => [etag, '*', `W/${etag}`].includes(tag.trim()));
}

export function sendUnchanged(response: ServerResponse, etag: string): void {
  response.writeHead(304, { ETag: etag }).end();
}
