import type { Digest } from '../../../base/digest.ts';
import { EngineError } from '../../../base/errors.ts';
import type { ProgressMessage } from '../../../api/types.ts';
import type { GraphParts } from '../graph-parts.ts';
import { bootstrapBusybox } from './busybox.ts';
import { bootstrapDebian } from './debian.ts';
import { bootstrapHello } from './hello.ts';

/**
 * Makes an image without a registry: `hello`, `busybox`, or `debian[:suite]`.
 * @returns its id
 * @throws EngineError not-found for anything else, unavailable when a program is missing (with a hint)
 */
export async function bootstrapImage(
  parts: GraphParts,
  what: string,
  progress: (message: ProgressMessage) => void,
): Promise<Digest> {
  const [name, tag = 'latest'] = what.split(':');
  if (name === 'debian') return bootstrapDebian(parts, tag, progress);
  if (tag === 'latest' && name === 'hello') return bootstrapHello(parts);
  if (tag === 'latest' && name === 'busybox') return bootstrapBusybox(parts);
  throw new EngineError('not-found', `no recipe for an image ${what}`, {
    hint: 'There are recipes for hello, busybox and debian[:suite].',
  });
}
