import { tmpfsMountOptions } from '../spec/tmpfs-options.ts';
import { checkTarget } from './parse-bind.ts';

/** Checks `HostConfig.Tmpfs`. @throws EngineError invalid-parameter, in Docker's words */
export function checkTmpfs(tmpfs: Readonly<Record<string, string>>): void {
  for (const [destination, options] of Object.entries(tmpfs)) {
    checkTarget(destination);
    tmpfsMountOptions(options === '' ? [] : options.split(','));
  }
}
