import { defineCommand } from '../command.ts';
import { pruneNetworks } from '../container/prune.ts';
import { bool } from '../flags/flag.ts';
import { filterFlag } from '../flags/filter-flag.ts';
import { confirm } from '../streams/confirm.ts';

export const command = defineCommand({
  usage: '[OPTIONS]',
  summary: 'Remove all unused networks',
  flags: {
    filter: filterFlag('', 'Provide filter values (e.g. "until=<timestamp>")'),
    force: bool('f', 'Do not prompt for confirmation'),
  },
  arguments: { min: 0, max: 0 },
  async run(context, { values }) {
    const warning = 'This will remove all custom networks not used by at least one container.';
    if (!values.force) await confirm(context, warning);
    const { text } = await pruneNetworks(context, values.filter);
    if (text !== '') context.stdout.write(`${text}\n`);
  },
});
