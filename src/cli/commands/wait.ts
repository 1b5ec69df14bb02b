import type { ContainerWaitResponse } from '../../api/types.ts';
import { defineCommand } from '../command.ts';
import { eachTarget } from '../container/each-target.ts';

export const command = defineCommand({
  usage: 'CONTAINER [CONTAINER...]',
  summary: 'Block until one or more containers stop, then print their exit codes',
  aliases: ['container wait', 'wait'],
  flags: {},
  arguments: { min: 1 },
  run: (context, { args }) =>
    eachTarget(context, args, async (client, target) => {
      const { StatusCode } = await client.post<ContainerWaitResponse>(`/containers/${target}/wait`);
      return `${StatusCode}\n`;
    }),
});
