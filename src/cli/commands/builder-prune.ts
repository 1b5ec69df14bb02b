import { defineCommand } from '../command.ts';
import { printPruned, pruneBuildCache } from '../container/prune.ts';
import { bool } from '../flags/flag.ts';
import { filterFlag } from '../flags/filter-flag.ts';
import { confirm } from '../streams/confirm.ts';

export const command = defineCommand({
  usage: '',
  summary: 'Remove build cache',
  flags: {
    all: bool('a', 'Remove all unused build cache, not just dangling ones'),
    filter: filterFlag('', 'Provide filter values (e.g. "until=24h")'),
    force: bool('f', 'Do not prompt for confirmation'),
  },
  arguments: { min: 0, max: 0 },
  async run(context, { values: { all, filter, force } }) {
    if (!force) await confirm(context, 'This will remove all build cache.');
    printPruned(context, await pruneBuildCache(context, filter, all));
  },
});
