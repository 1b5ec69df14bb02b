import { EngineError, messageOf } from '../../base/errors.ts';
import type { Seccomp, SeccompRule } from '../spec.ts';

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

/**
 * Reads a profile in Docker's format, and resolves its conditions.
 * @returns undefined for a profile that says nothing: seccomp is off then
 * @throws EngineError invalid-parameter
 */
export function parseDockerProfile(json: string, context: ProfileContext): Seccomp | undefined {
  let profile: DockerProfile;
  try {
    profile = JSON.parse(json, exactIntegers as (key: string, value: unknown) => unknown) as DockerProfile;
  } catch (error) {
    throw invalid(`Decoding seccomp profile failed: ${messageOf(error)}`);
  }
  if (typeof profile !== 'object' || profile === null || Array.isArray(profile))
    throw invalid('Decoding seccomp profile failed: not a JSON object');
  return applyDockerProfile(profile, context);
}

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

/** Argument values are 64 bits wide. */
function exactIntegers(_key: string, value: unknown, { source }: { source?: string }): unknown {
  const isInexact = typeof value === 'number' && !Number.isSafeInteger(value);
  return isInexact && source !== undefined && /^\d+$/.test(source) ? BigInt(source) : value;
}

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
