import { createWriteStream, renameSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { EngineClient } from '../../client/engine-client.ts';
import { writeAll } from '../../api/frames.ts';
import type { CommandContext } from '../context.ts';
import { describeError } from '../describe-error.ts';
import { counted } from './byte-progress.ts';

type Download = {
  /** A file's path; empty for standard output. */
  output: string;
  /** What is said instead of filling a terminal with an archive. */
  refusal: string;
  /** What is shown on a terminal while a file is written: `Saving`. */
  activity: string;
  open: (client: EngineClient) => Promise<Readable>;
};

/** Writes what the daemon sends to standard output, or to a file that appears only when it is complete. */
export async function writeDownload(
  context: CommandContext,
  { output, refusal, activity, open }: Download,
): Promise<void> {
  if (output === '' && context.stdout.isTTY) throw new Error(refusal);
  if (output !== '') checkDirectory(output);
  const source = await open(await context.client());
  if (output !== '') return writeFile(counted(source, context.stderr, activity), output);
  for await (const chunk of source) await writeAll(context.stdout, chunk as Buffer);
}

function checkDirectory(output: string): void {
  const directory = dirname(output);
  try {
    if (statSync(directory).isDirectory()) return;
  } catch (error) {
    throw new Error(`invalid output path: directory ${JSON.stringify(directory)} does not exist`, {
      cause: error,
    });
  }
  throw new Error(`invalid output path: ${JSON.stringify(directory)} must be a directory`);
}

async function writeFile(source: Readable, output: string): Promise<void> {
  if (isSpecial(output)) return pipeline(source, createWriteStream(output));
  const temporary = `${output}.${process.pid}.tmp`;
  try {
    await pipeline(source, createWriteStream(temporary, { flags: 'wx', mode: 0o600 }));
    renameSync(temporary, output);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw new Error(describeError(error), { cause: error });
  }
}

/** /dev/stdout, a pipe: nothing that a rename may replace. */
function isSpecial(path: string): boolean {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat !== undefined && !stat.isFile();
}
