import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EngineError } from '../../base/errors.ts';
import type { CgroupPaths } from '../../libcontainer/cgroups/plan-cgroups.ts';
import type { Spec } from '../../libcontainer/spec.ts';
import type { ExitStatus } from '../driver.ts';

/** What a later daemon needs to know of a container: `container.json` in its state directory. */
export type ContainerState = { spec: Spec; cgroupPaths: CgroupPaths };

export function writeContainerState(stateDir: string, state: ContainerState): void {
  writeFileSync(join(stateDir, 'container.json'), JSON.stringify(state), { mode: 0o600 });
}

/** @throws EngineError not-found */
export function readContainerState(stateDir: string): ContainerState {
  try {
    return JSON.parse(readFileSync(join(stateDir, 'container.json'), 'utf8')) as ContainerState;
  } catch (error) {
    throw new EngineError('not-found', `no container in ${stateDir}`, { cause: error });
  }
}

/** What the shim wrote when the init ended: `code oom-killed nanoseconds`. */
export function readExitFile(stateDir: string): ExitStatus | undefined {
  try {
    const [code, oomKilled, at] = readFileSync(join(stateDir, 'exit'), 'utf8').trim().split(' ');
    return { code: Number(code), oomKilled: oomKilled === '1', exitedAtNs: BigInt(at ?? 0) };
  } catch {
    return undefined;
  }
}
