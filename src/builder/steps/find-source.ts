import { EngineError } from '../../base/errors.ts';
import type { Platform } from '../../oci/platform.ts';
import type { Build } from '../build.ts';
import type { BuildContext, ReceivedFiles } from '../build-request.ts';
import { namedContext } from '../contexts/named-context.ts';
import { findStage } from '../frontend/plan-stages.ts';
import { copyFiles, plainCopy } from '../operations/copy-files.ts';
import type { SourceTree } from '../operations/source-tree.ts';
import { initialState, type StageState } from '../stage-state.ts';

/**
 * What `--from=NAME` means: a stage, a named context, an image; '' for the build's own context.
 * @throws EngineError not-found
 */
export async function sourceTree(build: Build, from: string, platform: Platform): Promise<SourceTree> {
  const { request, plan } = build;
  if (from === '') return contextTree(build, request.context, platform);
  const named = namedContext(request, from, platform);
  if (named !== undefined) return contextTree(build, named, platform);
  const stage = findStage(plan.stages, from);
  if (stage !== undefined) return { kind: 'layer', top: (await build.stage(stage)).top };
  if (/^\d+$/.test(from)) throw new EngineError('invalid-parameter', `invalid stage index ${from}`);
  return { kind: 'layer', top: (await build.image(from, platform)).top };
}

async function contextTree(
  build: Build,
  context: BuildContext | undefined,
  platform: Platform,
): Promise<SourceTree> {
  if (context === undefined)
    throw new EngineError('invalid-parameter', 'there is no build context to copy files from');
  if (context.kind === 'directory') return { kind: 'directory', ...(await context.open()) };
  return { kind: 'layer', top: (await contextState(build, context, platform)).top };
}

/** A context as what a stage begins with: an image, what another build has come to, or a directory's files. */
export async function contextState(
  build: Build,
  context: BuildContext,
  platform: Platform,
): Promise<StageState> {
  switch (context.kind) {
    case 'image':
      return build.image(context.reference, platform);
    case 'result':
      return { ...context.stateFor(platform), args: new Map(), declared: new Set(), hasCommand: false };
    case 'layout':
      return initialState(await context.open(platform), platform, build.request.dialect);
    case 'directory':
      return directoryState(build, await context.open(), platform);
  }
}

async function directoryState(
  { parts, request: { dialect, noCache } }: Build,
  files: ReceivedFiles,
  platform: Platform,
): Promise<StageState> {
  const { layer } = await copyFiles(parts, {
    top: undefined,
    parts: [{ source: { kind: 'directory', ...files }, copy: plainCopy('/', '/') }],
    description: 'named context',
    noCache,
  });
  const state = initialState(undefined, platform, dialect);
  return { ...state, layers: [layer], top: layer.chainId };
}
