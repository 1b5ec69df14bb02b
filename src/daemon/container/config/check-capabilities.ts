import type { FilledHostConfig } from '../../model/host-config.ts';
import { normalCapability } from '../../../libcontainer/capabilities.ts';
import { invalid } from '../../model/errors.ts';

/** @throws EngineError invalid-parameter for a name that is none, in Docker's words */
export function checkCapabilities({ CapAdd, CapDrop }: Pick<FilledHostConfig, 'CapAdd' | 'CapDrop'>): void {
  for (const [field, names] of Object.entries({ CapAdd, CapDrop }))
    for (const name of names)
      if (normalCapability(name) === undefined)
        throw invalid(`invalid ${field}: unknown capability: "${shown(name)}"`);
}

function shown(name: string): string {
  return name.toUpperCase().replace(/^(CAP_)?/, 'CAP_');
}
