import { enableCompileCache } from 'node:module';
import { makePrivateDirectory } from '../base/private-files.ts';

/**
 * Has Node keep compiled code, in a directory of the user's own: who may write there may run code as this user.
 * Without such a directory everything is compiled anew.
 */
export function cacheCode(): void {
  const path =
    process.getuid?.() === 0
      ? '/var/cache/slipway/code'
      : `${process.env.XDG_CACHE_HOME || `${process.env.HOME ?? ''}/.cache`}/slipway/code`;
  try {
    makePrivateDirectory(path);
  } catch {
    return;
  }
  enableCompileCache(path);
}
