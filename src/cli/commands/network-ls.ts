import type { NetworkInspect } from '../../api/types.ts';
import { shortId } from '../../base/short-id.ts';
import { defineCommand } from '../command.ts';
import { bool } from '../flags/flag.ts';
import { filterFlag, filtersQuery } from '../flags/filter-flag.ts';
import { formatFlag } from '../flags/format-flag.ts';
import { shownLabels } from '../format/container-rows.ts';
import { compareNaturally } from '../format/compare-naturally.ts';
import { rowPrinter, type RowType } from '../format/write-rows.ts';
import { own } from '../../base/own.ts';

export const command = defineCommand({
  usage: '[OPTIONS]',
  summary: 'List networks',
  aliases: ['network ls', 'network list'],
  flags: {
    filter: filterFlag('f', 'Provide filter values (e.g. "driver=bridge")'),
    format: formatFlag(),
    'no-trunc': bool('', 'Do not truncate the output'),
    quiet: bool('q', 'Only display network IDs'),
  },
  arguments: { min: 0, max: 0 },
  async run(context, { values }) {
    const print = rowPrinter(networkRows(!values['no-trunc']), listFormat(values));
    const client = await context.client();
    const networks = await client.get<NetworkInspect[]>('/networks', {
      query: { filters: filtersQuery(values.filter) },
    });
    networks.sort((a, b) => compareNaturally(a.Name, b.Name));
    context.stdout.write(print(networks));
  },
});

function listFormat({ format, quiet }: { format: string; quiet: boolean }): string {
  if (format !== '' && format !== 'table') return format;
  return quiet ? '{{.ID}}' : 'table {{.ID}}\\t{{.Name}}\\t{{.Driver}}\\t{{.Scope}}';
}

function networkRows(truncate: boolean): RowType<NetworkInspect> {
  const header = {
    ID: 'NETWORK ID',
    Name: 'NAME',
    Driver: 'DRIVER',
    Scope: 'SCOPE',
    IPv4: 'IPV4',
    IPv6: 'IPV6',
    Internal: 'INTERNAL',
    Labels: 'LABELS',
    CreatedAt: 'CREATED AT',
  };
  const fields = (network: NetworkInspect) => ({
    ID: () => (truncate ? shortId(network.Id) : network.Id),
    Name: () => network.Name,
    Driver: () => network.Driver,
    Scope: () => network.Scope,
    IPv4: () => String(network.EnableIPv4),
    IPv6: () => String(network.EnableIPv6),
    Internal: () => String(network.Internal),
    Labels: () => shownLabels(network.Labels),
    Label: (name: string) => own(network.Labels, name) ?? '',
    CreatedAt: () => goTime(network.Created),
  });
  return { typeName: 'network', header, fields };
}

/** `2026-11-22T06:07:31.5Z` as Go prints a time. */
function goTime(text: string): string {
  const [date = '', clock = ''] = text.split('T');
  return `${date} ${clock.replace('Z', ' +0000 UTC')}`;
}
