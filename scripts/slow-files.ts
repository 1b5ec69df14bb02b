/** A reporter of node:test, beside another one: the time that each file took, the longest first. */
import { relative } from 'node:path';
import type { TestEvent } from 'node:test/reporters';

const SHOWN = 30;

export default async function* slowFiles(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const files: { file: string; seconds: number }[] = [];
  for await (const { type, data } of events)
    if (type === 'test:summary' && data.file !== undefined)
      files.push({ file: relative('.', data.file), seconds: data.duration_ms / 1000 });
  const total = files.reduce((sum, { seconds }) => sum + seconds, 0);
  yield `\n${files.length} files took ${total.toFixed(0)} s in all; the slowest:\n`;
  for (const { file, seconds } of files.toSorted((a, b) => b.seconds - a.seconds).slice(0, SHOWN))
    yield `${seconds.toFixed(1).padStart(8)} s  ${file}\n`;
}
