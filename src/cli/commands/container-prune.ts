import { defineCommand } from '../command.ts';
import { printPruned, pruneContainers } from '../container/prune.ts';
import { bool } from '../flags/flag.ts';
import { filterFlag } from '../flags/filter-flag.ts';
import { confirm } from '../streams/confirm.ts';

export const command = defineCommand({
  usage: '[OPTIONS]',
  summary: 'Remove all stopped containers',
  flags: {
    filter: filterFlag('', 'Provide filter values (e.g. "until=<timestamp>")'),
    force: bool('f', 'Do not prompt for confirmation'),
  },
  arguments: { min: 0, max: 0 },
  async run(context, { values }) {
    if (!values.force) await confirm(context, 'This will remove all stopped containers.');
    printPruned(context, await pruneContainers(context, values.filter));
  },
});
