const NS_PER_MS = 1_000_000n;
const RFC_3339 = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)$/;

/** A time of RFC 3339 as Go reads it, in nanoseconds since 1970; undefined for what is none. */
export function parseRfc3339(text: string): bigint | undefined {
  const [, time, fraction = '', zone] = RFC_3339.exec(text) ?? [];
  const ms = Date.parse(`${time}${zone}`);
  if (Number.isNaN(ms)) return undefined;
  return BigInt(ms) * NS_PER_MS + BigInt(fraction.slice(0, 9).padEnd(9, '0'));
}
