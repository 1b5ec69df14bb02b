import type { RegistryResponse } from './registry-response.ts';

/** Where a list goes on, as its `Link` header (RFC 8288) has it: on the same origin; undefined where it ends. */
export function nextPage({ headers, url }: Pick<RegistryResponse, 'headers' | 'url'>): URL | undefined {
  const link = (headers.link ?? '').slice(0, 8192);
  const target = /<([^<>]*)>\s*;[^<]*\brel\s*=\s*"?next"?/i.exec(link)?.[1];
  const next = target === undefined ? null : URL.parse(target, url);
  return next?.origin === url.origin ? next : undefined;
}
