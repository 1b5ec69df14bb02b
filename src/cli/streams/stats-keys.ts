import type { CommandContext } from '../context.ts';

/** The key for each order of sort-stats.ts. */
const ORDERS: Readonly<Record<string, string>> = {
  a: 'name',
  c: 'cpu',
  m: 'memory',
  n: 'network',
  b: 'block',
  p: 'pids',
};
const QUIT = ['q', '\u0003', '\u0004', '\u001B'];
const HINT = 'order by [c]pu [m]emory [n]etwork [b]lock [p]ids n[a]me, [q]uit';

/** What the keys of a live view have chosen. Disposing gives the terminal back as it was. */
export type StatsKeys = {
  readonly sort: string;
  /** Aborted by the key that ends the view. */
  readonly ended: AbortSignal;
  /** What is shown, in the terminal's form: cut to its size, with the keys at the end. */
  frame(rows: string): string;
} & Disposable;

/** Reads keys where standard input is a terminal, too. */
export async function readKeys(context: CommandContext, sort: string): Promise<StatsKeys> {
  const { stdin, stdout } = context;
  const ended = new AbortController();
  const isKeyboard = stdin.isTTY === true;
  const restore = isKeyboard ? await context.makeRaw() : () => undefined;
  const press = (data: Buffer): void => {
    for (const key of data.toString()) {
      if (QUIT.includes(key)) ended.abort();
      keys.sort = ORDERS[key] ?? keys.sort;
    }
  };
  const keys = {
    sort,
    ended: ended.signal,
    frame: (rows: string) => frame(isKeyboard ? `${HINT}\n${rows}` : rows, stdout.rows ?? 24),
    [Symbol.dispose]: () => {
      stdin.off('data', press);
      stdin.pause();
      restore();
    },
  };
  if (isKeyboard) stdin.on('data', press).resume();
  return keys;
}

/** A raw terminal does not return its carriage by itself. */
function frame(text: string, height: number): string {
  return text
    .split('\n')
    .slice(0, height - 1)
    .join('\r\n');
}
