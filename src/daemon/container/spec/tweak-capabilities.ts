import type { CompletedHostConfig } from '../../model/host-config.ts';
import { EngineError } from '../../../base/errors.ts';
import { DEFAULT_CAPABILITIES, normalCapability } from '../../../libcontainer/capabilities.ts';

/**
 * The capabilities of a container by `--cap-add`, `--cap-drop` and `--privileged`.
 * @param available what the engine itself has: `ALL` means these
 * @throws EngineError invalid-parameter, in Docker's words
 */
export function tweakCapabilities(
  { CapAdd, CapDrop, Privileged }: Pick<CompletedHostConfig, 'CapAdd' | 'CapDrop' | 'Privileged'>,
  available: readonly string[],
): string[] {
  if (Privileged) return [...available];
  const added = CapAdd.map(name => checked(name, available));
  const dropped = new Set(CapDrop.map(name => checked(name, available)));
  if (added.includes('ALL')) return available.filter(name => !dropped.has(name));
  if (dropped.has('ALL')) return unique(added);
  return unique([...DEFAULT_CAPABILITIES.filter(name => !dropped.has(name)), ...added]);
}

const unique = (names: string[]) => [...new Set(names)];

function checked(name: string, available: readonly string[]): string {
  const normal = normalCapability(name);
  const shown = JSON.stringify(name.toUpperCase().replace(/^(CAP_)?/, 'CAP_'));
  if (normal === undefined) throw new EngineError('invalid-parameter', `unknown capability: ${shown}`);
  if (normal !== 'ALL' && !available.includes(normal))
    throw new EngineError(
      'invalid-parameter',
      `capability not supported by your kernel or not available in the current environment: ${shown}`,
    );
  return normal;
}
