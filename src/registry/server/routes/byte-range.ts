import type { IncomingHttpHeaders } from 'node:http';
import { DistributionError } from '../distribution-error.ts';

/** From `start` to before `end`. */
export type ByteRange = { start: number; end: number };

/**
 * The one range that a request asks for (RFC 9110, 14.2); undefined for all of it: without a range, with one that is
 * none, with several, or when If-Range names something else.
 * @throws DistributionError RANGE_INVALID for a range behind the end
 */
export function byteRange(
  { range, 'if-range': ifRange }: IncomingHttpHeaders,
  { sizeBytes, etag }: { sizeBytes: number; etag: string },
): ByteRange | undefined {
  if (range === undefined || (ifRange !== undefined && ifRange !== etag)) return undefined;
  const [, first, last] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(range.trim()) ?? [];
  if (first === undefined || last === undefined || (first === '' && last === '')) return undefined;
  const isSuffix = first === '';
  const start = isSuffix ? Math.max(sizeBytes - Number(last), 0) : Number(first);
  const end = isSuffix || last === '' ? sizeBytes : Math.min(Number(last) + 1, sizeBytes);
  if (!isSuffix && last !== '' && Number(last) < Number(first)) return undefined;
  if (start >= end)
    throw new DistributionError('RANGE_INVALID', 'the range is behind the end of the blob', {
      headers: { 'Content-Range': `bytes */${sizeBytes}` },
    });
  return { start, end };
}
