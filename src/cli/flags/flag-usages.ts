import type { FlagTable } from './flag.ts';

/** The `Options:` lines of `--help`, sorted, wrapped to `columns` as pflag does it. */
export function flagUsages(table: FlagTable, columns: number): string {
  const lines = Object.entries(table)
    .filter(([, flag]) => flag.hidden !== true)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, flag]) => {
      const short = flag.short === '' ? '    ' : `-${flag.short}, `;
      const kind = flag.kind === '' ? '' : ` ${flag.kind}`;
      const fallback = flag.defaultText === undefined ? '' : ` (default ${flag.defaultText})`;
      return { left: `  ${short}--${name}${kind}`, right: `${flag.usage}${fallback}` };
    });
  const width = Math.max(0, ...lines.map(line => line.left.length)) + 3;
  return lines.map(line => `${line.left.padEnd(width)}${wrap(line.right, width, columns)}\n`).join('');
}

/** A line may be up to this much longer than the limit, rather than leaving a short last line. */
const SLOP = 5;

function wrap(text: string, indent: number, columns: number): string {
  const narrow = columns - indent < 24;
  const margin = narrow ? 16 : indent;
  const newline = `\n${' '.repeat(margin)}`;
  const limit = columns - margin - SLOP;
  const lines: string[] = [];
  for (let rest = text; rest !== ''; ) {
    const cut = breakPoint(rest, limit);
    lines.push(rest.slice(0, cut).replaceAll('\n', newline));
    rest = rest.slice(cut + 1);
  }
  return (narrow ? newline : '') + lines.join(newline);
}

function breakPoint(text: string, limit: number): number {
  if (limit + SLOP > text.length) return text.length;
  const head = text.slice(0, limit);
  const space = Math.max(head.lastIndexOf(' '), head.lastIndexOf('\n'));
  if (space <= 0) return text.length;
  const line = head.lastIndexOf('\n');
  return line > 0 ? line : space;
}
