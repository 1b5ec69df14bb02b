import type { ContainerSummary } from '../../api/types.ts';
import { defineCommand } from '../command.ts';
import { bool, integer } from '../flags/flag.ts';
import { filterFlag, filtersQuery } from '../flags/filter-flag.ts';
import { formatFlag } from '../flags/format-flag.ts';
import { CONTAINER_TABLE, containerRows } from '../format/container-rows.ts';
import { rowPrinter } from '../format/write-rows.ts';

export const command = defineCommand({
  usage: '[OPTIONS]',
  summary: 'List containers',
  aliases: ['container ls', 'container list', 'container ps', 'ps'],
  flags: {
    all: bool('a', 'Show all containers (default shows just running)'),
    filter: filterFlag('f', 'Filter output based on conditions provided'),
    format: formatFlag(),
    last: integer('n', 'Show n last created containers (includes all states)', -1),
    latest: bool('l', 'Show the latest created container (includes all states)'),
    'no-trunc': bool('', "Don't truncate output"),
    quiet: bool('q', 'Only display container IDs'),
    size: bool('s', 'Display total file sizes'),
  },
  arguments: { min: 0, max: 0 },
  async run(context, { values, changed }) {
    const print = rowPrinter(containerRows({ truncate: !values['no-trunc'] }), listFormat(values));
    const client = await context.client();
    const limit = values.latest && !changed.has('last') ? 1 : values.last;
    // `.Size` in a template is reason enough to have the daemon count.
    const size = values.size || /\.Size\b/.test(values.format);
    const query = {
      all: values.all || undefined,
      limit: limit > 0 ? limit : undefined,
      size: size || undefined,
      filters: filtersQuery(values.filter),
    };
    const containers = await client.get<ContainerSummary[]>('/containers/json', { query });
    context.stdout.write(print(containers));
  },
});

function listFormat(values: { quiet: boolean; size: boolean; format: string }): string {
  if (values.quiet) return '{{.ID}}';
  if (values.format !== '' && values.format !== 'table') return values.format;
  return values.size ? `${CONTAINER_TABLE}\\t{{.Size}}` : CONTAINER_TABLE;
}
