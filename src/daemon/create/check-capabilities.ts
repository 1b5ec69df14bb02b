import { ALL_CAPABILITIES } from '../../libcontainer/capabilities.ts';
import { invalid } from '../errors.ts';

const CAPABILITIES = new Set(ALL_CAPABILITIES);

/**
 * The names in the kernel's form, `CAP_NET_ADMIN`, or `ALL`; as Docker keeps them.
 * @throws EngineError invalid-parameter; `field` is CapAdd or CapDrop
 */
export function checkCapabilities(
  field: string,
  names: readonly string[] | null | undefined,
): string[] | null {
  if (!names?.length) return null;
  return names.map(given => {
    const name = given.toUpperCase().replace(/^CAP_/, '');
    if (name === 'ALL') return 'ALL';
    if (!CAPABILITIES.has(`CAP_${name}`))
      throw invalid(`invalid ${field}: unknown capability: "CAP_${name}"`);
    return `CAP_${name}`;
  });
}
