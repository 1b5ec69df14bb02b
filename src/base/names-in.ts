import { readdirSync } from 'node:fs';
import { errorCode } from './errors.ts';

/** Names of what is in a directory; none where there is no such directory. @throws Error of readdir */
export function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  }
}
