import { decodeJson, encodeJson } from '../../base/exact-json.ts';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EngineError, errorCode } from '../../base/errors.ts';
import type { CgroupPaths } from '../../cgroups/cgroup-paths.ts';
import type { Spec } from '../../libcontainer/spec.ts';
import { PROTOCOL_VERSION, SPOKEN_PROTOCOLS } from '../../libcontainer/wire.ts';
import type { ExitStatus } from '../driver.ts';

/** What a later daemon needs to know of a container: `container.json` in its state directory. */
export type ContainerState = { spec: Spec; cgroupPaths: CgroupPaths };

/** `protocol`: what the container's shim speaks; 1 where it is not written down. */
type StoredState = ContainerState & { protocol?: number };

export function writeContainerState(stateDir: string, state: ContainerState): void {
  writeFileSync(
    join(stateDir, 'container.json'),
    encodeJson({ ...state, protocol: PROTOCOL_VERSION } satisfies StoredState),
    { mode: 0o600 },
  );
}

/** @throws EngineError not-found, also when it was not written to its end; what reading throws otherwise */
export function readContainerState(stateDir: string): StoredState {
  try {
    return decodeJson(readFileSync(join(stateDir, 'container.json'), 'utf8')) as StoredState;
  } catch (error) {
    if (!(error instanceof SyntaxError) && errorCode(error) !== 'ENOENT') throw error;
    throw new EngineError('not-found', `no container in ${stateDir}`, { cause: error });
  }
}

/**
 * That the container's shim, which lives, is understood.
 * @throws EngineError conflict
 */
export function checkProtocol(id: string, { protocol = 1 }: StoredState): void {
  if (SPOKEN_PROTOCOLS.includes(protocol)) return;
  throw new EngineError(
    'conflict',
    `container ${id} is held by a shim of another version of Slipway (it speaks protocol ${protocol}, this version ${SPOKEN_PROTOCOLS.join(', ')})`,
    { hint: 'Start that version again, and stop the container there.' },
  );
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
