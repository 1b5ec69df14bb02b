import { defineCommand } from '../command.ts';
import {
  printPruned,
  pruneBuildCache,
  pruneContainers,
  pruneImages,
  pruneNetworks,
  pruneVolumes,
} from '../container/prune.ts';
import { bool } from '../flags/flag.ts';
import { type Filters, filterFlag } from '../flags/filter-flag.ts';
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
    const { all, filter, volumes } = values;
    if (volumes && filter.until !== undefined)
      throw new Error('ERROR: The "until" filter is not supported with "--volumes"');
    if (!values.force) await confirm(context, warningOf(values));
    const results = [await pruneContainers(context, filter), await pruneNetworks(context, filter)];
    if (volumes) results.push(await pruneVolumes(context, filter));
    results.push(await pruneImages(context, filter, all), await pruneBuildCache(context, filter, all));
    printPruned(context, ...results);
  },
});

function warningOf({ all, volumes, filter }: { all: boolean; volumes: boolean; filter: Filters }): string {
  const what = [
    'all stopped containers',
    'all networks not used by at least one container',
    ...(volumes ? ['all anonymous volumes not used by at least one container'] : []),
    all ? 'all images without at least one container associated to them' : 'all dangling images',
    all ? 'all build cache' : 'unused build cache',
  ];
  const conditions = Object.entries(filter).flatMap(([key, values]) =>
    Object.keys(values).map(value => `${key}=${value}`),
  );
  return `This will remove:\n${listOf(what)}${
    conditions.length === 0 ? '' : `\n  Items to be pruned will be filtered with:\n${listOf(conditions)}`
  }`;
}

function listOf(lines: readonly string[]): string {
  return lines.map(line => `  - ${line}\n`).join('');
}
