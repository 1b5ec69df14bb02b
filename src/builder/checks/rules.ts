import { EngineError } from '../../base/errors.ts';
import type { LineRange } from '../../dockerfile/dockerfile-error.ts';

/** BuildKit's rules (docs.docker.com/reference/build-checks), and what each is about. */
const DESCRIPTIONS = {
  StageNameCasing: 'Stage names should be lowercase',
  FromAsCasing: "The 'as' keyword should match the case of the 'from' keyword",
  NoEmptyContinuation: 'Empty continuation lines will become errors in a future release',
  ConsistentInstructionCasing:
    'All commands within the Dockerfile should use the same casing (either upper or lower)',
  DuplicateStageName: 'Stage names should be unique',
  ReservedStageName: 'Reserved words should not be used as stage names',
  JSONArgsRecommended:
    'JSON arguments recommended for ENTRYPOINT/CMD to prevent unintended behavior related to OS signals',
  MaintainerDeprecated:
    'The MAINTAINER instruction is deprecated, use a label instead to define an image author',
  UndefinedArgInFrom: 'FROM command must use declared ARGs',
  WorkdirRelativePath:
    'Relative workdir without an absolute workdir declared within the build can have unexpected results if the base image changes',
  UndefinedVar: 'Variables should be defined before their use',
  MultipleInstructionsDisallowed:
    'Multiple instructions of the same type should not be used in the same stage',
  LegacyKeyValueFormat: 'Legacy key/value format with whitespace separator should not be used',
  RedundantTargetPlatform:
    'Setting platform to predefined $TARGETPLATFORM in FROM is redundant as this is the default behavior',
  SecretsUsedInArgOrEnv: 'Sensitive data should not be used in the ARG or ENV commands',
  InvalidDefaultArgInFrom: 'Default value for global ARG results in an empty or invalid base image name',
  FromPlatformFlagConstDisallowed: 'FROM --platform flag should not use a constant value',
  CopyIgnoredFile: 'Attempting to Copy file that is excluded by .dockerignore',
  InvalidDefinitionDescription:
    'Comment for build stage or argument should follow the format: `# <arg/stage name> <description>`. If this is not intended to be a description comment, add an empty line or comment between the instruction and the comment.',
  ExposeProtoCasing: 'Protocol in EXPOSE instruction should be lowercase',
  ExposeInvalidFormat:
    'IP address and host-port mapping should not be used in EXPOSE instruction. This will become an error in a future release',
} as const;

export type RuleName = keyof typeof DESCRIPTIONS;

/** Those that apply only where they are asked for. */
const EXPERIMENTAL: readonly RuleName[] = ['CopyIgnoredFile', 'InvalidDefinitionDescription'];

/** What a check has found. */
export type Warning = { rule: RuleName; detail: string; range: LineRange };

export function descriptionOf(rule: RuleName): string {
  return DESCRIPTIONS[rule];
}

export function urlOf(rule: RuleName): string {
  const words = rule.replace('JSON', 'Json').replace(/(?<!^)[A-Z]/g, letter => `-${letter}`);
  return `https://docs.docker.com/go/dockerfile/rule/${words.toLowerCase()}/`;
}

/** `# check=skip=A,B;error=true;experimental=all`. */
export type CheckOptions = {
  isSkipped(rule: RuleName): boolean;
  /** Warnings make a build fail. */
  isError: boolean;
};

/** What a directive, or an argument of the build, says; undefined for nothing. @throws EngineError for what is no option */
export function checkOptions(text: string | undefined): CheckOptions {
  const fields = text ? text.split(';').map(checkOption) : [];
  const listOf = (name: string) =>
    fields.flatMap(([key, value]) => (key === name ? value.split(',').map(each => each.trim()) : []));
  const [skipped, experimental] = [listOf('skip'), listOf('experimental')];
  const isIn = (list: readonly string[], rule: RuleName) => list.includes('all') || list.includes(rule);
  return {
    isSkipped: rule => isIn(skipped, rule) || (EXPERIMENTAL.includes(rule) && !isIn(experimental, rule)),
    isError: fields.some(([name, value]) => name === 'error' && TRUE.has(value)),
  };
}

const TRUE = new Set(['1', 't', 'T', 'true', 'TRUE', 'True']);
const FALSE = new Set(['0', 'f', 'F', 'false', 'FALSE', 'False']);

/** Its name and its value. @throws EngineError in BuildKit's words */
function checkOption(text: string): [string, string] {
  const equals = text.indexOf('=');
  const [name, value] = [text.slice(0, equals).trim(), text.slice(equals + 1).trim()];
  if (equals < 0 || !['skip', 'error', 'experimental'].includes(name))
    throw invalidOptions(`invalid check option ${JSON.stringify(equals < 0 ? text : name)}`);
  if (name === 'error' && !TRUE.has(value) && !FALSE.has(value))
    throw invalidOptions(
      `failed to parse check option ${JSON.stringify(text)}: strconv.ParseBool: parsing ${JSON.stringify(value)}: invalid syntax`,
    );
  return [name, value];
}

function invalidOptions(reason: string): EngineError {
  return new EngineError('invalid-parameter', `failed to parse check options: ${reason}`);
}
