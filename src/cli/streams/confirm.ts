import { ExitError } from '../cli-error.ts';
import type { CommandContext } from '../context.ts';

/** Asks before something is deleted. Anything but yes ends the command. */
export async function confirm(context: CommandContext, warning: string): Promise<void> {
  context.stdout.write(`WARNING! ${warning}\nAre you sure you want to continue? [y/N] `);
  if ((await readLine(context)).trim().toLowerCase() !== 'y') throw new ExitError(0);
}

async function readLine({ stdin }: CommandContext): Promise<string> {
  let text = '';
  for await (const chunk of stdin) {
    text += String(chunk);
    if (text.includes('\n')) break;
  }
  return text.split('\n')[0] ?? '';
}
