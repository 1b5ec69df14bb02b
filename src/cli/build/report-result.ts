import { statSync, writeFileSync } from 'node:fs';
import type { ImageInspect } from '../../api/types.ts';
import type { EngineClient } from '../../client/engine-client.ts';
import { ResponseError } from '../../client/response-error.ts';
import { ExitError } from '../cli-error.ts';
import type { CommandContext } from '../context.ts';
import { formatSize } from '../values/size.ts';
import { excerptOf, type Source } from './describe-failure.ts';
import type { Outputs } from './options/outputs.ts';
import type { Step } from './progress/build-steps.ts';
import type { Solved } from './solve-build.ts';

/** Digest of an image's configuration, where there is an image of one platform; else that of its index. */
export function imageIdOf({ response }: Solved): string {
  return response['containerimage.config.digest'] ?? response['containerimage.digest'] ?? '';
}

/** Writes what was asked for with `--metadata-file`. What is encoded in an answer is written as what it is. */
export function writeMetadata(path: string, { ref, response }: Solved): void {
  const entries = Object.entries(response).map(([key, value]) => [key, decoded(value)] as const);
  const metadata = { 'buildx.build.ref': `slipway/slipway/${ref}`, ...Object.fromEntries(entries) };
  writeFileSync(path, `${JSON.stringify(metadata, null, 2)}\n`);
}

function decoded(value: string): unknown {
  for (const text of [value, Buffer.from(value, 'base64').toString()])
    try {
      const parsed: unknown = JSON.parse(text);
      if (typeof parsed === 'object' && parsed !== null) return parsed;
    } catch {
      // It is a text.
    }
  return value;
}

/** The last line of a build: what has come of it, how large it is, and how much of it was known. */
export async function lastLine(
  client: EngineClient,
  solved: Solved,
  { outputs, steps, startedMs }: { outputs: Outputs; steps: readonly Step[]; startedMs: number },
): Promise<string> {
  const seconds = `${((Date.now() - startedMs) / 1000).toFixed(1)}s`;
  const numbered = steps.filter(({ name }) => /^\[(?!internal)[^\]]*\] (?!FROM)/.test(name));
  const cached = numbered.filter(({ isCached }) => isCached).length;
  const known = numbered.length === 0 ? '' : `, ${cached} of ${numbered.length} steps from the cache`;
  return `${await whatCame(client, solved, outputs)} in ${seconds}${known}\n`;
}

async function whatCame(client: EngineClient, solved: Solved, { destinations }: Outputs): Promise<string> {
  const id = imageIdOf(solved);
  const places = [...destinations.values()].flatMap(destination =>
    destination.kind === 'stream' ? [] : [destination.path],
  );
  const size = id === '' || places.length > 0 ? undefined : await imageSize(client, id);
  const parts = [
    id === '' ? 'Built' : `Built ${id}`,
    ...(size === undefined ? [] : [`(${formatSize(size)})`]),
    ...places.map(path => `into ${path}${fileSize(path)}`),
  ];
  return parts.join(' ');
}

function fileSize(path: string): string {
  const stat = statSync(path);
  return stat.isFile() ? ` (${formatSize(stat.size)})` : '';
}

/** Undefined for one that was pushed only. */
async function imageSize(client: EngineClient, id: string): Promise<number | undefined> {
  try {
    return (await client.get<ImageInspect>(`/images/${id}/json`)).Size;
  } catch (error) {
    if (error instanceof ResponseError) return undefined;
    throw error;
  }
}

/** Prints what a front end answers to `--call`. @throws ExitError where checks have found something */
export function printAnswer(context: CommandContext, { metadata }: Solved, format: string): void {
  const text = metadata[format === 'json' ? 'result.json' : 'result.txt']?.toString() ?? '';
  context.stdout.write(text.endsWith('\n') || text === '' ? text : `${text}\n`);
  const code = Number(metadata['result.statuscode']?.toString() ?? 0);
  if (code !== 0) throw new ExitError(code);
}

type LintResult = {
  warnings?: unknown[] | null;
  sources?: Source['info'][];
  buildError?: { message: string; location?: { ranges?: Source['ranges'] } };
};

/** Lines that say how many warnings there are. @throws ExitError for what cannot be built at all */
export function checkSummary({ metadata }: Solved): string {
  const result = JSON.parse(metadata['result.json']?.toString() ?? '{}') as LintResult;
  const { warnings, buildError, sources = [] } = result;
  if (buildError !== undefined) {
    const source = excerptOf({ info: sources[0], ranges: buildError.location?.ranges });
    throw new ExitError(1, `${source}ERROR: ${buildError.message}`);
  }
  const count = warnings?.length ?? 0;
  if (count === 0) return 'Check complete, no warnings found.\n';
  const found = count === 1 ? '1 warning has' : `${count} warnings have`;
  return `Check complete, ${found} been found!\n\n`;
}
