import { formatPlatform, type Platform } from '../../oci/platform.ts';
import type { BuildRequest } from '../build-request.ts';
import type { Attestation } from '../exporters/attestation-manifest.ts';
import type { Material } from '../build.ts';
import type { ProvenanceOptions } from './attestation-options.ts';

/** How a build was asked for, and when. */
export type Invocation = {
  /** The client's own name for the build. */
  ref: string;
  attributes: Readonly<Record<string, string>>;
  startedAtMs: number;
  finishedAtMs: number;
  buildPlatform: Platform;
};

const BUILD_TYPE = 'https://mobyproject.org/buildkit@v1';
/** What says something of this machine, and not of what is built. */
const OF_THE_HOST = new Set([
  'cgroup-parent',
  'image-resolve-mode',
  'platform',
  'cache-imports',
  'cache-from',
]);

/**
 * How a build has come about, as SLSA has it, in the form that BuildKit gives it (slsa.dev/provenance; BuildKit's
 * slsa-definitions.md). Of `min`, arguments and the Dockerfile are no part, as they may hold secrets.
 */
export function provenanceOf(
  request: BuildRequest,
  invocation: Invocation,
  { materials, options }: { materials: readonly Material[]; options: ProvenanceOptions },
): Attestation {
  const { version } = options;
  return version === 'v1'
    ? {
        predicateType: 'https://slsa.dev/provenance/v1',
        predicate: versionOne(request, invocation, { materials, options }),
      }
    : {
        predicateType: 'https://slsa.dev/provenance/v0.2',
        predicate: versionZeroTwo(request, invocation, { materials, options }),
      };
}

type More = { materials: readonly Material[]; options: ProvenanceOptions };

function versionZeroTwo(request: BuildRequest, invocation: Invocation, { materials, options }: More) {
  const { mode, builderId, reproducible } = options;
  const { buildPlatform, ref, startedAtMs, finishedAtMs } = invocation;
  const { args, isComplete } = parametersOf(invocation, mode);
  return {
    builder: { id: builderId },
    buildType: BUILD_TYPE,
    materials,
    invocation: {
      configSource: configSource(request, invocation),
      parameters: { frontend: 'dockerfile.v0', args, locals: localsOf(invocation) },
      environment: { platform: formatPlatform(buildPlatform) },
    },
    metadata: {
      buildInvocationID: ref,
      buildStartedOn: new Date(startedAtMs).toISOString(),
      buildFinishedOn: new Date(finishedAtMs).toISOString(),
      completeness: { parameters: isComplete, environment: true, materials: false },
      reproducible,
      [`${BUILD_TYPE}#metadata`]: detailsOf(request, invocation, mode),
    },
  };
}

function versionOne(request: BuildRequest, invocation: Invocation, { materials, options }: More) {
  const { mode, builderId, reproducible } = options;
  const { buildPlatform, ref, startedAtMs, finishedAtMs } = invocation;
  const { args, isComplete } = parametersOf(invocation, mode);
  const { uri, digest, entryPoint } = configSource(request, invocation);
  return {
    buildDefinition: {
      buildType: 'https://github.com/moby/buildkit/blob/master/docs/attestations/slsa-definitions.md',
      externalParameters: {
        configSource: { ...(uri === undefined ? {} : { uri, digest }), path: entryPoint },
        request: { frontend: 'dockerfile.v0', args, locals: localsOf(invocation) },
      },
      internalParameters: { builderPlatform: formatPlatform(buildPlatform) },
      resolvedDependencies: materials,
    },
    runDetails: {
      builder: { id: builderId },
      metadata: {
        invocationID: ref,
        startedOn: new Date(startedAtMs).toISOString(),
        finishedOn: new Date(finishedAtMs).toISOString(),
        buildkit_metadata: detailsOf(request, invocation, mode),
        buildkit_completeness: { request: isComplete, resolvedDependencies: false },
        buildkit_reproducible: reproducible,
      },
    },
  };
}

function parametersOf(
  { attributes }: Invocation,
  mode: ProvenanceOptions['mode'],
): { args: Record<string, string>; isComplete: boolean } {
  const told = Object.entries(attributes).filter(
    ([name]) => !OF_THE_HOST.has(name) && !/^(?:attest|vcs):/.test(name),
  );
  const isOpen = ([name]: [string, string]): boolean => mode === 'max' || !/^(?:build-arg|label):/.test(name);
  const shown = told.filter(isOpen).map(([name, value]) => [name, withoutPassword(value)] as const);
  return { args: Object.fromEntries(shown), isComplete: shown.length === told.length };
}

/** Of an address. */
function withoutPassword(text: string): string {
  return text.replace(/^(\w+:\/\/)[^/@]+@/, '$1xxxxx:xxxxx@');
}

/** Where the Dockerfile is: with the context, if that is somewhere else than the client. */
function configSource({ dockerfileName: entryPoint }: BuildRequest, { attributes }: Invocation) {
  const { context, dockerfilekey } = attributes;
  const isRemote = context !== undefined && context !== '' && dockerfilekey === undefined;
  return { entryPoint, ...(isRemote ? { uri: withoutPassword(context), digest: {} } : {}) };
}

/** Directories of the client's. */
function localsOf({ attributes }: Invocation): { name: string }[] {
  const { context, contextkey, dockerfilekey } = attributes;
  const named = Object.entries(attributes).flatMap(([name, value]) =>
    name.startsWith('context:') && value.startsWith('local:') ? [value.slice('local:'.length)] : [],
  );
  const main = context ? [] : [contextkey || 'context', dockerfilekey || 'dockerfile'];
  return [...main, ...named].map(name => ({ name }));
}

function detailsOf(
  { dockerfileName: filename, dockerfile }: BuildRequest,
  { attributes }: Invocation,
  mode: ProvenanceOptions['mode'],
) {
  const vcs = Object.entries(attributes).flatMap(([name, value]) =>
    name.startsWith('vcs:') ? [[name.slice('vcs:'.length), withoutPassword(value)]] : [],
  );
  const data = Buffer.from(dockerfile).toString('base64');
  return {
    ...(vcs.length === 0 ? {} : { vcs: Object.fromEntries(vcs) as Record<string, string> }),
    ...(mode === 'max' ? { source: { infos: [{ filename, language: 'Dockerfile', data }] } } : {}),
  };
}
