const BARS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/** A chart of one line: a bar for each value, from 0 to `top` (by default the largest of them, at least 1). */
export function sparkline(values: readonly number[], top = Math.max(1, ...values)): string {
  return values.map(value => barFor(value / top)).join('');
}

function barFor(share: number): string {
  const index = Math.floor(share * BARS.length);
  return BARS[Math.min(Math.max(index, 0), BARS.length - 1)]!;
}
