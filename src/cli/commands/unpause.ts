import { defineCommand } from '../command.ts';
import { eachTarget } from '../container/each-target.ts';

export const command = defineCommand({
  usage: 'CONTAINER [CONTAINER...]',
  summary: 'Unpause all processes within one or more containers',
  aliases: ['container unpause', 'unpause'],
  flags: {},
  arguments: { min: 1 },
  run: (context, { args }) =>
    eachTarget(context, args, async (client, target) => {
      await client.post(`/containers/${target}/unpause`);
      return `${target}\n`;
    }),
});
