import { defineCommand } from '../command.ts';
import { eachTarget } from '../container/each-target.ts';
import { string } from '../flags/flag.ts';

export const command = defineCommand({
  usage: '[OPTIONS] CONTAINER [CONTAINER...]',
  summary: 'Kill one or more running containers',
  aliases: ['container kill', 'kill'],
  flags: { signal: string('s', 'Signal to send to the container') },
  arguments: { min: 1 },
  run: (context, { values, args }) =>
    eachTarget(context, args, async (client, target) => {
      await client.post(`/containers/${target}/kill`, { query: { signal: values.signal || undefined } });
      return `${target}\n`;
    }),
});
