import { ExitError } from '../cli-error.ts';
import type { CommandContext } from '../context.ts';

const [BACKSPACE, DELETE, INTERRUPT, END] = ['\b', '\u007F', '\u0003', '\u0004'];

/** Asks for a line on the terminal. */
export async function promptLine({ stdin, stdout }: CommandContext, question: string): Promise<string> {
  stdout.write(question);
  let text = '';
  for await (const chunk of stdin.iterator({ destroyOnReturn: false })) {
    text += String(chunk);
    if (text.includes('\n')) break;
  }
  return (text.split('\n')[0] ?? '').replace(/\r$/, '');
}

/** Asks for what is not to be seen. */
export async function promptSecret(context: CommandContext, question: string): Promise<string> {
  const { stdin, stdout } = context;
  stdout.write(question);
  const restore = await context.makeRaw();
  let text = '';
  try {
    for await (const chunk of stdin.iterator({ destroyOnReturn: false }))
      for (const character of String(chunk)) {
        if (character === '\r' || character === '\n' || character === END) return text;
        if (character === INTERRUPT) throw new ExitError(130);
        text = character === BACKSPACE || character === DELETE ? text.slice(0, -1) : text + character;
      }
    return text;
  } finally {
    restore();
    stdout.write('\n');
  }
}
