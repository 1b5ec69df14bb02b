import { utimesSync } from 'node:fs';
import type { Written } from '../../dockerfile/instruction.ts';
import { type Build, temporaryDirectory } from '../build.ts';
import type { Outcome } from '../builder-parts.ts';
import { copyFiles } from '../operations/copy-files.ts';
import { parseMode } from '../operations/parse-mode.ts';
import type { StageState } from '../stage-state.ts';
import { ownerOf } from './transfer-step.ts';

/** WORKDIR: the directory is made where it is missing, for the stage's user. Undefined for the root. */
export async function workdirStep(
  build: Build,
  { top, config }: StageState,
  step: Written,
): Promise<Outcome | undefined> {
  const { WorkingDir: destination = '/', User: user } = config;
  if (destination === '/') return undefined;
  const copy = {
    sources: ['/'],
    destination,
    parents: false,
    exclude: [],
    owner: user ? await ownerOf(build, top, user) : { uid: 0, gid: 0 },
    mode: parseMode('755'),
    link: false,
    createdNs: BigInt(build.epoch === undefined ? Date.now() : Date.parse(build.epoch)) * 1_000_000n,
  };
  const path = temporaryDirectory(build);
  if (build.epoch !== undefined) utimesSync(path, new Date(build.epoch), new Date(build.epoch));
  const source = { kind: 'directory', path, identity: 'empty' } as const;
  return copyFiles(build.parts, {
    top,
    parts: [{ source, copy }],
    description: step.original,
    noCache: build.request.noCache,
  });
}
