import { decodeJson, encodeJson } from '../../base/exact-json.ts';
import { closeSync, openSync, readFileSync, readSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EngineError, errorCode } from '../../base/errors.ts';
import type { CgroupPaths } from '../../cgroups/cgroup-paths.ts';
import type { Spec } from '../../oci/runtime-spec.ts';
import { PROTOCOL_VERSION, SPOKEN_PROTOCOLS } from '../../libcontainer/wire.ts';
import type { ExitStatus } from '../driver.ts';
import type { Scope } from './systemd/scope.ts';

/** What a later daemon needs to know of a container: `container.json` in its state directory. */
export type ContainerState = {
  /** What its shim speaks; of those that are written, 1 where it is missing. */
  protocol?: number;
  spec: Spec;
  cgroupPaths: CgroupPaths;
  /** Whether its processes ask the shim before they open anything. */
  asksForFiles?: boolean;
  /** systemd made its cgroup, as a unit. */
  scope?: Scope;
};

/** Length of the file's first line, which the shim writes (EXIT_LINE_BYTES of shim/shim.h). */
const EXIT_LINE_BYTES = 96;
const NO_EXIT = `${' '.repeat(EXIT_LINE_BYTES - 1)}\n`;

export function writeContainerState(stateDir: string, state: ContainerState): void {
  writeFileSync(
    join(stateDir, 'container.json'),
    NO_EXIT + encodeJson({ ...state, protocol: PROTOCOL_VERSION } satisfies ContainerState),
    { mode: 0o600 },
  );
}

/** @throws EngineError not-found, also when it was not written to its end; what reading throws otherwise */
export function readContainerState(stateDir: string): ContainerState {
  try {
    const text = readFileSync(join(stateDir, 'container.json'), 'utf8');
    return decodeJson(text.startsWith('{') ? text : text.slice(EXIT_LINE_BYTES)) as ContainerState;
  } catch (error) {
    if (!(error instanceof SyntaxError) && errorCode(error) !== 'ENOENT') throw error;
    throw new EngineError('not-found', `no container in ${stateDir}`, { cause: error });
  }
}

/**
 * That the container's shim, which lives, is understood.
 * @throws EngineError conflict
 */
export function checkProtocol(id: string, { protocol = 1 }: ContainerState): void {
  if (SPOKEN_PROTOCOLS.includes(protocol)) return;
  throw new EngineError(
    'conflict',
    `container ${id} is held by a shim of another version of Slipway (it speaks protocol ${protocol}, this version ${SPOKEN_PROTOCOLS.join(', ')})`,
    { hint: 'Start that version again, and stop the container there.' },
  );
}

/** What the shim noted when the init ended: `code oom-killed nanoseconds`. */
export function readExit(stateDir: string): ExitStatus | undefined {
  const line = readStart(join(stateDir, 'container.json')) ?? '';
  return parseExit(line.endsWith('\n') ? line : '') ?? parseExit(readStart(join(stateDir, 'exit')) ?? '');
}

function parseExit(line: string): ExitStatus | undefined {
  const match = /^(\d+) ([01]) (\d+) *$/m.exec(line);
  if (match === null) return undefined;
  const [, code, oomKilled, at = ''] = match;
  return { code: Number(code), oomKilled: oomKilled === '1', exitedAtNs: BigInt(at) };
}

/** Undefined when it cannot be read. */
function readStart(path: string): string | undefined {
  try {
    const file = openSync(path, 'r');
    try {
      const start = Buffer.alloc(EXIT_LINE_BYTES);
      return start.toString('latin1', 0, readSync(file, start));
    } finally {
      closeSync(file);
    }
  } catch {
    return undefined;
  }
}
