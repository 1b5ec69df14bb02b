import { defineCommand } from '../command.ts';
import { printPruned, pruneVolumes } from '../container/prune.ts';
import { bool } from '../flags/flag.ts';
import { filterFlag } from '../flags/filter-flag.ts';
import { confirm } from '../streams/confirm.ts';

export const command = defineCommand({
  usage: '[OPTIONS]',
  summary: 'Remove unused local volumes',
  flags: {
    all: bool('a', 'Remove all unused volumes, not just anonymous ones'),
    filter: filterFlag('', 'Provide filter values (e.g. "label=<label>")'),
    force: bool('f', 'Do not prompt for confirmation'),
  },
  arguments: { min: 0, max: 0 },
  async run(context, { values }) {
    const which = values.all ? 'all local volumes' : 'anonymous local volumes';
    const warning = `This will remove ${which} not used by at least one container.`;
    if (!values.force) await confirm(context, warning);
    const filters = values.all ? { ...values.filter, all: { true: true as const } } : values.filter;
    printPruned(context, await pruneVolumes(context, filters));
  },
});
