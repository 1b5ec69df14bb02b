import { createHash } from 'node:crypto';
import type { Digest } from '../../base/digest.ts';

/** Changes when operations come to mean something else. */
const VERSION = 1;

/** What an operation is known by: all that its result depends on, in an order that is always the same. */
export function operationKey(kind: string, inputs: unknown): Digest {
  return `sha256:${createHash('sha256')
    .update(JSON.stringify([VERSION, kind, inputs]))
    .digest('hex')}`;
}
