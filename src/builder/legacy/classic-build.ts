import type { Readable } from 'node:stream';
import type { BuildProgress, ClassicBuildOptions } from '../../api/classic-build.ts';
import type { HostConfig } from '../../api/types.ts';
import { EngineError, type ErrorKind } from '../../base/errors.ts';
import { own } from '../../base/own.ts';
import { shortId } from '../../base/short-id.ts';
import { DockerfileError, renderSource } from '../../dockerfile/dockerfile-error.ts';
import { parseDockerfile } from '../../dockerfile/parse-dockerfile.ts';
import { PREDECLARED } from '../frontend/scope.ts';
import { familiarString, parseReference, withDefaultTag } from '../../oci/reference.ts';
import { parsePlatform } from '../../oci/parse-platform.ts';
import { hostPlatform } from '../../oci/platform.ts';
import { buildImage } from '../build-image.ts';
import type { BuilderParts } from '../builder-parts.ts';
import { type BuildRequest, NOTHING_GRANTED } from '../build-request.ts';
import { CommandFailed } from '../operations/run-command.ts';
import type { BuildEvent } from '../progress.ts';
import { ClassicPrinter } from './classic-printer.ts';
import { openContext, type OpenContext } from './open-context.ts';

export type ClassicBuild = { body: Readable; progress: BuildProgress; signal: AbortSignal };

/**
 * `POST /build`: builds what a client sends, and prints it as Docker's classic builder does.
 * @throws EngineError in Docker's words, the Dockerfile's lines behind them
 */
export async function classicBuild(
  parts: BuilderParts,
  options: ClassicBuildOptions,
  { body, progress, signal }: ClassicBuild,
): Promise<void> {
  const tags = options.tags.map(tagOf);
  refuseUnsupported(options);
  await using undo = new AsyncDisposableStack();
  const context = await openContext({ parts, undo, signal }, { ...options, body });
  const say: BuildProgress = options.quiet ? () => undefined : progress;
  try {
    const printer = { current: undefined as ClassicPrinter | undefined };
    const image = await buildImage(parts, requestOf(options, context, tags), {
      signal,
      onPlan: steps => {
        // From here on failures are lines of the answer.
        if (options.quiet) progress({ stream: '' });
        printer.current = new ClassicPrinter(say, steps);
      },
      report: (event: BuildEvent) => printer.current?.report(event),
    }).finally(() => printer.current?.flush());
    progress({ aux: { ID: image.id } });
    if (options.quiet) return progress({ stream: `${image.id}\n` });
    const unused = unusedArguments(options.buildArgs, context.dockerfile);
    if (unused.length > 0)
      progress({ stream: `[Warning] One or more build-args [${unused.join(' ')}] were not consumed\n` });
    progress({ stream: `Successfully built ${shortId(image.id)}\n` });
    for (const tag of tags) progress({ stream: `Successfully tagged ${tag}\n` });
  } catch (error) {
    throw describe(error, context);
  }
}

/** Arguments that were given, and that no ARG declares. */
function unusedArguments(given: ClassicBuildOptions['buildArgs'], text: string): string[] {
  const { globalArgs, stages } = parseDockerfile(text);
  const steps = [...globalArgs, ...stages.flatMap(stage => stage.steps)];
  const declared = new Set(
    steps.flatMap(step => (step.kind === 'arg' ? step.args.map(({ name }) => name) : [])),
  );
  return Object.keys(given)
    .filter(name => !declared.has(name) && !PREDECLARED.includes(name))
    .sort();
}

function tagOf(text: string): string {
  try {
    const reference = withDefaultTag(parseReference(text));
    if (reference.digest === undefined) return familiarString(reference);
  } catch (cause) {
    throw new EngineError('invalid-parameter', `invalid reference format`, { cause });
  }
  throw new EngineError('invalid-parameter', 'build tag cannot contain a digest');
}

function refuseUnsupported({ squash }: ClassicBuildOptions): void {
  if (squash)
    throw new EngineError('invalid-parameter', 'squash is only supported with experimental mode', {
      hint: 'Several stages, the last of which copies what is needed, give one layer, too.',
    });
}

/** What `docker login` calls Docker's own registry. */
const HUB = 'https://index.docker.io/v1/';

function requestOf(
  options: ClassicBuildOptions,
  { directory, identity, dockerfile, dockerfileName }: OpenContext,
  tags: readonly string[],
): BuildRequest {
  const { target, labels, noCache, pull, platform } = options;
  const args = Object.entries(options.buildArgs).flatMap(([name, value]) =>
    value === null ? [] : [[name, value] as const],
  );
  return {
    dockerfile,
    dockerfileName,
    context: { kind: 'directory', open: async () => ({ path: directory, identity }) },
    namedContexts: new Map(),
    project: '',
    target,
    buildArgs: new Map(args),
    labels,
    platform: platform === '' ? hostPlatform() : parsePlatform(platform),
    noCache,
    uncachedStages: [],
    pull,
    hostname: '',
    hostConfig: hostConfigOf(options),
    allowsHostNetwork: options.networkMode === 'host',
    allowsInsecure: false,
    tags,
    ...NOTHING_GRANTED,
    credentials: async registry => own(options.auths, registry === 'docker.io' ? HUB : registry) ?? {},
    caches: [],
    dialect: 'classic',
  };
}

function hostConfigOf(options: ClassicBuildOptions): HostConfig {
  const { memoryBytes, memorySwapBytes, cpuShares, cpuPeriod, cpuQuota, cpusetCpus, cpusetMems } = options;
  const { networkMode, extraHosts, shmSizeBytes, ulimits, cgroupParent } = options;
  return {
    NetworkMode: networkMode || 'default',
    ExtraHosts: extraHosts,
    Memory: memoryBytes,
    MemorySwap: memorySwapBytes,
    CpuShares: cpuShares,
    CpuPeriod: cpuPeriod,
    CpuQuota: cpuQuota,
    CpusetCpus: cpusetCpus,
    CpusetMems: cpusetMems,
    CgroupParent: cgroupParent,
    ShmSize: shmSizeBytes,
    Ulimits: ulimits,
  };
}

/** A build that has failed, maybe by a command. */
class BuildFailed extends EngineError {
  readonly exitCode: number | undefined;

  constructor(
    kind: ErrorKind,
    message: string,
    { cause, exitCode }: { cause: unknown; exitCode: number | undefined },
  ) {
    super(kind, message, { cause });
    this.exitCode = exitCode;
  }
}

/** The classic builder's words, and where it happened. */
function describe(error: unknown, { dockerfile, dockerfileName }: OpenContext): unknown {
  if (!(error instanceof DockerfileError)) return error;
  const { cause } = error;
  const failed = cause instanceof CommandFailed ? cause : undefined;
  const message =
    failed === undefined
      ? classicWords(error.message)
      : `The command '${failed.command.join(' ')}' returned a non-zero code: ${failed.exitCode}`;
  const source = renderSource(dockerfileName, dockerfile, error.range);
  const text = `${message}\n${source}`.trimEnd();
  return new BuildFailed(error.kind, text, { cause: error, exitCode: failed?.exitCode });
}

/** Of a file that is not there the classic builder says more. */
function classicWords(message: string): string {
  const [, path] = /^"\/(.*)": not found$/.exec(message) ?? [];
  if (path === undefined) return message;
  return `${message}: file not found in build context or excluded by .dockerignore: stat ${path}: file does not exist`;
}
