import { expandWord } from '../../dockerfile/shell-lexer.ts';
import type { Dockerfile, Stage } from '../../dockerfile/instruction.ts';
import { suggestion } from '../../dockerfile/suggest.ts';
import { parseReference } from '../../oci/reference.ts';
import { parsePlatform } from '../../oci/parse-platform.ts';
import type { Tell } from './statement-checks.ts';
import { type KnownNames, unsetNames } from './variable-checks.ts';

const TARGET_PLATFORM = /^\$(?:TARGETPLATFORM|\{TARGETPLATFORM\})$/;
/** Of which only the last one counts. */
const SINGLE = ['cmd', 'entrypoint', 'healthcheck'];

/** What is told of stages, whether they are needed or not. */
export function checkStages(dockerfile: Dockerfile, predefined: KnownNames, tell: Tell): void {
  const names = new Set<string>();
  const globals = new Map([
    ...predefined,
    ...dockerfile.globalArgs.flatMap(({ args }) => args.map(({ name }) => [name, true] as const)),
  ]);
  for (const stage of dockerfile.stages) {
    checkFromArguments(stage, { dockerfile, globals, tell });
    checkPlatform(stage, tell);
    if (stage.name !== '' && names.has(stage.name))
      tell(
        'DuplicateStageName',
        `Duplicate stage name "${stage.name}", stage names should be unique`,
        stage.range,
      );
    checkDefaults(stage, { dockerfile, names, tell });
    names.add(stage.name);
    checkCommands(stage, tell);
  }
}

type FromPlace = { dockerfile: Dockerfile; globals: KnownNames; tell: Tell };

function checkFromArguments(stage: Stage, { dockerfile, globals, tell }: FromPlace): void {
  const texts = [stage.base, stage.platform];
  for (const name of texts.flatMap(text => unsetNames(text, globals, dockerfile.escape)))
    tell(
      'UndefinedArgInFrom',
      `FROM argument '${name}' is not declared${suggestion(name, [...globals.keys()])}`,
      stage.range,
    );
}

function checkPlatform({ platform, name, range }: Stage, tell: Tell): void {
  if (TARGET_PLATFORM.test(platform))
    tell(
      'RedundantTargetPlatform',
      `Setting platform to predefined ${platform} in FROM is redundant as this is the default behavior`,
      range,
    );
  if (platform === '' || platform.includes('$')) return;
  if (platformWords(platform).some(word => name.includes(word))) return;
  tell(
    'FromPlatformFlagConstDisallowed',
    `FROM --platform flag should not use constant value "${platform}"`,
    range,
  );
}

/** A stage that is called by its platform is meant to be for that one. */
function platformWords(text: string): string[] {
  try {
    const { os, architecture } = parsePlatform(text);
    return [os, architecture].filter(Boolean);
  } catch {
    return [];
  }
}

/** With the defaults of the Dockerfile alone, each base should be a name. */
function checkDefaults(
  { base, range }: Stage,
  { dockerfile, names, tell }: { dockerfile: Dockerfile; names: ReadonlySet<string>; tell: Tell },
): void {
  const defaults = new Map(
    dockerfile.globalArgs.flatMap(({ args }) =>
      args.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value] as const])),
    ),
  );
  let name = '';
  try {
    name = expandWord(base, defaults, { escape: dockerfile.escape });
  } catch {
    return;
  }
  if (names.has(name) || isReference(name)) return;
  tell(
    'InvalidDefaultArgInFrom',
    `Default value for ARG ${base} results in empty or invalid base image name`,
    range,
  );
}

function isReference(text: string): boolean {
  try {
    parseReference(text);
    return true;
  } catch {
    return false;
  }
}

function checkCommands({ steps }: Stage, tell: Tell): void {
  const hasShell = steps.some(({ kind }) => kind === 'shell');
  for (const [index, step] of steps.entries()) {
    const { kind, range } = step;
    const isLast = !steps.slice(index + 1).some(other => other.kind === kind);
    if (SINGLE.includes(kind) && !isLast)
      tell(
        'MultipleInstructionsDisallowed',
        `Multiple ${kind.toUpperCase()} instructions should not be used in the same stage because only the last one will be used`,
        range,
      );
    if ((kind === 'cmd' || kind === 'entrypoint') && step.command.form === 'shell' && !hasShell)
      tell(
        'JSONArgsRecommended',
        `JSON arguments recommended for ${kind.toUpperCase()} to prevent unintended behavior related to OS signals`,
        range,
      );
  }
}
