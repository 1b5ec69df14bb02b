import { chmodSync, mkdtempSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { TimeSlice } from '../base/time-slice.ts';
import type { Dockerfile } from '../dockerfile/instruction.ts';
import type { Platform } from '../oci/platform.ts';
import type { BuilderParts } from './builder-parts.ts';
import type { BuildRequest } from './build-request.ts';
import type { Plan, PlannedStage } from './frontend/plan-stages.ts';
import type { Report, Vertex } from './progress.ts';
import type { StageState } from './stage-state.ts';

/** One build under way: what its stages share. */
export type Build = {
  parts: BuilderParts;
  request: BuildRequest;
  dockerfile: Dockerfile;
  plan: Plan;
  /** This machine's platform. */
  buildPlatform: Platform;
  /** SOURCE_DATE_EPOCH as ISO 8601. */
  epoch: string | undefined;
  report: Report;
  signal: AbortSignal;
  /** Steps that only change the configuration wait for nothing, and there may be thousands. */
  slice: TimeSlice;
  /** Runs when the build is over, whatever its end. */
  undo: AsyncDisposableStack;
  /** The end of a stage, which is built when it is first asked for. */
  stage(planned: PlannedStage): Promise<StageState>;
  /** The end of an image that steps take files from. */
  image(reference: string, platform: Platform): Promise<StageState>;
  /** What the build is made from. */
  materials: Material[];
  /** How a step is called. */
  vertices: Vertices;
};

/** Something that went into a build, as a URL that says what it is, and its digest by the algorithm. */
export type Material = { uri: string; digest: Record<string, string> };

export type Vertices = { of(key: object): Vertex };

/** A directory of the build's own, which goes after it. */
export function temporaryDirectory({ parts, undo }: Pick<Build, 'parts' | 'undo'>): string {
  const root = join(parts.root, 'tmp');
  const directory = mkdtempSync(join(root, 'build-'));
  // It may become a directory of the image. Nobody gets at it, as nobody gets into the root.
  chmodSync(directory, 0o755);
  // Nobody waits for it: a context has tens of thousands of files.
  undo.defer(() =>
    parts.removals.begin(parts.threads.run({ kind: 'remove', root, name: basename(directory) })),
  );
  return directory;
}
