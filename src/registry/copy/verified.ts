import { createHash } from 'node:crypto';
import { EngineError } from '../../base/errors.ts';
import type { Descriptor } from '../../oci/image-spec.ts';

/**
 * The same bytes, which end in an error when they are not those of the descriptor.
 * @throws EngineError data-loss
 */
export async function* verified(
  { digest, size }: Descriptor,
  bytes: AsyncIterable<Buffer>,
): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  let length = 0;
  for await (const chunk of bytes) {
    length += chunk.length;
    hash.update(chunk);
    // The end is held back: with all the bytes a registry would take it for whole.
    if (length < size) yield chunk;
    else if (length === size && `sha256:${hash.digest('hex')}` === digest) return yield chunk;
    else break;
  }
  if (size === 0 && length === 0 && `sha256:${hash.digest('hex')}` === digest) return;
  throw new EngineError('data-loss', `content verification failed for digest ${digest}`);
}
