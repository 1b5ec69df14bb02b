import type { Volume } from '../../api/types.ts';
import { defineCommand } from '../command.ts';
import { bool } from '../flags/flag.ts';
import { filterFlag, filtersQuery } from '../flags/filter-flag.ts';
import { formatFlag } from '../flags/format-flag.ts';
import { compareNaturally } from '../format/compare-naturally.ts';
import { VOLUME_ROWS } from '../format/volume-rows.ts';
import { rowPrinter } from '../format/write-rows.ts';

export const command = defineCommand({
  usage: '[OPTIONS]',
  summary: 'List volumes',
  aliases: ['volume ls', 'volume list'],
  flags: {
    filter: filterFlag('f', 'Provide filter values (e.g. "dangling=true")'),
    format: formatFlag(),
    quiet: bool('q', 'Only display volume names'),
  },
  arguments: { min: 0, max: 0 },
  async run(context, { values }) {
    const print = rowPrinter(VOLUME_ROWS, listFormat(values));
    const client = await context.client();
    const query = { filters: filtersQuery(values.filter) };
    const { Volumes } = await client.get<{ Volumes: Volume[] | null }>('/volumes', { query });
    const volumes = (Volumes ?? []).sort((a, b) => compareNaturally(a.Name, b.Name));
    context.stdout.write(print(volumes));
  },
});

function listFormat({ format, quiet }: { format: string; quiet: boolean }): string {
  if (format !== '' && format !== 'table') return format;
  return quiet ? '{{.Name}}' : 'table {{.Driver}}\\t{{.Name}}';
}
