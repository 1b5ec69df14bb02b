import { EngineError } from '../../base/errors.ts';

/** What is only kept and shown may have any text. */
const FREE_TEXT = ['Labels', 'Annotations'];

/**
 * The rest of a request goes to the kernel, to whom a NUL byte is the end of a string.
 * @param path what errors call the value
 * @throws EngineError invalid-parameter
 */
export function refuseNul(value: unknown, path: string): void {
  if (typeof value === 'string' && value.includes('\0'))
    throw new EngineError('invalid-parameter', `${path} contains nul byte (\\x00)`);
  if (typeof value !== 'object' || value === null) return;
  for (const [key, item] of Object.entries(value)) {
    if (FREE_TEXT.includes(key)) continue;
    refuseNul(key, path);
    refuseNul(item, `${path}.${key}`);
  }
}
