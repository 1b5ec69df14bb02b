import { EngineError } from '../../../base/errors.ts';
import { TimeSlice } from '../../../base/time-slice.ts';
import type { ContainerDefaults } from '../../../oci/image-config.ts';

/** What a Dockerfile of instructions like these has at most; they are carried out on the main thread. */
const MAX_LENGTH = 64 * 1024;
const MAX_LINES = 256;

/**
 * A configuration with Dockerfile instructions applied, as `--change` of import and commit has them.
 * @throws EngineError invalid-parameter
 */
export async function applyChanges(
  config: ContainerDefaults,
  changes: readonly string[],
): Promise<ContainerDefaults> {
  const lines = changes.flatMap(change => change.split('\n')).map(line => line.trim());
  const length = lines.reduce((sum, line) => sum + line.length, 0);
  if (lines.length > MAX_LINES || length > MAX_LENGTH)
    throw new EngineError('invalid-parameter', 'too many changes');
  if (lines.length === 0) return config;
  // Few have any: the language is loaded with the first of them.
  const { applyChange } = await import('./apply-change.ts');
  let result = config;
  let hasCommand = false;
  const slice = new TimeSlice();
  for (const line of lines) {
    if (slice.isOver) await slice.pause();
    const { config: changed, kind } = applyChange(result, line);
    if (kind === 'cmd') hasCommand = true;
    // A command that was there before belongs to the entrypoint that it was written for.
    result = kind === 'entrypoint' && !hasCommand ? { ...changed, Cmd: null } : changed;
  }
  return result;
}
