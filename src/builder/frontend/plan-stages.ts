import { DockerfileError, type LineRange } from '../../dockerfile/dockerfile-error.ts';
import type { Dockerfile, Stage, StageStep } from '../../dockerfile/instruction.ts';
import { parseRunMount } from '../../dockerfile/run-mount.ts';
import { expandWord } from '../../dockerfile/shell-lexer.ts';
import { suggestion } from '../../dockerfile/suggest.ts';
import { EngineError, messageOf } from '../../base/errors.ts';
import { parseReference } from '../../oci/reference.ts';
import { Scope, type ScopeOptions } from './scope.ts';

const FROM_HINT =
  'variable expansion is not supported for --from, define a new stage with FROM using ARG from global scope as a workaround';

/** What a stage is made from. */
export type Base =
  | { kind: 'scratch' }
  | { kind: 'image'; reference: string }
  | { kind: 'stage'; stage: PlannedStage };

export type PlannedStage = {
  index: number;
  stage: Stage;
  base: Base;
  /** Platform of the image that it begins with; '' for the build's. */
  platform: string;
  /** Stages that its steps take files from. */
  uses: PlannedStage[];
};

export type Plan = {
  stages: PlannedStage[];
  target: PlannedStage;
  /** Those that the target needs, itself included, in the order of the Dockerfile. */
  needed: PlannedStage[];
  globals: Scope;
};

export type PlanOptions = ScopeOptions & {
  target: string;
  /** Names that the client has given something else for: they mean no stage. */
  contexts?: ReadonlySet<string>;
};

/**
 * Finds out which stages a build needs, and what each is made from.
 * @throws DockerfileError for bases that cannot be, and for cycles; EngineError invalid-parameter for the target
 */
export function planStages(
  dockerfile: Dockerfile,
  { target, contexts = new Set(), ...options }: PlanOptions,
): Plan {
  const globals = new Scope(options);
  for (const arg of dockerfile.globalArgs) located(arg.range, () => globals.declare(arg, globals.args));
  const stages: PlannedStage[] = [];
  for (const [index, stage] of dockerfile.stages.entries()) {
    const variables = {
      get: (name: string) => globals.args.get(name) ?? options.inherited.get(name),
    };
    const expand = (text: string) =>
      located(stage.range, () => expandWord(text, variables, { escape: options.escape }));
    const name = expand(stage.base);
    if (name === '') {
      const message = `base name (${stage.base}) should not be blank`;
      throw new DockerfileError(`${message}${undeclaredHint(stage.base, dockerfile)}`, stage.range);
    }
    const platform = expand(stage.platform);
    if (stage.platform !== '' && platform === '') {
      const declared = [...options.inherited.keys(), ...globals.args.keys()];
      const hint = suggestion(stage.platform.replace(/^\$\{?|\}$/g, ''), declared);
      throw new DockerfileError(`empty platform value from expression ${stage.platform}${hint}`, stage.range);
    }
    stages.push({
      index,
      stage,
      base: located(stage.range, () => baseOf(name, contexts.has(name) ? [] : stages)),
      platform,
      uses: [],
    });
  }
  // What stages that are not needed take is of no interest, be it there or not.
  const usesOf = (planned: PlannedStage): PlannedStage[] =>
    planned.stage.steps.flatMap(step =>
      usedNames(step)
        .filter(name => !contexts.has(name))
        .flatMap(name => usedStage(stages, planned, { name, range: step.range }) ?? []),
    );
  const chosen = findTarget(stages, target);
  return { stages, target: chosen, needed: neededFor(chosen, usesOf), globals };
}

/** What ONBUILD brings into a stage may take files from stages before it only. @throws DockerfileError */
export function checkUses({ stages }: Plan, planned: PlannedStage, steps: readonly StageStep[]): void {
  for (const step of steps)
    for (const name of usedNames(step)) usedStage(stages, planned, { name, range: step.range });
}

/** An ARG that a stage declares is not known to FROM. */
function undeclaredHint(base: string, { stages }: Dockerfile): string {
  const declared = stages.flatMap(({ steps }) =>
    steps.flatMap(step => (step.kind === 'arg' ? step.args.map(({ name }) => name) : [])),
  );
  const name = declared.find(each => base.includes(`$${each}`) || base.includes(`{${each}`));
  return name === undefined
    ? ''
    : `: ARG ${name} is declared inside a stage, and FROM only knows those in front of it`;
}

function baseOf(name: string, earlier: readonly PlannedStage[]): Base {
  const stage = earlier.findLast(({ stage }) => stage.name !== '' && stage.name === name);
  if (stage !== undefined) return { kind: 'stage', stage };
  if (name === 'scratch') return { kind: 'scratch' };
  checkName(name);
  return { kind: 'image', reference: name };
}

/** @throws EngineError invalid-parameter */
function checkName(name: string): void {
  try {
    parseReference(name);
  } catch (cause) {
    const message = `failed to parse stage name ${JSON.stringify(name)}: ${messageOf(cause)}`;
    throw new EngineError('invalid-parameter', message, { cause });
  }
}

/** By name or number; undefined where it is something else's name. */
export function findStage(stages: readonly PlannedStage[], name: string): PlannedStage | undefined {
  if (/^\d{1,9}$/.test(name)) return stages[Number(name)];
  return stages.findLast(({ stage }) => stage.name !== '' && stage.name === name.toLowerCase());
}

/** Files are taken from stages that stand before. @throws DockerfileError */
function usedStage(
  stages: readonly PlannedStage[],
  { index, stage }: PlannedStage,
  { name, range }: { name: string; range: LineRange },
): PlannedStage | undefined {
  const found = findStage(stages, name);
  if (found === undefined || found.index < index) return found;
  const own = stage.name || String(index);
  const message = `cannot copy from stage ${JSON.stringify(name)}, it needs to be defined before current stage ${JSON.stringify(own)}`;
  throw new DockerfileError(message, range);
}

function findTarget(stages: readonly PlannedStage[], target: string): PlannedStage {
  const found = target === '' ? stages.at(-1) : findStage(stages, target);
  if (found !== undefined) return found;
  const names = stages.map(({ stage }) => stage.name).filter(Boolean);
  throw new EngineError(
    'invalid-parameter',
    `target stage ${JSON.stringify(target)} could not be found${suggestion(target, names)}`,
  );
}

/** Names after `--from=` and `from=`, as far as they are known before anything is built. */
function usedNames(step: StageStep): string[] {
  if (step.kind === 'copy' && step.from.includes('$')) throw new DockerfileError(FROM_HINT, step.range);
  if (step.kind === 'copy') return step.from === '' ? [] : [step.from];
  if (step.kind !== 'run') return [];
  return step.mounts.flatMap(mount => {
    try {
      return parseRunMount(mount, value => value).from || [];
    } catch {
      // It is told of when its variables are known.
      return [];
    }
  });
}

/** Each takes only from those before it, so that the way ends. */
function neededFor(target: PlannedStage, usesOf: (stage: PlannedStage) => PlannedStage[]): PlannedStage[] {
  const needed = new Set<PlannedStage>();
  const waiting = [target];
  for (let stage = waiting.pop(); stage !== undefined; stage = waiting.pop()) {
    if (needed.has(stage)) continue;
    needed.add(stage);
    stage.uses = usesOf(stage);
    if (stage.base.kind === 'stage') waiting.push(stage.base.stage);
    waiting.push(...stage.uses);
  }
  return [...needed].sort((a, b) => a.index - b.index);
}

/** What goes wrong in it belongs to these lines. */
function located<T>(range: { start: number; end: number }, task: () => T): T {
  try {
    return task();
  } catch (error) {
    if (error instanceof DockerfileError || !(error instanceof EngineError)) throw error;
    throw new DockerfileError(error.message, range, { kind: error.kind, cause: error });
  }
}
