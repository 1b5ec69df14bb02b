import { defineCommand } from '../command.ts';
import { printPruned, pruneContainers, pruneImages, pruneVolumes } from '../container/prune.ts';
import { bool } from '../flags/flag.ts';
import { filterFlag } from '../flags/filter-flag.ts';
import { confirm } from '../streams/confirm.ts';

export const command = defineCommand({
  usage: '[OPTIONS]',
  summary: 'Remove unused data',
  flags: {
    all: bool('a', 'Remove all unused images not just dangling ones'),
    filter: filterFlag('', 'Provide filter values (e.g. "label=<key>=<value>")'),
    force: bool('f', 'Do not prompt for confirmation'),
    volumes: bool('', 'Prune anonymous volumes'),
  },
  arguments: { min: 0, max: 0 },
  async run(context, { values }) {
    if (!values.force) await confirm(context, warningOf(values));
    const results = [await pruneContainers(context, values.filter)];
    if (values.volumes) results.push(await pruneVolumes(context, values.filter));
    results.push(await pruneImages(context, values.filter, values.all));
    printPruned(context, ...results);
  },
});

function warningOf({ all, volumes }: { all: boolean; volumes: boolean }): string {
  const what = [
    'all stopped containers',
    ...(volumes ? ['all anonymous volumes not used by at least one container'] : []),
    all ? 'all images without at least one container associated to them' : 'all dangling images',
  ];
  return `This will remove:\n${what.map(line => `  - ${line}\n`).join('')}`;
}
