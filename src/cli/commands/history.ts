import { shortId } from '../../base/short-id.ts';
import { defineCommand } from '../command.ts';
import { bool, string } from '../flags/flag.ts';
import { formatFlag } from '../flags/format-flag.ts';
import { ellipsis } from '../format/ellipsis.ts';
import { rowPrinter, type RowType } from '../format/write-rows.ts';
import { formatHumanDuration } from '../values/duration.ts';
import { platformQuery } from '../values/platform.ts';
import { formatSize } from '../values/size.ts';

type HistoryItem = { Id: string; Created: number; CreatedBy: string; Size: number; Comment: string };

const CREATED_BY_WIDTH = 45;

export const command = defineCommand({
  usage: '[OPTIONS] IMAGE',
  summary: 'Show the history of an image',
  aliases: ['image history', 'history'],
  flags: {
    format: formatFlag(),
    human: bool('H', 'Print sizes and dates in human readable format', true),
    'no-trunc': bool('', "Don't truncate output"),
    platform: string('', 'Show history for the given platform (os[/arch[/variant]])'),
    quiet: bool('q', 'Only show image IDs'),
  },
  arguments: { min: 1, max: 1 },
  async run(context, { values, args }) {
    const rows = historyRows({ truncate: !values['no-trunc'], human: values.human });
    const print = rowPrinter(rows, listFormat(values));
    const platform = platformQuery(values.platform);
    const client = await context.client();
    const items = await client.get<HistoryItem[]>(`/images/${args[0]}/history`, {
      query: { platform },
    });
    context.stdout.write(print(items));
  },
});

function listFormat(values: { quiet: boolean; human: boolean; format: string }): string {
  if (values.format !== '' && values.format !== 'table') return values.format;
  if (values.quiet) return '{{.ID}}';
  const created = values.human ? 'CreatedSince' : 'CreatedAt';
  return `table {{.ID}}\\t{{.${created}}}\\t{{.CreatedBy}}\\t{{.Size}}\\t{{.Comment}}`;
}

function historyRows({ truncate, human }: { truncate: boolean; human: boolean }): RowType<HistoryItem> {
  const header = {
    ID: 'IMAGE',
    CreatedSince: 'CREATED',
    CreatedAt: 'CREATED AT',
    CreatedBy: 'CREATED BY',
    Size: 'SIZE',
    Comment: 'COMMENT',
  };
  const fields = (item: HistoryItem) => {
    const createdAt = () => new Date(item.Created * 1000).toISOString().replace('.000Z', 'Z');
    const createdBy = item.CreatedBy.replaceAll('\t', ' ');
    return {
      ID: () => (truncate ? shortId(item.Id) : item.Id),
      CreatedAt: createdAt,
      CreatedSince: () =>
        human ? `${formatHumanDuration(Date.now() - item.Created * 1000)} ago` : createdAt(),
      CreatedBy: () => (truncate ? ellipsis(createdBy, CREATED_BY_WIDTH) : createdBy),
      Size: () => (human ? formatSize(item.Size, 3) : String(item.Size)),
      Comment: () => item.Comment,
    };
  };
  return { typeName: 'history', header, fields };
}
