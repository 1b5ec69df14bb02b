import { defineCommand } from '../command.ts';
import { eachTarget } from '../container/each-target.ts';
import { bool } from '../flags/flag.ts';

export const command = defineCommand({
  usage: '[OPTIONS] VOLUME [VOLUME...]',
  summary: 'Remove one or more volumes',
  description: 'Remove one or more volumes. A volume in use by a container cannot be removed.',
  aliases: ['volume rm', 'volume remove'],
  flags: { force: bool('f', 'Force the removal of one or more volumes') },
  arguments: { min: 1 },
  run: (context, { values, args }) =>
    eachTarget(context, args, async (client, target) => {
      await client.delete(`/volumes/${target}`, { query: { force: values.force || undefined } });
      return `${target}\n`;
    }),
});
