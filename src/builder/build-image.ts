import { TimeSlice } from '../base/time-slice.ts';
import { EngineError } from '../base/errors.ts';
import type { Dockerfile } from '../dockerfile/instruction.ts';
import { parseDockerfile } from '../dockerfile/parse-dockerfile.ts';
import type { Image } from '../graph/graph.ts';
import { hostPlatform, type Platform } from '../oci/platform.ts';
import type { BuilderParts } from './builder-parts.ts';
import type { BuildRequest } from './build-request.ts';
import type { Build, Material, Vertices } from './build.ts';
import { buildStage } from './build-stage.ts';
import { type Plan, type PlannedStage, planStages } from './frontend/plan-stages.ts';
import { platformArgs } from './frontend/scope.ts';
import type { Report, Vertex } from './progress.ts';
import { packageUrl } from '../oci/package-url.ts';
import { BuildCache } from './solver/build-cache.ts';
import { LazyLayers } from './solver/lazy-layers.ts';
import { imageConfigOf, initialState, isNothing, type StageState } from './stage-state.ts';

export type BuildOptions = {
  report: Report;
  signal: AbortSignal;
  /** Called once, before anything is built. */
  onPlan?: (steps: { globalArgs: readonly string[]; total: number }) => void;
};

/** What a build has come to, and what it is made of. */
export type Built = {
  state: StageState;
  /** The ends of all stages that were built. */
  stages: readonly StageState[];
  /** Images that it is from. */
  materials: readonly Material[];
  /** As the build itself used them: what an imported cache has promised is fetched when it is needed. */
  parts: BuilderParts & { cache: BuildCache; builds: LazyLayers };
};

/**
 * Builds the target of a Dockerfile, and what it needs. `use` gets its end while all of it is kept: to make an image of
 * it, or something else. Where a cache that was imported has not got what it told of, the build begins anew without it.
 * @throws DockerfileError with the lines that it is about; the signal's reason when it is aborted
 */
export async function withBuilt<T>(
  parts: BuilderParts,
  request: BuildRequest,
  options: BuildOptions,
  use: (built: Built) => Promise<T>,
): Promise<T> {
  const cache = new BuildCache(parts.cache, parts.builds, request.caches);
  using _active = parts.activity.begin();
  for (;;) {
    const { brokenCount } = cache;
    let isBuilt = false;
    const attempt = buildOnce({ ...parts, cache }, request, options, built => {
      isBuilt = true;
      return use(built);
    });
    try {
      return await attempt;
    } catch (error) {
      if (isBuilt || options.signal.aborted || cache.brokenCount === brokenCount) throw error;
    }
  }
}

async function buildOnce<T>(
  given: BuilderParts & { cache: BuildCache },
  request: BuildRequest,
  { report, signal: wanted, onPlan }: BuildOptions,
  use: (built: Built) => Promise<T>,
): Promise<T> {
  const dockerfile = parseDockerfile(request.dockerfile);
  checkSyntax(dockerfile);
  const plan = planOf(dockerfile, request);
  onPlan?.({
    globalArgs: dockerfile.globalArgs.map(({ original }) => original),
    total: stepCount(dockerfile, plan),
  });
  const failed = new AbortController();
  // Where one stage fails the others need not go on.
  const signal = AbortSignal.any([wanted, failed.signal]);
  const parts = { ...given, builds: new LazyLayers(given.builds, given.cache, signal) };
  await using undo = new AsyncDisposableStack();
  const build: Build = {
    parts,
    request,
    dockerfile,
    plan,
    buildPlatform: hostPlatform(),
    epoch: epochOf(request),
    report,
    signal,
    slice: new TimeSlice(),
    undo,
    stage: remembered(planned => buildStage(build, planned)),
    image: (reference, platform) => images(`${reference} ${JSON.stringify(platform)}`, reference, platform),
    materials: [],
    vertices: verticesOf(dockerfile, plan),
  };
  const known = new Map<string, Promise<StageState>>();
  const images = (key: string, reference: string, platform: Platform): Promise<StageState> => {
    const found = known.get(key) ?? openImage(build, reference, platform);
    known.set(key, found);
    return found;
  };
  const begun = plan.needed.map(stage => build.stage(stage));
  try {
    const stages = await Promise.all(begun);
    const state = await build.stage(plan.target);
    await parts.builds.fetch(state.top);
    return await use({ state, stages, parts, materials: build.materials });
  } catch (error) {
    failed.abort(error);
    throw error;
  } finally {
    await Promise.allSettled(begun);
  }
}

function planOf(dockerfile: Dockerfile, request: BuildRequest): Plan {
  const { buildArgs, platform, target } = request;
  const inherited = platformArgs(hostPlatform(), platform, target);
  const contexts = new Set(request.namedContexts.keys());
  return planStages(dockerfile, { escape: dockerfile.escape, buildArgs, inherited, target, contexts });
}

/** Builds, and makes an image of it with the request's names and labels. @returns it */
export function buildImage(
  parts: BuilderParts,
  request: BuildRequest,
  options: BuildOptions,
): Promise<Image> {
  const { tags } = request;
  return withBuilt(parts, request, options, async ({ state }) => {
    if (isNothing(state))
      throw new EngineError('invalid-parameter', 'No image was generated. Is your Dockerfile empty?');
    const stored = { tags, annotations: undefined };
    const { image, isNew } = await storeState(parts, finalState(request, state), stored);
    if (isNew) parts.onBuilt(image);
    for (const tag of tags) parts.onTagged(image, tag);
    return image;
  });
}

/** What was built, with what the request says of the image as a whole. */
export function finalState(request: BuildRequest, state: StageState): StageState {
  const labels = { ...state.config.Labels, ...request.labels };
  return Object.keys(labels).length === 0 ? state : { ...state, config: { ...state.config, Labels: labels } };
}

type Stored = { tags: readonly string[]; annotations: Record<string, string> | undefined };

/** Makes an image of a state. @returns it, and whether there was none of it; the caller tells of it */
export async function storeState(
  parts: BuilderParts,
  state: StageState,
  { tags, annotations }: Stored,
): Promise<{ image: Image; isNew: boolean }> {
  const { base, layers } = state;
  const { id, isNew } = await parts.builds.store({
    base,
    layers,
    config: imageConfigOf(state),
    references: tags,
    annotations,
  });
  return { image: await parts.resolve(id, state.platform), isNew };
}

function stepCount({ globalArgs }: Dockerfile, { needed }: Plan): number {
  return needed.reduce((sum, { stage }) => sum + 1 + stage.steps.length, globalArgs.length);
}

function checkSyntax({ syntax }: Dockerfile): void {
  const isOwn =
    syntax === undefined || /^(?:docker\.io\/)?docker\/dockerfile(?:-upstream)?(?:[:@].*)?$/.test(syntax);
  if (isOwn) return;
  throw new EngineError(
    'not-implemented',
    `the Dockerfile wants the front end ${syntax}, which cannot be run`,
  );
}

/** @throws EngineError invalid-parameter */
export function epochOf(
  { buildArgs }: BuildRequest,
  attributes: Readonly<Record<string, string>> = {},
): string | undefined {
  const text = attributes['source-date-epoch'] ?? buildArgs.get('SOURCE_DATE_EPOCH');
  if (text === undefined || text === '') return undefined;
  if (!/^\d{1,11}$/.test(text))
    throw new EngineError('invalid-parameter', `invalid SOURCE_DATE_EPOCH: ${text}`);
  return new Date(Number(text) * 1000).toISOString();
}

function remembered(task: (planned: PlannedStage) => Promise<StageState>): Build['stage'] {
  const known = new Map<PlannedStage, Promise<StageState>>();
  return planned => {
    const result = known.get(planned) ?? task(planned);
    known.set(planned, result);
    return result;
  };
}

async function openImage(build: Build, reference: string, platform: Platform): Promise<StageState> {
  const { parts, request } = build;
  const image = await findImage(build, reference, platform);
  build.undo.defer(parts.builds.hold(image));
  build.materials.push(materialOf(image, reference, platform));
  return initialState(image, platform, request.dialect);
}

/** An image that is here, or at its registry. @throws EngineError not-found; as a pull does */
export async function findImage(
  { parts, request, signal }: Pick<Build, 'parts' | 'request' | 'signal'>,
  reference: string,
  platform: Platform,
): Promise<Image> {
  const { credentials, pull } = request;
  if (pull) await parts.pull(reference, platform, { credentials, signal });
  try {
    return await parts.resolve(reference, platform);
  } catch (error) {
    if (!(error instanceof EngineError) || error.kind !== 'not-found' || pull) throw error;
    await parts.pull(reference, platform, { credentials, signal });
    return parts.resolve(reference, platform);
  }
}

/** One that is from a registry has that one's digest. */
function materialOf({ manifest, repoDigests }: Image, reference: string, platform: Platform): Material {
  const name = reference.replace(/@.*$/, '').replace(/:[^/:]*$/, '');
  const told = repoDigests.find(each => each.startsWith(`${name}@`)) ?? '';
  const sha256 = (told.split('@')[1] ?? manifest).replace('sha256:', '');
  return { uri: packageUrl(reference, platform), digest: { sha256 } };
}

/** Those of stages that are not needed are never asked for. */
function verticesOf(dockerfile: Dockerfile, { needed }: Plan): Vertices {
  const vertices = new Map<object, Vertex>();
  let index = dockerfile.globalArgs.length;
  for (const { stage, index: number } of needed) {
    const makers = stage.steps.filter(({ kind }) => MAKERS.includes(kind));
    const total = makers.length + 1;
    const label = stage.name || (needed.length > 1 ? `stage-${number}` : '');
    let made = 1;
    const add = (key: object, original: string, range: Vertex['range'], makesLayer: boolean): void => {
      const place = `[${label === '' ? '' : `${label} `}${made}/${total}]`;
      const id = `${number}:${index}`;
      vertices.set(key, {
        id,
        name: `${place} ${original}`,
        instruction: original,
        range,
        index: index++,
        makesLayer,
      });
    };
    add(stage, stage.original, stage.range, true);
    for (const step of stage.steps) {
      const makesLayer = MAKERS.includes(step.kind);
      if (makesLayer) made++;
      add(step, step.original, step.range, makesLayer);
    }
  }
  // Those of ONBUILD are not in the Dockerfile.
  const others = new WeakMap<object, Vertex>();
  return {
    of(key) {
      const known = vertices.get(key) ?? others.get(key);
      if (known !== undefined) return known;
      const instruction = (key as { original: string }).original;
      const own = index++;
      const vertex = {
        id: `onbuild:${own}`,
        name: instruction,
        instruction,
        range: undefined,
        index: own,
        makesLayer: true,
      };
      others.set(key, vertex);
      return vertex;
    },
  };
}

const MAKERS: readonly string[] = ['run', 'copy', 'add', 'workdir'];
