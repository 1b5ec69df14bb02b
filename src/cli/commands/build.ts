import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { HUB_DOMAIN } from '../../oci/reference.ts';
import { BUILD_FLAGS, type BuildFlagValues } from '../build/build-flags.ts';
import { buildFailure } from '../build/describe-failure.ts';
import { explainBuild } from '../build/explain-build.ts';
import { cacheOptions, nameExportedCaches } from '../build/options/cache-options.ts';
import { buildSources } from '../build/options/contexts.ts';
import { frontendAttributes } from '../build/options/frontend-attributes.ts';
import { annotationAttributes, buildOutputs, type Outputs } from '../build/options/outputs.ts';
import { secretSource } from '../build/options/secrets.ts';
import { sshAgents } from '../build/options/ssh-agents.ts';
import { openProgress } from '../build/progress/progress.ts';
import { checkSummary, imageIdOf, lastLine, printAnswer, writeMetadata } from '../build/report-result.ts';
import { solveBuild, type Solved, type SolveRequest } from '../build/solve-build.ts';
import { defineCommand } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { readCredentials } from '../registry/credentials.ts';

/** What BuildKit calls Docker's own registry. */
const HUB_HOST = 'registry-1.docker.io';

export const command = defineCommand({
  usage: '[OPTIONS] PATH | URL | -',
  summary: 'Build an image from a Dockerfile',
  aliases: ['image build', 'build', 'builder build', 'buildx build'],
  flags: BUILD_FLAGS,
  arguments: { min: 1, max: 1 },
  async run(context, { values, args: [place = ''] }) {
    await using undo = new AsyncDisposableStack();
    const call = subrequestOf(values);
    const outputs = call === undefined ? outputsOf(values, context) : NO_OUTPUTS;
    const request = await solveRequest(context, { values, place, outputs, undo });
    if (call !== undefined) request.attributes.requestid = `frontend.${call.name}`;
    const solved = await watched(context, request, { values, outputs, isCall: call !== undefined });
    if (call === undefined) return reportBuild(context, solved, values);
    if (call.name === 'lint' && call.format !== 'json') context.stdout.write(checkSummary(solved));
    printAnswer(context, solved, call.format);
  },
});

const NO_OUTPUTS: Outputs = { exporters: [], destinations: new Map() };
const CALLS = new Map([
  ['check', 'lint'],
  ['lint', 'lint'],
  ['outline', 'outline'],
  ['targets', 'targets'],
]);

/** What the front end is asked for, where that is no build: `check`, or `outline,format=json`. */
function subrequestOf({ call, check }: BuildFlagValues): { name: string; format: string } | undefined {
  const [method = '', ...rest] = (check ? 'check' : call).split(',');
  if (method === 'build') return undefined;
  const name = CALLS.get(method);
  if (name === undefined) throw new Error(`unsupported call ${JSON.stringify(method)}`);
  return { name, format: rest.includes('format=json') ? 'json' : 'text' };
}

function outputsOf(values: BuildFlagValues, { stdout }: CommandContext): Outputs {
  const { output, push, load, tag, annotation } = values;
  const annotations = annotationAttributes(annotation);
  return buildOutputs({ outputs: output, push, load, tags: tag, annotations, stdout });
}

type Given = { values: BuildFlagValues; place: string; outputs: Outputs; undo: AsyncDisposableStack };

async function solveRequest(
  { env, stdin }: CommandContext,
  { values, place, outputs, undo }: Given,
): Promise<SolveRequest> {
  const secret = secretSource(values.secret, env);
  const caches = cacheOptions(values['cache-from'], values['cache-to']);
  const given = { place, file: values.file, named: values['build-context'], stdin };
  const sources = await buildSources(given, undo);
  return {
    attributes: { ...frontendAttributes(values, env), ...sources.attributes },
    exporters: outputs.exporters,
    cacheImports: caches.imports,
    cacheExports: caches.exports,
    entitlements: [...values.allow, ...(values.network === 'host' ? ['network.host'] : [])],
    sharedKey: sharedKey([...sources.directories.values()]),
    files: {
      directories: withDockerfile(sources.directories),
      destinations: outputs.destinations,
      stores: new Map([...caches.stores, ...sources.stores]),
      upload: sources.upload,
      agents: await sshAgents(values.ssh, env, undo),
      secret,
      credentials: host => readCredentials(env, host === HUB_HOST ? HUB_DOMAIN : host),
    },
  };
}

/** The Dockerfile is looked for in the context where it is in no place of its own. */
function withDockerfile(directories: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const context = directories.get('context');
  return context === undefined ? directories : new Map([['dockerfile', context], ...directories]);
}

/** By that the daemon finds what it was sent before. */
function sharedKey(directories: readonly string[]): string {
  return createHash('sha256')
    .update(JSON.stringify([hostname(), process.getuid?.(), directories]))
    .digest('hex');
}

type Watched = { values: BuildFlagValues; outputs: Outputs; isCall: boolean };

async function watched(
  context: CommandContext,
  request: SolveRequest,
  { values, outputs, isCall }: Watched,
): Promise<Solved> {
  const mode = values.quiet || (isCall && values.progress === 'auto') ? 'quiet' : values.progress;
  const progress = openProgress(mode, context.stderr);
  const startedMs = Date.now();
  const client = await context.client();
  await client.negotiate();
  let solved: Solved;
  try {
    solved = await solveBuild(client, request, status => progress.take(status)).finally(() => progress.end());
  } catch (error) {
    if (values.explain) context.stdout.write(explainBuild(progress.steps.all));
    throw buildFailure(error, progress.steps);
  }
  if (values.explain) context.stdout.write(explainBuild(progress.steps.all));
  const manifest = solved.response['cache.manifest'];
  if (manifest !== undefined)
    nameExportedCaches(
      request.cacheExports,
      JSON.parse(manifest) as Parameters<typeof nameExportedCaches>[1],
    );
  if (['auto', 'plain', 'tty'].includes(mode) && !isCall)
    context.stderr.write(await lastLine(client, solved, { outputs, steps: progress.steps.all, startedMs }));
  return solved;
}

function reportBuild(context: CommandContext, solved: Solved, values: BuildFlagValues): void {
  const id = imageIdOf(solved);
  if (values.iidfile !== '') writeFileSync(values.iidfile, id);
  if (values['metadata-file'] !== '') writeMetadata(values['metadata-file'], solved);
  if (values.quiet && id !== '') context.stdout.write(`${id}\n`);
}
