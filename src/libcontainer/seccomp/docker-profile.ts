import { EngineError } from '../../base/errors.ts';
import { arrayOf, type Decoder, integer, safeInteger, strings, struct, text } from '../../base/go/decode.ts';
import { JsonError, parseGoJson } from '../../base/go/json.ts';
import type { Seccomp, SeccompArgument, SeccompRule } from '../../oci/runtime-spec.ts';

/** A profile as Docker's `--security-opt seccomp=FILE` has it: an OCI section with conditions. */
export type DockerProfile = Omit<Seccomp, 'syscalls'> & {
  archMap?: { architecture: string; subArchitectures?: string[] | null }[] | null;
  syscalls?: DockerRule[] | null;
};

type DockerRule = Omit<SeccompRule, 'names' | 'args'> & {
  names?: string[];
  /** In place of `names`. */
  name?: string;
  args?: SeccompRule['args'] | null;
  comment?: string;
  /** All of them must be met. */
  includes?: Conditions;
  /** None of them may be. */
  excludes?: Conditions;
};

type Conditions = {
  arches?: string[];
  /** With the CAP_ prefix. */
  caps?: string[];
  /** `4.8`: that version or later. */
  minKernel?: string;
};

export type ProfileContext = {
  /** Node's `process.arch`. */
  architecture: string;
  /** The container's bounding set, with the CAP_ prefix. */
  capabilities: readonly string[];
  /** As uname(2) has it: `6.12.3-generic`. */
  kernelVersion: string;
};

/** What the kernel takes has a fraction of it: 4096 instructions. Docker's own has 15 KiB, and 400 names. */
const MAX_LENGTH = 256 * 1024;
const MAX_NAMES = 8192;

/**
 * Reads a profile in Docker's format, and resolves its conditions.
 * @returns undefined for a profile that says nothing: seccomp is off then
 * @throws EngineError invalid-parameter
 */
export function parseDockerProfile(json: string, context: ProfileContext): Seccomp | undefined {
  return applyDockerProfile(decodeDockerProfile(json), context);
}

/** @throws EngineError invalid-parameter, in Docker's words */
export function decodeDockerProfile(json: string): DockerProfile {
  if (json.length > MAX_LENGTH)
    throw invalid(`seccomp profile is too large: ${json.length} characters, at most ${MAX_LENGTH}`);
  try {
    const profile = dockerProfile(parseGoJson(json), 'Seccomp');
    const count = (profile.syscalls ?? []).reduce((sum, { names }) => sum + (names?.length ?? 1), 0);
    if (count > MAX_NAMES)
      throw invalid(`seccomp profile is too large: ${count} names, at most ${MAX_NAMES}`);
    return profile;
  } catch (error) {
    throw error instanceof JsonError ? invalid(`Decoding seccomp profile failed: ${error.message}`) : error;
  }
}

const argumentFields = struct<Partial<SeccompArgument>>('specs.LinuxSeccompArg', {
  index: safeInteger('uint'),
  value: integer('uint64'),
  valueTwo: integer('uint64'),
  op: text('specs.LinuxSeccompOperator'),
});

const argument: Decoder<SeccompArgument> = (value, path) => {
  const {
    index = 0,
    value: first = 0,
    op = '' as SeccompArgument['op'],
    ...rest
  } = argumentFields(value, path);
  return { index, value: first, op, ...rest };
};

const conditions = struct<Conditions>('seccomp.Filter', {
  arches: strings,
  caps: strings,
  minKernel: text(),
});

const ruleFields = struct<Partial<DockerRule>>('seccomp.Syscall', {
  names: strings,
  name: text(),
  action: text('specs.LinuxSeccompAction'),
  errnoRet: safeInteger('uint'),
  args: arrayOf(argument, '[]*specs.LinuxSeccompArg'),
  comment: text(),
  includes: conditions,
  excludes: conditions,
});

const rule: Decoder<DockerRule> = (value, path) => {
  const { action = '' as DockerRule['action'], ...rest } = ruleFields(value, path);
  return { action, ...rest };
};

const archMapEntry: Decoder<{ architecture: string; subArchitectures?: string[] | null }> = (value, path) => {
  const { architecture = '', ...rest } = struct<{ architecture?: string; subArchitectures?: string[] }>(
    'seccomp.Architecture',
    { architecture: text(), subArchitectures: strings },
  )(value, path);
  return { architecture, ...rest };
};

const dockerProfile = struct<DockerProfile>('seccomp.Seccomp', {
  defaultAction: text('specs.LinuxSeccompAction'),
  defaultErrnoRet: safeInteger('uint'),
  architectures: strings,
  flags: strings,
  listenerPath: text(),
  listenerMetadata: text(),
  archMap: arrayOf(archMapEntry, '[]seccomp.Architecture'),
  syscalls: arrayOf(rule, '[]*seccomp.Syscall'),
});

/** As {@link parseDockerProfile}, for a profile already read. */
export function applyDockerProfile(profile: DockerProfile, context: ProfileContext): Seccomp | undefined {
  const { archMap, syscalls, ...rest } = profile;
  const rules = syscalls ?? [];
  if (!rest.defaultAction && rules.length === 0) return undefined;
  if (rest.architectures?.length && archMap?.length)
    throw invalid(
      "both 'architectures' and 'archMap' are specified in the seccomp profile, use either 'architectures' or 'archMap'",
    );
  const native = NATIVE_NAMES[context.architecture] ?? NATIVE_NAMES.x64!;
  const mapped = archMap?.find(({ architecture }) => architecture === native.seccomp);
  return {
    ...rest,
    architectures: mapped ? [mapped.architecture, ...(mapped.subArchitectures ?? [])] : rest.architectures,
    syscalls: rules
      .map(rule => ({ rule, names: namesOf(rule) }))
      .filter(({ rule }) => applies(rule, native.docker, context))
      .map(({ rule: { action, errnoRet, args }, names }) => ({
        names,
        action,
        ...(errnoRet === undefined ? {} : { errnoRet }),
        ...(args?.length ? { args } : {}),
      })),
  };
}

const NATIVE_NAMES: Record<string, { seccomp: string; docker: string }> = {
  x64: { seccomp: 'SCMP_ARCH_X86_64', docker: 'amd64' },
  arm64: { seccomp: 'SCMP_ARCH_AARCH64', docker: 'arm64' },
};

const invalid = (message: string) => new EngineError('invalid-parameter', message);

function namesOf(rule: DockerRule): string[] {
  if (!rule.name) return rule.names ?? [];
  if (rule.names?.length)
    throw invalid(
      "both 'name' and 'names' are specified in the seccomp profile, use either 'name' or 'names'",
    );
  return [rule.name];
}

function applies({ includes = {}, excludes = {} }: DockerRule, native: string, context: ProfileContext) {
  const has = (capability: string) => context.capabilities.includes(capability);
  const isAtLeast = (version: string) => kernelAtLeast(context.kernelVersion, version);
  if (excludes.arches?.includes(native)) return false;
  if (excludes.caps?.some(has)) return false;
  if (excludes.minKernel && isAtLeast(excludes.minKernel)) return false;
  if (includes.arches?.length && !includes.arches.includes(native)) return false;
  if (includes.caps && !includes.caps.every(has)) return false;
  return !includes.minKernel || isAtLeast(includes.minKernel);
}

function kernelAtLeast(kernel: string, minimum: string): boolean {
  const [major, minor] = majorAndMinor(kernel);
  const [minMajor, minMinor] = majorAndMinor(minimum);
  return major > minMajor || (major === minMajor && minor >= minMinor);
}

function majorAndMinor(version: string): [number, number] {
  const match = /^(\d+)\.(\d+)/.exec(version);
  if (!match)
    throw invalid(`invalid kernel version: ${JSON.stringify(version)}, expected "<kernel>.<major>"`);
  return [Number(match[1]), Number(match[2])];
}
