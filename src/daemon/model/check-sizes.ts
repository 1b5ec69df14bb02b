import { invalid } from './errors.ts';

/** Each entry is looked up, mounted, or written somewhere, at every start. */
export const MAX_ENTRIES = 1024;
/** Has a bound of its own. */
const EXCEPT = 'PortBindings';

/**
 * Checks how much there is in each list and each map of a part of a request: a HostConfig, say.
 * @throws EngineError invalid-parameter
 */
export function checkSizes(part: object): void {
  for (const [name, value] of Object.entries(part)) {
    if (typeof value !== 'object' || value === null || name === EXCEPT) continue;
    const { length } = Object.keys(value);
    if (length > MAX_ENTRIES) throw invalid(`${name} has ${length} entries, more than ${MAX_ENTRIES}`);
  }
}
