import { lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { join, posix } from 'node:path';
import { IgnorePatterns } from '../../../base/ignore-patterns.ts';
import { pathMatcher } from '../../../base/go/path-match.ts';

/** What of a directory is asked for: patterns of paths in it. */
export type Wanted = {
  include: readonly string[];
  exclude: readonly string[];
  /** Included, and what links among them lead to. */
  follow: readonly string[];
};

/** Which files of a directory are sent. */
export class Selection {
  readonly #included: IgnorePatterns | undefined;
  /** What included paths begin with, as far as it is no pattern. */
  readonly #beginnings: readonly string[];
  readonly #excluded: IgnorePatterns;

  /** @throws EngineError invalid-parameter for a malformed pattern */
  constructor(directory: string, { include, exclude, follow }: Wanted) {
    const included = [...include, ...(follow.length === 0 ? [] : followed(directory, follow))];
    this.#included = include.length + follow.length === 0 ? undefined : new IgnorePatterns(included);
    this.#beginnings = included.map(
      pattern => /^(?:[^*?[\\/]+(?:\/|$))*/.exec(pattern)?.[0].replace(/\/$/, '') ?? '',
    );
    this.#excluded = new IgnorePatterns(exclude);
  }

  has(path: string): boolean {
    return this.#included?.ignores(path) !== false && !this.#excluded.ignores(path);
  }

  /** Whether something below a directory that is not sent itself may be. */
  mayHaveBelow(directory: string): boolean {
    if (this.#excluded.ignores(directory) && !this.#excluded.mayKeepBelow(directory)) return false;
    return (
      this.#included === undefined ||
      this.#beginnings.some(path => path === '' || isWithin(path, directory) || isWithin(directory, path))
    );
  }
}

function isWithin(path: string, directory: string): boolean {
  return `${path}/`.startsWith(`${directory}/`);
}

const MAX_LINKS = 255;

/** The paths themselves, and each one that a link on the way to them leads to, as patterns. */
function followed(directory: string, paths: readonly string[]): string[] {
  const found = new Set<string>();
  const waiting = paths.map(path => posix.join('/', path).slice(1));
  for (let path = waiting.shift(); path !== undefined; path = waiting.shift()) {
    if (found.has(path) || found.size > MAX_LINKS * paths.length) continue;
    found.add(path);
    for (const { link, target } of linksOn(directory, path)) {
      found.add(link);
      waiting.push(target);
    }
  }
  // The directory itself is all that is in it.
  return [...found].map(path => path || '**');
}

/** The first link on each way, and where that leads, with what is behind it. */
function linksOn(directory: string, path: string): { link: string; target: string }[] {
  const parts = path.split('/');
  for (const [index, part] of parts.entries()) {
    const parent = parts.slice(0, index).join('/');
    if (/[*?[\\]/.test(part))
      return matchingNames(join(directory, parent), part).flatMap(name =>
        linksOn(directory, posix.join(parent, name, ...parts.slice(index + 1))),
      );
    const target = linkTarget(join(directory, parent, part));
    if (target === undefined) continue;
    const rest = parts.slice(index + 1);
    const place = target.startsWith('/') ? '' : parent;
    return [
      {
        link: posix.join(parent, part),
        target: posix.join('/', place, target, ...rest).slice(1),
      },
    ];
  }
  return [];
}

function matchingNames(directory: string, pattern: string): string[] {
  const matches = pathMatcher(pattern);
  try {
    return readdirSync(directory).filter(name => matches(name));
  } catch {
    return [];
  }
}

function linkTarget(path: string): string | undefined {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  return stat?.isSymbolicLink() ? readlinkSync(path) : undefined;
}
