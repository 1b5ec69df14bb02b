import { defineCommand } from '../command.ts';
import { printPruned, pruneImages } from '../container/prune.ts';
import { bool } from '../flags/flag.ts';
import { filterFlag } from '../flags/filter-flag.ts';
import { confirm } from '../streams/confirm.ts';

export const command = defineCommand({
  usage: '[OPTIONS]',
  summary: 'Remove unused images',
  flags: {
    all: bool('a', 'Remove all unused images, not just dangling ones'),
    filter: filterFlag('', 'Provide filter values (e.g. "until=<timestamp>")'),
    force: bool('f', 'Do not prompt for confirmation'),
  },
  arguments: { min: 0, max: 0 },
  async run(context, { values }) {
    const what = values.all
      ? 'all images without at least one container associated to them.'
      : 'all dangling images.';
    if (!values.force) await confirm(context, `This will remove ${what}`);
    printPruned(context, await pruneImages(context, values.filter, values.all));
  },
});
