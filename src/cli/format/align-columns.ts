const MIN_WIDTH = 10;
const PADDING = 3;
const WIDE =
  /[\u1100-\u115F\u2E80-\u303E\u3041-\u33FF\u3400-\u4DBF\u4E00-\u9FFF\uA000-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6]|[\u{1F300}-\u{1FAFF}\u{20000}-\u{3FFFD}]/u;

/**
 * Aligns tab-separated cells as Go's tabwriter does (minimum width 10, padding 3): a column is a run of
 * consecutive lines that have a cell there with another after it; the last cell of a line is never padded.
 */
export function alignColumns(text: string, options: { minWidth?: number; padding?: number } = {}): string {
  const lines = text.split('\n').map(line => line.split('\t'));
  const widths = lines.map(() => [] as number[]);
  const { minWidth = MIN_WIDTH, padding = PADDING } = options;
  measure({ lines, widths, minWidth, padding }, 0, 0, lines.length);
  return lines
    .map((cells, row) => cells.map((cell, column) => padCell(cell, widths[row]?.[column])).join(''))
    .join('\n');
}

type Table = { lines: string[][]; widths: number[][]; minWidth: number; padding: number };

/** Finds the blocks of one column within a block of the column before it. */
function measure(table: Table, column: number, from: number, to: number): void {
  for (let start = from; start < to; ) {
    const has = (row: number) => (table.lines[row]?.length ?? 0) > column + 1;
    if (!has(start)) {
      start += 1;
      continue;
    }
    let end = start;
    while (end < to && has(end)) end += 1;
    const cells = table.lines.slice(start, end).map(cells => displayWidth(cells[column] ?? ''));
    const width = Math.max(table.minWidth, ...cells.map(cell => cell + table.padding));
    for (let row = start; row < end; row += 1) table.widths[row]?.push(width);
    measure(table, column + 1, start, end);
    start = end;
  }
}

function padCell(cell: string, width: number | undefined): string {
  return width === undefined ? cell : cell + ' '.repeat(Math.max(0, width - displayWidth(cell)));
}

function displayWidth(text: string): number {
  let width = 0;
  for (const character of text) width += WIDE.test(character) ? 2 : 1;
  return width;
}
