import { messageOf } from '../base/errors.ts';
import { applyConfig, variablesOf } from '../dockerfile/apply-config.ts';
import { DockerfileError, type LineRange } from '../dockerfile/dockerfile-error.ts';
import type { ArgInstruction, ConfigInstruction, StageStep, Written } from '../dockerfile/instruction.ts';
import { parseDockerfile } from '../dockerfile/parse-dockerfile.ts';
import { expandWord } from '../dockerfile/shell-lexer.ts';
import { EngineError } from '../base/errors.ts';
import { digestOf } from '../base/digest.ts';
import { parsePlatform } from '../oci/parse-platform.ts';
import { formatPlatform } from '../oci/platform.ts';
import type { Explanation } from './progress.ts';
import type { Build } from './build.ts';
import type { Outcome } from './builder-parts.ts';
import { createdBy } from './frontend/describe-step.ts';
import { checkUses, type PlannedStage } from './frontend/plan-stages.ts';
import { platformArgs, Scope } from './frontend/scope.ts';
import { ClippedLog } from './clipped-log.ts';
import type { RunOutput } from './solver/shared-runs.ts';
import type { ContainerDefaults } from '../oci/image-config.ts';
import {
  type Dialect,
  imageConfigOf,
  initialState,
  isNothing,
  type StageState,
  withStep,
} from './stage-state.ts';
import { namedContext } from './contexts/named-context.ts';
import { contextState } from './steps/find-source.ts';
import { runStep } from './steps/run-step.ts';
import { stepVariables, type StepVariables } from './steps/step-variables.ts';
import { transferStep } from './steps/transfer-step.ts';
import { workdirStep } from './steps/workdir-step.ts';

/** Carries out the steps of one stage. @throws DockerfileError with the lines of the step that failed */
export async function buildStage(whole: Build, planned: PlannedStage): Promise<StageState> {
  const build = forStage(whole, planned);
  // Those that it takes files from are begun at once, so that they go on at the same time.
  for (const used of planned.uses) void build.stage(used).catch(() => undefined);
  let state = await begin(build, planned);
  const { escape } = build.dockerfile;
  const scope = new Scope({
    escape,
    buildArgs: build.request.buildArgs,
    inherited: new Map([
      ...platformArgs(build.buildPlatform, build.request.platform, build.request.target),
      ...build.plan.globals.args,
    ]),
  });
  const triggers = triggersOf(state).map(trigger => ({ ...trigger, range: planned.stage.range }));
  checkUses(build.plan, planned, triggers);
  // What the base wants to be done in a build on top of it is done once.
  if (planned.base.kind !== 'scratch')
    state = { ...state, config: withoutTriggers(state.config, build.request.dialect) };
  for (const step of [...triggers, ...planned.stage.steps])
    state = await carryOut(build, step, { state, scope, planned });
  return state;
}

/** As its cache may be used for this stage. */
function forStage(build: Build, { stage }: PlannedStage): Build {
  const { request } = build;
  const name = stage.name.toLowerCase();
  if (name === '' || !request.uncachedStages.some(each => each.toLowerCase() === name)) return build;
  return { ...build, request: { ...request, noCache: true } };
}

async function begin(build: Build, { stage, base, platform }: PlannedStage): Promise<StageState> {
  return reported(build, stage, stage.range, async () => {
    const { dialect } = build.request;
    const wanted = platform === '' ? build.request.platform : parsePlatform(platform);
    if (base.kind === 'scratch') return { state: initialState(undefined, wanted, dialect), cached: false };
    const named = namedContext(build.request, nameOf(base), wanted);
    if (named !== undefined) return { state: await contextState(build, named, wanted), cached: false };
    if (base.kind === 'image') return { state: await build.image(base.reference, wanted), cached: false };
    const state = await build.stage(base.stage);
    return { state: { ...state, hasCommand: false }, cached: false };
  });
}

function nameOf(base: Exclude<PlannedStage['base'], { kind: 'scratch' }>): string {
  return base.kind === 'image' ? base.reference : base.stage.stage.name;
}

function withoutNulls(config: ContainerDefaults): ContainerDefaults {
  const kept = { ...config };
  if (kept.Cmd === null) delete kept.Cmd;
  if (kept.Entrypoint === null) delete kept.Entrypoint;
  return kept;
}

function withoutCommand(config: ContainerDefaults, dialect: Dialect): ContainerDefaults {
  const { Cmd: _command, ...others } = config;
  return dialect === 'classic' ? { ...config, Cmd: null } : others;
}

/** The classic builder says that there are none, BuildKit nothing. */
function withoutTriggers(config: ContainerDefaults, dialect: Dialect): ContainerDefaults {
  const { OnBuild: _triggers, ...others } = config;
  return dialect === 'classic' ? { ...config, OnBuild: null } : others;
}

/** @throws DockerfileError for what is no instruction */
function triggersOf({ config }: StageState): StageStep[] {
  return (config.OnBuild ?? []).flatMap(
    trigger => parseDockerfile(`FROM scratch\n${trigger}`).stages[0]?.steps ?? [],
  );
}

type Place = { state: StageState; scope: Scope; planned: PlannedStage };

function carryOut(build: Build, step: StageStep, { state, scope, planned }: Place): Promise<StageState> {
  build.signal.throwIfAborted();
  return reported(build, step, step.range, async say => {
    const performed = await perform(build, step, { state, scope, say });
    const { outcome } = performed;
    if (outcome === undefined) return performed;
    return { ...performed, explanation: explained(build, step, { planned, outcome }) };
  });
}

/** Never fails: that something can be told of a step is not what the build is about. */
function explained(
  { parts: { records }, request }: Build,
  step: StageStep,
  { planned, outcome }: { planned: PlannedStage; outcome: Outcome },
): Explanation {
  const { operation, cached } = outcome;
  const { kind, key, inputs } = operation;
  const { stage, index } = planned;
  const place = {
    project: request.project,
    stage: `${stage.name || index} ${formatPlatform(request.platform)}`,
    instruction: step.original,
    place: stage.steps.indexOf(step),
  };
  let reason = request.noCache ? 'the cache is not used' : '';
  try {
    if (!cached && reason === '') reason = records.reason(place, operation);
    records.record(place, operation);
  } catch (error) {
    reason ||= messageOf(error);
  }
  return { kind, key, inputs: Object.keys(inputs), reason: cached ? '' : reason };
}

type Performed = {
  state: StageState;
  cached: boolean;
  /** Of a step that is an operation. */
  outcome?: Outcome | undefined;
  explanation?: Explanation;
};

async function perform(
  build: Build,
  step: StageStep,
  { state, scope, say }: Omit<Place, 'planned'> & { say: (output: RunOutput) => void },
): Promise<Performed> {
  const variables = stepVariables(state);
  switch (step.kind) {
    case 'arg':
      return { state: finish(build, step, withArguments(build, step, { state, scope })), cached: false };
    case 'run': {
      const outcome = await runStep(build, state, step, { scope, say });
      return made(build, step, { state, outcome, variables, command: outcome.command });
    }
    case 'copy':
    case 'add':
      return made(build, step, {
        state,
        variables,
        outcome: await transferStep(build, state, step, variables),
      });
    case 'workdir': {
      const next = { ...state, config: configured(build, step, state) };
      return made(build, step, { state: next, variables, outcome: await workdirStep(build, next, step) });
    }
    case 'maintainer':
      return { state: finish(build, step, { ...state, author: step.maintainer }), cached: false };
    default: {
      const config = configured(build, step, state);
      const next = { ...state, config, hasCommand: state.hasCommand || step.kind === 'cmd' };
      if (step.kind === 'env') next.args = withoutNames(state.args, step, variables, build);
      // BuildKit leaves out what is nothing.
      if (build.request.dialect === 'buildkit') next.config = withoutNulls(next.config);
      // It says it of every command; it has no meaning here.
      if (step.kind === 'cmd' && build.request.dialect === 'buildkit')
        next.config = { ...next.config, ArgsEscaped: true };
      // An inherited command belongs to the entrypoint that it was written for.
      if (step.kind === 'entrypoint' && !state.hasCommand)
        next.config = withoutCommand(next.config, build.request.dialect);
      return { state: finish(build, step, next, { variables }), cached: false };
    }
  }
}

/** For the classic builder, the environment is stronger; for BuildKit, what was said last. */
function withArguments(
  { request: { dialect } }: Build,
  step: ArgInstruction,
  { state, scope }: Pick<Place, 'state' | 'scope'>,
): StageState {
  const env = variablesOf(state.config.Env);
  const fresh = [...scope.declare(step, stepVariables(state))];
  const args = new Map([
    ...state.args,
    ...fresh.filter(([name]) => dialect === 'buildkit' || !env.has(name)),
  ]);
  return { ...state, args, declared: new Set([...state.declared, ...step.args.map(({ name }) => name)]) };
}

/** What ENV sets is what its names mean from then on. */
function withoutNames(
  args: StageState['args'],
  { pairs }: Extract<ConfigInstruction, { kind: 'env' }>,
  variables: StepVariables,
  { dockerfile: { escape } }: Build,
): StageState['args'] {
  const names = new Set(pairs.map(({ name }) => expandWord(name, variables, { escape })));
  return new Map([...args].filter(([name]) => !names.has(name)));
}

function configured(build: Build, step: ConfigInstruction, state: StageState) {
  return applyConfig(state.config, step, {
    variables: stepVariables(state),
    escape: build.dockerfile.escape,
    emptyCommand: build.request.dialect === 'classic' ? 'none' : 'shell',
  });
}

type Made = Finished & { state: StageState };

function made(build: Build, step: StageStep, { state, ...finished }: Made): Performed {
  const { outcome } = finished;
  return { state: finish(build, step, state, finished), cached: outcome?.cached ?? false, outcome };
}

type Finished = {
  outcome?: Outcome | undefined;
  command?: readonly string[] | undefined;
  /** As they were before the step. */
  variables?: StepVariables;
};

function finish(
  { request, epoch, dockerfile: { escape } }: Build,
  step: StageStep,
  state: StageState,
  { outcome, command = [], variables = stepVariables(state) }: Finished = {},
): StageState {
  const { dialect } = request;
  // BuildKit has no line for them.
  if (step.kind === 'onbuild' && dialect === 'buildkit') return state;
  const text = createdBy({ step, state, command, dialect, variables, escape });
  return withStep(state, text, { layer: outcome?.layer, dialect, epoch });
}

/** What the engine reads of an image's configuration (oci/decode-image-config.ts); variables can make it grow fast. */
const MAX_CONFIG_BYTES = 4 * 1024 * 1024;

/** @throws EngineError invalid-parameter where no engine would read it */
function encodedConfig(state: StageState): string {
  const text = JSON.stringify(imageConfigOf(state));
  if (text.length <= MAX_CONFIG_BYTES) return text;
  throw new EngineError(
    'invalid-parameter',
    `the image's configuration is larger than ${MAX_CONFIG_BYTES} bytes`,
  );
}

/** Tells of a step's beginning, output and end; what goes wrong in it gets its lines. */
async function reported(
  build: Build,
  key: Written,
  range: LineRange,
  task: (say: (output: RunOutput) => void) => Promise<Performed>,
): Promise<StageState> {
  const vertex = build.vertices.of(key);
  build.report({ kind: 'started', vertex, atMs: Date.now() });
  const log = new ClippedLog(output => build.report({ kind: 'output', vertex, ...output, atMs: Date.now() }));
  try {
    const { state, cached, explanation } = await task(output => log.say(output)).finally(() => log.end());
    const imageId = isNothing(state) ? '' : digestOf(encodedConfig(state));
    build.report({ kind: 'completed', vertex, cached, imageId, explanation, atMs: Date.now() });
    if (build.slice.isOver) await build.slice.pause();
    return state;
  } catch (error) {
    build.report({ kind: 'failed', vertex, message: messageOf(error), atMs: Date.now() });
    if (build.signal.aborted || error instanceof DockerfileError) throw error;
    const kind = error instanceof EngineError ? error.kind : 'system';
    throw new DockerfileError(messageOf(error), range, { kind, cause: error });
  }
}
