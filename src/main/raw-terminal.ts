import { spawnSync } from 'node:child_process';
import { constants } from 'node:os';

const ENDING = ['SIGTERM', 'SIGHUP', 'SIGINT', 'SIGQUIT'] as const;

/**
 * Puts the terminal on standard input into raw mode, with all of cfmakeraw(3): Node's own setRawMode leaves
 * output processing on, which doubles the carriage returns of programs in a container. Returns what restores
 * it; that also happens when the process exits, or is ended by a signal without another handler.
 */
export function makeRaw(): () => void {
  const saved = sttyRaw();
  if (saved === undefined) process.stdin.setRawMode(true);
  const restore = () => {
    process.off('exit', restore);
    for (const signal of ENDING) process.off(signal, end);
    if (saved === undefined) process.stdin.setRawMode(false);
    else stty([saved]);
  };
  const end = (signal: NodeJS.Signals) => {
    if (process.listenerCount(signal) > 1) return;
    restore();
    process.exit(128 + constants.signals[signal]);
  };
  process.on('exit', restore);
  for (const signal of ENDING) process.on(signal, end);
  return restore;
}

/** The settings as they were, in stty's own form; undefined where there is no stty. */
function sttyRaw(): string | undefined {
  const result = spawnSync('sh', ['-c', 'stty -g && stty raw -echo'], {
    stdio: ['inherit', 'pipe', 'ignore'],
  });
  return result.status === 0 ? result.stdout.toString().trim() : undefined;
}

function stty(settings: string[]): void {
  spawnSync('stty', settings, { stdio: ['inherit', 'ignore', 'ignore'] });
}
