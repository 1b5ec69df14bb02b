import { capabilityMask, normalCapability } from '../libcontainer/capabilities.ts';
import type { Process } from '../oci/runtime-spec.ts';

/** Capabilities that the process will not have though its configuration lists them: with a warning, as config.md asks. */
export function warnCapabilities(
  { capabilities = {} }: Pick<Process, 'capabilities'>,
  warn: (message: string) => void,
): void {
  const all = Object.values(capabilities).flat();
  const unknown = [...new Set(all.filter(name => !normalCapability(name)))].toSorted();
  if (unknown.length > 0) warn(`ignoring unknown or unavailable capabilities: [${unknown.join(' ')}]`);
  const { inheritable, permitted, ambient = [] } = capabilities;
  const raisable = capabilityMask(inheritable) & capabilityMask(permitted);
  for (const name of ambient)
    if ((capabilityMask([name]) & ~raisable) !== 0n)
      warn(`can't raise ambient capability ${name}: operation not permitted`);
}
