import { EngineError } from '../../base/errors.ts';
import type { Platform } from '../../oci/platform.ts';
import type { Build } from '../build.ts';
import type { BuildContext } from '../build-request.ts';
import { findStage } from '../frontend/plan-stages.ts';
import type { SourceTree } from '../operations/source-tree.ts';

/**
 * What `--from=NAME` means: a stage, a named context, an image; '' for the build's own context.
 * @throws EngineError not-found
 */
export async function sourceTree(build: Build, from: string, platform: Platform): Promise<SourceTree> {
  const { request, plan } = build;
  if (from === '') return contextTree(build, request.context, platform);
  const named = request.namedContexts.get(from);
  if (named !== undefined) return contextTree(build, named, platform);
  const stage = findStage(plan.stages, from);
  if (stage !== undefined) return { kind: 'layer', top: (await build.stage(stage)).top };
  if (/^\d+$/.test(from)) throw new EngineError('invalid-parameter', `invalid stage index: ${from}`);
  return { kind: 'layer', top: (await build.image(from, platform)).top };
}

async function contextTree(
  build: Build,
  context: BuildContext | undefined,
  platform: Platform,
): Promise<SourceTree> {
  if (context?.kind === 'directory') return { kind: 'directory', ...(await context.open()) };
  if (context?.kind === 'image')
    return { kind: 'layer', top: (await build.image(context.reference, platform)).top };
  throw new EngineError('invalid-parameter', 'there is no build context to copy files from');
}
