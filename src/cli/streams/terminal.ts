import { ExitError } from '../cli-error.ts';
import type { CliHost } from '../context.ts';

/** A raw terminal needs one: asked for `-t` with an attached input that is none, nothing good would come. */
export function checkTerminal(host: CliHost, options: { attachStdin: boolean; tty: boolean }): void {
  if (options.attachStdin && options.tty && !host.stdin.isTTY)
    throw new ExitError(1, 'the input device is not a TTY');
}
