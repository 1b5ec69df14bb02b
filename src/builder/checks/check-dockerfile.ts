import { EngineError } from '../../base/errors.ts';
import { IgnorePatterns } from '../../base/ignore-patterns.ts';
import { DockerfileError } from '../../dockerfile/dockerfile-error.ts';
import type { Dockerfile } from '../../dockerfile/instruction.ts';
import { parseDockerfile } from '../../dockerfile/parse-dockerfile.ts';
import { parseInstruction } from '../../dockerfile/parse-instruction.ts';
import { readLines } from '../../dockerfile/read-lines.ts';
import { hostPlatform, type Platform } from '../../oci/platform.ts';
import { type PlannedStage, planStages } from '../frontend/plan-stages.ts';
import { platformArgs } from '../frontend/scope.ts';
import { checkOptions, type RuleName, type Warning } from './rules.ts';
import { checkStages } from './stage-checks.ts';
import { checkStatements } from './statement-checks.ts';
import { checkVariables, type KnownNames } from './variable-checks.ts';

export type CheckRequest = {
  dockerfile: string;
  target: string;
  buildArgs: ReadonlyMap<string, string>;
  platform: Platform;
  /** Names of contexts that take the place of stages. */
  contexts: ReadonlySet<string>;
  /** Variables that an image sets, as far as the image is known: `NAME=value`. */
  environmentOf(reference: string, platform: Platform): Promise<readonly string[] | undefined>;
  /** Patterns of the context's .dockerignore. */
  ignored: readonly string[];
};

export type Checked = {
  warnings: Warning[];
  /** Why it cannot be built, as far as that is known before anything is. */
  error: DockerfileError | undefined;
  /** Whether that is for the checks alone: for what they are told to do, or for what they have found. */
  isRefused: boolean;
};

/** What of the arguments of a build says how it is checked. */
const CHECK_ARGUMENT = 'BUILDKIT_DOCKERFILE_CHECK';

/**
 * Looks for what BuildKit's build checks find in a Dockerfile, without building anything.
 * @returns what it has found, in the order of lines; one that is no Dockerfile has an error
 */
export async function checkDockerfile(request: CheckRequest): Promise<Checked> {
  const warnings: Warning[] = [];
  let isRefused = false;
  try {
    const { statements, directives } = readLines(request.dockerfile);
    isRefused = true;
    const options = checkOptions(request.buildArgs.get(CHECK_ARGUMENT) ?? directives.check);
    isRefused = false;
    const tell = (rule: RuleName, detail: string, range: Warning['range']): void => {
      if (!options.isSkipped(rule)) warnings.push({ rule, detail, range });
    };
    const { escape } = directives;
    checkStatements(
      statements.map(statement => ({ statement, instruction: parseInstruction(statement, escape) })),
      tell,
    );
    const dockerfile = parseDockerfile(request.dockerfile);
    const predefined = declared(platformArgs(hostPlatform(), request.platform, request.target).keys());
    checkStages(dockerfile, predefined, tell);
    await checkNeeded(request, dockerfile, tell);
    const error = options.isError && warnings.length > 0 ? violation(warnings) : undefined;
    return { warnings: sorted(warnings), error, isRefused: error !== undefined };
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    const located =
      error instanceof DockerfileError ? error : new DockerfileError(error.message, { start: 1, end: 1 });
    return { warnings: sorted(warnings), error: located, isRefused };
  }
}

function sorted(warnings: readonly Warning[]): Warning[] {
  return warnings.toSorted((a, b) => a.range.start - b.range.start);
}

function declared(names: Iterable<string>): KnownNames {
  return new Map([...names].map(name => [name, true]));
}

function violation(warnings: readonly Warning[]): DockerfileError {
  const rules = [...new Set(warnings.map(({ rule }) => rule))].join(', ');
  const [{ range } = { range: { start: 1, end: 1 } }] = warnings;
  return new DockerfileError(`lint violation found for rules: ${rules}`, range);
}

type Tell = (rule: RuleName, detail: string, range: Warning['range']) => void;

/** What takes the stages that the target needs, and what they begin with. */
async function checkNeeded(request: CheckRequest, dockerfile: Dockerfile, tell: Tell): Promise<void> {
  const { escape } = dockerfile;
  const { buildArgs, platform, target, contexts } = request;
  const inherited = platformArgs(hostPlatform(), platform, target);
  const plan = planStages(dockerfile, { escape, buildArgs, inherited, target, contexts });
  const given = new Map([...inherited, ...plan.globals.args, ...buildArgs]);
  const ends = new Map<PlannedStage, { known: KnownNames | undefined; hasWorkdir: boolean }>();
  const ignored = new IgnorePatterns([...request.ignored]);
  for (const planned of plan.needed) {
    const start = await startOf(planned);
    let { known, hasWorkdir } = start;
    for (const step of planned.stage.steps) {
      if (known !== undefined) known = checkVariables(step, known, { escape, given, tell });
      if (step.kind === 'workdir') {
        if (!step.path.startsWith('/') && !step.path.includes('$') && !hasWorkdir)
          tell(
            'WorkdirRelativePath',
            `Relative workdir ${JSON.stringify(step.path)} can have unexpected results if the base image changes`,
            step.range,
          );
        hasWorkdir = true;
      }
      if ((step.kind === 'copy' && step.from === '') || step.kind === 'add')
        for (const source of step.sources)
          if (!/[*?[$]|:\/\//.test(source) && source !== '.' && ignored.ignores(source.replace(/^\/+/, '')))
            tell(
              'CopyIgnoredFile',
              `Attempting to Copy file ${JSON.stringify(source)} that is excluded by .dockerignore`,
              step.range,
            );
    }
    ends.set(planned, { known, hasWorkdir });
  }

  async function startOf({ base }: PlannedStage) {
    if (base.kind === 'stage') return ends.get(base.stage) ?? { known: declared([]), hasWorkdir: false };
    if (base.kind === 'scratch') return { known: declared(['PATH']), hasWorkdir: false };
    const environment = await request.environmentOf(base.reference, platform);
    const known = environment && declared(['PATH', ...environment.map(entry => entry.split('=')[0] ?? '')]);
    return { known, hasWorkdir: false };
  }
}
