import type { RetentionRule } from '../config/registry-config.ts';
import type { TagRow } from './sweep-records.ts';

/** The tags that a rule does not keep. A rule without conditions for tags keeps all of them. */
export function expiredTags(tags: readonly TagRow[], rule: RetentionRule, nowMs: number): TagRow[] {
  const { keepLast, keepTags, keepYoungerThanMs } = rule;
  if (keepLast === undefined && keepTags === undefined && keepYoungerThanMs === undefined) return [];
  const latestFirst = tags.toSorted((left, right) => right.updatedAtMs - left.updatedAtMs);
  return latestFirst.filter((tag, index) => {
    const isKept =
      (keepLast !== undefined && index < keepLast) ||
      (keepTags?.(tag.name) ?? false) ||
      (keepYoungerThanMs !== undefined && nowMs - tag.updatedAtMs < keepYoungerThanMs);
    return !isKept;
  });
}

/** The first rule for a repository. */
export function retentionRuleFor(
  rules: readonly RetentionRule[],
  repository: string,
): RetentionRule | undefined {
  return rules.find(({ repositories }) => repositories(repository));
}
