import type { ImageSummary } from '../../api/types.ts';
import { defineCommand } from '../command.ts';
import { bool } from '../flags/flag.ts';
import { filterFlag, filtersQuery } from '../flags/filter-flag.ts';
import { formatFlag } from '../flags/format-flag.ts';
import { IMAGE_DIGEST_TABLE, IMAGE_TABLE, imageRows, nameImages } from '../format/image-rows.ts';
import { rowPrinter } from '../format/write-rows.ts';

export const command = defineCommand({
  usage: '[OPTIONS] [REPOSITORY[:TAG]]',
  summary: 'List images',
  aliases: ['image ls', 'image list', 'images'],
  flags: {
    all: bool('a', 'Show all images (default hides intermediate images)'),
    digests: bool('', 'Show digests'),
    filter: filterFlag('f', 'Filter output based on conditions provided'),
    format: formatFlag(),
    'no-trunc': bool('', "Don't truncate output"),
    quiet: bool('q', 'Only show image IDs'),
  },
  arguments: { min: 0, max: 1 },
  async run(context, { values, args: [name] }) {
    const print = rowPrinter(imageRows({ truncate: !values['no-trunc'] }), listFormat(values));
    const client = await context.client();
    const filters =
      name === undefined ? values.filter : { ...values.filter, reference: { [name]: true as const } };
    const query = { all: values.all || undefined, filters: filtersQuery(filters) };
    const images = await client.get<ImageSummary[]>('/images/json', { query });
    const digests = values.digests || /\.Digest\b/.test(values.format);
    context.stdout.write(print(nameImages(images, digests)));
  },
});

function listFormat(values: { quiet: boolean; digests: boolean; format: string }): string {
  if (values.quiet) return '{{.ID}}';
  if (values.format !== '' && values.format !== 'table') return values.format;
  return values.digests ? IMAGE_DIGEST_TABLE : IMAGE_TABLE;
}
