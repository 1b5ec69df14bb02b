import { EngineError } from '../../../base/errors.ts';
import { lookupTable } from '../../../base/lookup-table.ts';

/** Each name, and the flag that it sets or clears: of several for the same flag the last one counts. */
const FLAGS = lookupTable<string>(
  Object.fromEntries(
    [
      ['ro', 'rw'],
      ['nosuid', 'suid'],
      ['nodev', 'dev'],
      ['noexec', 'exec'],
      ['sync', 'async'],
      ['dirsync'],
      ['remount'],
      ['mand', 'nomand'],
      ['atime', 'noatime'],
      ['diratime', 'nodiratime'],
      ['bind'],
      ['rbind'],
      ['relatime', 'norelatime'],
      ['strictatime', 'nostrictatime'],
      ['private', 'rprivate', 'shared', 'rshared', 'slave', 'rslave', 'unbindable', 'runbindable'],
    ].flatMap(group => group.map(name => [name, group[0]!])),
  ),
);

const KEYS = new Set(['size', 'mode', 'uid', 'gid', 'nr_inodes', 'nr_blocks', 'mpol']);

/** The kernel takes no more than a page. */
const MAX_LENGTH = 4096;

/** Always set, unless the options say otherwise. */
const DEFAULTS = ['noexec', 'nosuid', 'nodev', 'rprivate'];

/**
 * The mount options of a `--tmpfs` or a tmpfs mount: Docker's defaults and those given, the last of several
 * for the same thing.
 * @throws EngineError invalid-parameter
 */
export function tmpfsMountOptions(options: readonly string[]): string[] {
  if (options.reduce((sum, { length }) => sum + length + 1, 0) > MAX_LENGTH)
    throw new EngineError('invalid-parameter', 'invalid tmpfs options: too long');
  const seen = new Set<string>();
  const kept: string[] = [];
  for (const option of [...DEFAULTS, ...options].reverse()) {
    if (option === 'defaults' || option === '') continue;
    const end = option.indexOf('=');
    const subject =
      FLAGS[option] ?? (end > 0 && KEYS.has(option.slice(0, end)) ? option.slice(0, end) : undefined);
    if (subject === undefined)
      throw new EngineError('invalid-parameter', `invalid tmpfs option ${JSON.stringify(option)}`);
    if (!seen.has(subject)) kept.unshift(option);
    seen.add(subject);
  }
  return kept;
}
