import type { Readable } from 'node:stream';
import type { ProgressMessage } from '../../api/types.ts';
import { jsonLines } from '../../client/json-lines.ts';
import type { OutputStream } from '../context.ts';

/**
 * Prints the daemon's progress messages: one line each, and on a terminal one line for each layer, rewritten
 * in place. Without `output` they are only read. `onAux` takes the results that come along.
 * @throws Error with the daemon's message, at an error among them
 */
export async function showProgress(
  source: Readable,
  output: OutputStream | undefined,
  onAux: (aux: unknown) => void = () => undefined,
): Promise<void> {
  const lines = new Map<string, number>();
  for await (const message of jsonLines<ProgressMessage>(source)) {
    if (message.error !== undefined) throw new Error(message.errorDetail?.message ?? message.error);
    if (message.aux !== undefined) onAux(message.aux);
    else if (output !== undefined) print(message, output, lines);
  }
}

function print(message: ProgressMessage, output: OutputStream, lines: Map<string, number>): void {
  if (message.stream !== undefined) return void output.write(message.stream);
  const text = `${message.id === undefined ? '' : `${message.id}: `}${message.status ?? ''}`;
  if (output.isTTY && message.id !== undefined)
    return rewrite(message, `${text} ${barOf(message)}`, output, lines);
  // Repeated reports of one transfer are worth nothing in a file.
  if (message.progressDetail?.total === undefined) output.write(`${text}\n`);
}

function rewrite(
  message: ProgressMessage,
  text: string,
  output: OutputStream,
  lines: Map<string, number>,
): void {
  const id = message.id ?? '';
  const known = lines.get(id);
  if (known === undefined) {
    lines.set(id, lines.size);
    output.write(`${text.trimEnd()}\n`);
    return;
  }
  const up = lines.size - known;
  output.write(`\u001B[${up}A\u001B[2K\r${text.trimEnd()}\u001B[${up}B\r`);
}

const BAR_WIDTH = 50;

function barOf({ progress, progressDetail }: ProgressMessage): string {
  const { current, total } = progressDetail ?? {};
  if (current === undefined || total === undefined || total <= 0) return progress ?? '';
  const filled = Math.min(BAR_WIDTH, Math.floor((current / total) * BAR_WIDTH));
  const bar = `${'='.repeat(filled)}${filled < BAR_WIDTH ? '>' : ''}`.padEnd(BAR_WIDTH);
  const percent = Math.floor((current / total) * 100);
  return `[${bar}] ${percent}%`;
}
