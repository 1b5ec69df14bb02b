/** The first lines of a table of what is measured at one engine, or at two. */
export function formatHead(names: readonly string[]): string {
  const better = names.length > 1;
  const head = ['what', 'unit', ...names, ...(better ? ['better'] : [])];
  return `| ${head.join(' | ')} |\n|${'---|'.repeat(head.length)}`;
}

/** A row of it: "better" is the second's figure by the first's, of rates the first's by the second's. */
export function formatRow(what: string, unit: string, values: readonly number[]): string {
  const cells = values.map(value => value.toFixed(value < 10 ? 2 : value < 1000 ? 1 : 0));
  const [ours = Number.NaN, theirs] = values;
  const better = unit.endsWith('/s') ? ours / (theirs ?? Number.NaN) : (theirs ?? Number.NaN) / ours;
  return `| ${[what, unit, ...cells, ...(theirs === undefined ? [] : [`${better.toFixed(1)} ×`])].join(' | ')} |`;
}
