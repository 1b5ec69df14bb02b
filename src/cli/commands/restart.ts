import { defineCommand } from '../command.ts';
import { eachTarget } from '../container/each-target.ts';
import { deprecated, integer, string } from '../flags/flag.ts';

export const command = defineCommand({
  usage: '[OPTIONS] CONTAINER [CONTAINER...]',
  summary: 'Restart one or more containers',
  aliases: ['container restart', 'restart'],
  flags: {
    signal: string('s', 'Signal to send to the container'),
    timeout: integer('t', 'Seconds to wait before killing the container'),
    time: deprecated(
      { ...integer('', 'Seconds to wait before killing the container'), aliasOf: 'timeout' },
      'use --timeout instead',
    ),
  },
  arguments: { min: 1 },
  run: (context, { values, changed, args }) =>
    eachTarget(context, args, async (client, target) => {
      const t = changed.has('timeout') ? values.timeout : undefined;
      await client.post(`/containers/${target}/restart`, {
        query: { signal: values.signal || undefined, t },
      });
      return `${target}\n`;
    }),
});
