import type { CliHost, InputStream } from '../context.ts';
import { ExitError } from '../cli-error.ts';

/** A raw terminal needs one: asked for `-t` with an attached input that is none, nothing good would come. */
export function checkTerminal(host: CliHost, options: { attachStdin: boolean; tty: boolean }): void {
  if (options.attachStdin && options.tty && !host.stdin.isTTY)
    throw new ExitError(1, 'the input device is not a TTY');
}

/** Puts the terminal into raw mode, where there is one. Returns what restores it; that may be called twice. */
export function makeRaw(stdin: InputStream): () => void {
  if (!stdin.isTTY || stdin.setRawMode === undefined) return () => undefined;
  const restore = () => {
    process.off('exit', restore);
    stdin.setRawMode?.(false);
  };
  // Whatever ends the process, the user's shell must get its terminal back.
  process.on('exit', restore);
  stdin.setRawMode(true);
  return restore;
}
