import type { BuildMount } from '../../api/build-step.ts';
import type { HostConfig } from '../../api/types.ts';
import { newId } from '../../base/ids.ts';
import type { Digest } from '../../base/digest.ts';
import { EngineError } from '../../base/errors.ts';
import type { BuilderParts, Outcome } from '../builder-parts.ts';
import { CACHE_LEASE } from '../solver/cache-store.ts';
import { BELOW, inputMarks, type Operation, operationKey } from '../solver/operation-key.ts';
import type { RunOutput } from '../solver/shared-runs.ts';
import { type MountPlan, withMounts } from './run-mounts.ts';

export type RunCommand = {
  top: Digest | undefined;
  command: readonly string[];
  /** `NAME=value`, what decides about the result. */
  env: readonly string[];
  /** What does not: proxies. */
  extraEnv: readonly string[];
  user: string;
  workingDirectory: string;
  hostname: string;
  hostConfig: HostConfig;
  mounts: readonly MountPlan[];
  description: string;
  noCache: boolean;
};

export type RunContext = { signal: AbortSignal; say: (output: RunOutput) => void };

/** A command that has ended with a failure. */
export class CommandFailed extends EngineError {
  readonly exitCode: number;
  readonly command: readonly string[];

  constructor(command: readonly string[], exitCode: number, oomKilled: boolean) {
    const cause = oomKilled ? ': cannot allocate memory' : '';
    super(
      'invalid-parameter',
      `process ${JSON.stringify(command.join(' '))} did not complete successfully: exit code: ${exitCode}${cause}`,
    );
    this.exitCode = exitCode;
    this.command = command;
  }
}

/** RUN: a layer with what a command has changed. The same command on the same files, wanted twice at once, runs once. */
export async function runCommand(
  parts: BuilderParts,
  options: RunCommand,
  { signal, say }: RunContext,
): Promise<Outcome> {
  const { top, command, env, user, workingDirectory, hostname, hostConfig, mounts, noCache } = options;
  const {
    NetworkMode: network,
    Privileged: privileged,
    ExtraHosts: hosts,
    ShmSize: shm,
    Ulimits: limits,
  } = hostConfig;
  const identities = mounts.map(({ identity }) => identity);
  const key = operationKey('run', {
    top,
    command,
    env,
    user,
    workingDirectory,
    hostname,
    network,
    privileged,
    hosts,
    shm,
    limits,
    identities,
  });
  const operation: Operation = { kind: 'run', key, inputs: inputsOf(options) };
  const known = noCache ? undefined : parts.cache.find(key, options);
  if (known !== undefined) return { layer: known, cached: true, operation };
  // A run that must not use the cache is not shared.
  const runKey = noCache ? newId() : key;
  return parts.runs.run(runKey, { signal, listener: say }, async (runSignal, tell) => {
    const layer = await execute(parts, options, { signal: runSignal, say: tell });
    const made = { ...layer, createdAt: new Date().toISOString() };
    parts.cache.add(key, made, options.description);
    return { layer: made, cached: false, operation };
  });
}

function inputsOf(options: RunCommand): Operation['inputs'] {
  const { top, command, env, user, workingDirectory, hostname, hostConfig, mounts } = options;
  const variables = env.map(entry => {
    const equals = entry.indexOf('=');
    return [`variable ${entry.slice(0, equals)}`, entry.slice(equals + 1)];
  });
  const mounted = mounts.map(({ mount, destination, identity }) => [
    `mount of ${mount.type} at ${destination}`,
    identity,
  ]);
  return inputMarks({
    [BELOW]: top ?? '',
    command,
    ...Object.fromEntries([...variables, ...mounted]),
    user,
    'working directory': workingDirectory,
    hostname,
    network: hostConfig.NetworkMode,
    security: hostConfig.Privileged,
    'extra hosts': hostConfig.ExtraHosts,
    'size of /dev/shm': hostConfig.ShmSize,
    ulimits: hostConfig.Ulimits,
  });
}

async function execute(parts: BuilderParts, options: RunCommand, { signal, say }: RunContext) {
  const { builds } = parts;
  const layer = await builds.create(options.top);
  try {
    const { places } = await withMounts(parts, options.mounts, signal, async (mounts, secretEnv) =>
      step(parts, options, { layerId: layer.containerId, mounts, secretEnv, signal, say }),
    );
    signal.throwIfAborted();
    return await builds.commit(layer.containerId, { ignored: places, lease: CACHE_LEASE });
  } finally {
    builds.remove(layer.containerId);
  }
}

type Step = RunContext & { layerId: string; mounts: BuildMount[]; secretEnv: string[] };

async function step(
  parts: BuilderParts,
  options: RunCommand,
  { layerId, mounts, secretEnv, signal, say }: Step,
) {
  const { command, env, extraEnv, user, workingDirectory, hostname, hostConfig } = options;
  const result = await parts.runStep({
    id: newId(),
    layerId,
    command,
    env: [...env, ...extraEnv, ...secretEnv],
    user,
    workingDirectory,
    hostname,
    hostConfig,
    mounts,
    output: (stream, data) => say({ stream, data }),
    signal,
  });
  if (result.exitCode !== 0) throw new CommandFailed(command, result.exitCode, result.oomKilled);
  return result;
}
