import type { Readable } from 'node:stream';
import type { ProgressMessage } from '../../api/types.ts';
import { EngineError } from '../../base/errors.ts';
import { jsonLines } from '../../client/json-lines.ts';
import { ExitError } from '../cli-error.ts';
import type { OutputStream } from '../context.ts';
import { formatSize } from '../values/size.ts';

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
    if (message.error !== undefined) throw failure(message);
    if (message.aux !== undefined) onAux(message.aux);
    else if (output !== undefined) print(message, output, lines);
  }
}

function failure({ error = '', errorDetail }: ProgressMessage): Error {
  const { message = error, hint, code } = errorDetail ?? {};
  // The exit code of a failed build command.
  if (code !== undefined) return new ExitError(code, `${message}\n`);
  return hint === undefined ? new Error(message) : new EngineError('system', message, { hint });
}

function print(message: ProgressMessage, output: OutputStream, lines: Map<string, number>): void {
  if (message.stream !== undefined) return void output.write(message.stream);
  const text = `${message.id === undefined ? '' : `${message.id}: `}${message.status ?? ''}`;
  if (output.isTTY && message.id !== undefined)
    return rewrite(message, `${text} ${barOf(message, output.columns)}`, output, lines);
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
/** On what is narrower there are the numbers alone; Docker's value. */
const MIN_COLUMNS_OF_BAR = 110;

/** As Docker's CLI draws it: `[=====>    ]  1.5MB/3MB`. */
function barOf({ progress, progressDetail }: ProgressMessage, columns = 0): string {
  const { current = 0, total = 0 } = progressDetail ?? {};
  if (current <= 0 && total <= 0) return progress ?? '';
  const size = formatSize(current).padStart(8);
  if (total <= 0) return size;
  const numbers = current > total ? size : `${size}/${formatSize(total)}`;
  if (columns <= MIN_COLUMNS_OF_BAR) return numbers;
  const filled = Math.min(BAR_WIDTH, Math.trunc(((current / total) * 100) / 2));
  return `[${'='.repeat(filled)}>${' '.repeat(BAR_WIDTH - filled)}] ${numbers}`;
}
