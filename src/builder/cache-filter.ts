import type { BuildCacheEntry } from '../api/classic-build.ts';
import { compilePattern } from '../base/go/pattern.ts';
import { EngineError, messageOf } from '../base/errors.ts';

type Condition = (entry: BuildCacheEntry) => boolean;

/** A field's value, and whether the entry has it. */
const FIELDS: Record<string, (entry: BuildCacheEntry) => { value: string; isThere: boolean }> = {
  id: ({ ID }) => ({ value: ID, isThere: ID !== '' }),
  type: ({ Type }) => ({ value: Type, isThere: Type !== '' }),
  description: ({ Description }) => ({ value: Description, isThere: Description !== '' }),
  inuse: ({ InUse }) => ({ value: '', isThere: InUse }),
  mutable: () => ({ value: '', isThere: false }),
  immutable: () => ({ value: '', isThere: true }),
  shared: ({ Shared }) => ({ value: '', isThere: Shared }),
  private: ({ Shared }) => ({ value: '', isThere: !Shared }),
};

const MAX_LENGTH = 4096;

/**
 * Which entries of the cache are meant by filters of BuildKit's: by any of them, each of which may have several
 * conditions, between commas: `field`, `field==value`, `field!=value`, `field~=pattern`. Without filters all are, and by an
 * empty one, which buildx sends when it is given none. A field
 * that entries do not have is no error there: nothing is meant then.
 * @throws EngineError invalid-parameter for a filter that cannot be read
 */
export async function cacheFilter(filters: readonly string[]): Promise<Condition> {
  if (filters.length === 0) return () => true;
  if (filters.reduce((sum, { length }) => sum + length, 0) > MAX_LENGTH) throw invalid('too many filters');
  const alternatives = await Promise.all(
    filters.map(filter => Promise.all(filter.split(',').map(conditionOf))),
  );
  return entry => alternatives.some(conditions => conditions.every(holds => holds(entry)));
}

async function conditionOf(text: string): Promise<Condition> {
  if (text === '') return () => true;
  const [, field = '', operator = '', value = ''] = /^([^=!~]+)(?:(==|!=|~=)(.*))?$/s.exec(text) ?? [];
  if (field === '') throw invalid(`invalid filter ${JSON.stringify(text)}`);
  const read = Object.hasOwn(FIELDS, field) ? FIELDS[field] : undefined;
  if (read === undefined) return () => false;
  const matches = await matcherOf(operator, value);
  return entry => {
    const found = read(entry);
    return found.isThere && matches(found.value);
  };
}

async function matcherOf(operator: string, value: string): Promise<(found: string) => boolean> {
  if (operator === '==') return found => found === value;
  if (operator === '!=') return found => found !== value;
  if (operator === '~=')
    return compilePattern(value).catch(error => {
      throw invalid(messageOf(error));
    });
  return () => true;
}

function invalid(message: string): EngineError {
  return new EngineError('invalid-parameter', message);
}
