import { defineCommand } from '../command.ts';
import { deprecated, integer, string } from '../flags/flag.ts';
import { eachTarget } from '../container/each-target.ts';

export const command = stoppingCommand('stop', 'Stop one or more running containers');
export const restart = stoppingCommand('restart', 'Restart one or more containers');

/** `stop` and `restart`: the same but for what becomes of the containers. */
function stoppingCommand(action: 'stop' | 'restart', summary: string) {
  return defineCommand({
    usage: '[OPTIONS] CONTAINER [CONTAINER...]',
    summary,
    aliases: [`container ${action}`, action],
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
        await client.post(`/containers/${target}/${action}`, {
          query: { signal: values.signal || undefined, t },
        });
        return `${target}\n`;
      }),
  });
}
