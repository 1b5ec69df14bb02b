import { boolean, list, object, text, texts } from './config-values.ts';

/** Rules of dockerd's that are of sizes, and what they are called here. */
const SIZES = {
  keepStorage: 'keep-storage',
  reservedSpace: 'reserved-space',
  maxUsedSpace: 'max-used-space',
  minFreeSpace: 'min-free-space',
};
const DEFAULTS = ['defaultKeepStorage', 'defaultReservedSpace', 'defaultMaxUsedSpace', 'defaultMinFreeSpace'];

/** The keys of `builder.gc` as those of flags. @throws Error that names the key */
export function flatBuilder({ builder, ...content }: Record<string, unknown>): Record<string, unknown> {
  if (builder === undefined || builder === null) return content;
  const { gc, ...others } = object(builder, 'builder');
  // What asks for something else stays what it is: there is a warning.
  const rest = Object.keys(others).length === 0 ? {} : { builder: others };
  if (gc === undefined || gc === null) return { ...content, ...rest };
  return { ...content, ...rest, ...flagsOf(object(gc, 'builder.gc')) };
}

function flagsOf({
  enabled = true,
  policy = [],
  ...defaults
}: Record<string, unknown>): Record<string, unknown> {
  if (!boolean(enabled, 'builder.gc.enabled')) return { 'build-cache-limit': '0' };
  const unknown = Object.keys(defaults).filter(key => !DEFAULTS.includes(key));
  if (unknown.length > 0) throw new Error(`builder.gc has no key ${unknown.join(', ')}`);
  const [keep = '', reserved = '', limit = '', free = ''] = DEFAULTS.map(key =>
    text(defaults[key] ?? '', `builder.gc.${key}`),
  );
  const rules = list(ruleOf)(policy, 'builder.gc.policy');
  if (rules.length > 0) return { 'build-cache-policies': rules };
  // Before there were others, what is kept was the limit.
  const flags = { 'build-cache-limit': limit || keep || reserved, 'build-cache-min-free': free };
  return Object.fromEntries(Object.entries(flags).filter(([, value]) => value !== ''));
}

/** A rule as {@link parseCachePolicy} reads it. */
function ruleOf(value: unknown, key: string): string {
  const { all = false, filter = [], ...sizes } = object(value, key);
  const parts = boolean(all, `${key}.all`) ? ['all'] : [];
  for (const [name, size] of Object.entries(sizes)) {
    const flag = Object.hasOwn(SIZES, name) ? SIZES[name as keyof typeof SIZES] : undefined;
    if (flag === undefined) throw new Error(`${key} has no key ${name}`);
    const wanted = text(size, `${key}.${name}`);
    if (wanted !== '') parts.push(`${flag}=${wanted}`);
  }
  return [...parts, ...texts(filter, `${key}.filter`)].join(',');
}
