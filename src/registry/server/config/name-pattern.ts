import { EngineError } from '../../../base/errors.ts';

const MAXIMUM_LENGTH = 255;
const MAXIMUM_STARS = 8;

/**
 * A pattern for names of repositories, tags and users: `*` and `?` stop at slashes, `**` does not. The whole name must match.
 * @throws EngineError invalid-parameter for a pattern that nobody means
 */
function namePattern(pattern: string): (name: string) => boolean {
  const parts = pattern.match(/\*\*|[*?]|[^*?]+/g) ?? [];
  if (
    pattern === '' ||
    pattern.length > MAXIMUM_LENGTH ||
    parts.filter(part => part[0] === '*').length > MAXIMUM_STARS
  )
    throw new EngineError('invalid-parameter', `invalid pattern ${JSON.stringify(pattern.slice(0, 300))}`);
  const expression = new RegExp(`^${parts.map(expressionOf).join('')}$`, 's');
  return name => expression.test(name);
}

/** Whether a name matches any of them. */
export function namePatterns(patterns: readonly string[]): (name: string) => boolean {
  const matchers = patterns.map(namePattern);
  return name => matchers.some(matches => matches(name));
}

function expressionOf(part: string): string {
  if (part === '**') return '.*';
  if (part === '*') return '[^/]*';
  if (part === '?') return '[^/]';
  return RegExp.escape(part);
}
