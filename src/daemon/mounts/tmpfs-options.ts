import { invalid } from '../errors.ts';
import { checkTarget } from './parse-bind.ts';

const FLAGS =
  `async atime bind defaults dev diratime dirsync exec iversion mand noatime nodev nodiratime noexec
  noiversion nomand norelatime nostrictatime nosuid private rprivate shared rshared slave rslave unbindable runbindable
  rbind relatime remount ro rw strictatime suid sync`.split(/\s+/);
const KEYS = ['size', 'mode', 'uid', 'gid', 'nr_inodes', 'nr_blocks', 'mpol'];

/** Checks `HostConfig.Tmpfs`. @throws EngineError invalid-parameter, in Docker's words */
export function checkTmpfs(tmpfs: Readonly<Record<string, string>> | null | undefined): void {
  for (const [destination, options] of Object.entries(tmpfs ?? {})) {
    checkTarget(destination);
    for (const option of options === '' ? [] : options.split(',')) {
      const [key = '', value] = option.split('=', 2);
      const isValid = value === undefined ? FLAGS.includes(key) : KEYS.includes(key);
      if (!isValid) throw invalid(`invalid tmpfs option ${JSON.stringify(option)}`);
    }
  }
}
