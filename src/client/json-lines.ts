import type { Readable } from 'node:stream';

/** The JSON values of a stream of newline-separated ones, each as soon as it is complete. */
export async function* jsonLines<T>(source: Readable): AsyncGenerator<T> {
  let pending = '';
  source.setEncoding('utf8');
  for await (const chunk of source) {
    const lines = (pending + String(chunk)).split('\n');
    pending = lines.pop() ?? '';
    for (const line of lines) if (line.trim() !== '') yield JSON.parse(line) as T;
  }
  if (pending.trim() !== '') yield JSON.parse(pending) as T;
}
