import { EngineError } from '../../../base/errors.ts';
import { effectiveEnvironment, variableName } from '../../../libcontainer/environment.ts';

const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export type EnvironmentInput = {
  hostname: string;
  tty?: boolean;
  /** `NAME=value` of linked containers. */
  linked?: readonly string[];
  /** The container's own: `NAME` alone removes a default. */
  env: readonly string[];
};

/** The environment of a container's processes but for HOME: PATH, HOSTNAME, TERM, then what was asked for. */
export function containerEnvironment({ hostname, tty, linked = [], env }: EnvironmentInput): string[] {
  const defaults = [
    `PATH=${DEFAULT_PATH}`,
    `HOSTNAME=${hostname}`,
    ...(tty ? ['TERM=xterm'] : []),
    ...linked,
  ];
  return overrideEnvironment(defaults, env);
}

/** `overrides` replace entries of the same name in place, or are added; those without `=` remove one. */
export function overrideEnvironment(defaults: readonly string[], overrides: readonly string[]): string[] {
  const result: (string | undefined)[] = [...defaults];
  const places = new Map(defaults.map((entry, index) => [variableName(entry), index]));
  for (const entry of overrides) {
    const place = places.get(variableName(entry));
    if (!entry.includes('=')) {
      if (place !== undefined) result[place] = undefined;
    } else if (place === undefined) result.push(entry);
    else result[place] = entry;
  }
  return result.filter(entry => entry !== undefined);
}

/**
 * The environment as the process gets it: of several entries with the same name the last one, and HOME from
 * the user's account when it is missing or empty.
 * @throws EngineError invalid-parameter for an entry without a name or with a NUL
 */
export function finishEnvironment(environment: readonly string[], home: string): string[] {
  for (const entry of environment) {
    if (!entry.includes('=')) throw invalid("invalid environment variable: missing '='");
    if (entry.startsWith('=')) throw invalid('invalid environment variable: name cannot be empty');
    if (entry.includes('\0'))
      throw invalid(
        `invalid environment variable ${JSON.stringify(variableName(entry))}: contains nul byte (\\x00)`,
      );
  }
  const kept = effectiveEnvironment(environment);
  return kept.some(entry => entry.startsWith('HOME=')) ? kept : [...kept, `HOME=${home}`];
}

const invalid = (message: string) => new EngineError('invalid-parameter', message);
