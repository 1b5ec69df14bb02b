import { defineCommand } from '../command.ts';
import { eachTarget } from '../container/each-target.ts';

export const command = defineCommand({
  usage: 'CONTAINER [CONTAINER...]',
  summary: 'Pause all processes within one or more containers',
  aliases: ['container pause', 'pause'],
  flags: {},
  arguments: { min: 1 },
  run: (context, { args }) =>
    eachTarget(context, args, async (client, target) => {
      await client.post(`/containers/${target}/pause`);
      return `${target}\n`;
    }),
});
