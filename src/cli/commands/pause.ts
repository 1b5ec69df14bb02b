import { defineCommand } from '../command.ts';
import { eachTarget } from '../container/each-target.ts';

export const command = pausingCommand('pause', 'Pause all processes within one or more containers');
export const unpause = pausingCommand('unpause', 'Unpause all processes within one or more containers');

function pausingCommand(action: 'pause' | 'unpause', summary: string) {
  return defineCommand({
    usage: 'CONTAINER [CONTAINER...]',
    summary,
    aliases: [`container ${action}`, action],
    flags: {},
    arguments: { min: 1 },
    run: (context, { args }) =>
      eachTarget(context, args, async (client, target) => {
        await client.post(`/containers/${target}/${action}`);
        return `${target}\n`;
      }),
  });
}
