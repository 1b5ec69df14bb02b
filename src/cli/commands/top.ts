import type { ContainerTop } from '../../api/types.ts';
import { defineCommand } from '../command.ts';
import { alignColumns } from '../format/align-columns.ts';

export const command = defineCommand({
  usage: 'CONTAINER [ps OPTIONS]',
  summary: 'Display the running processes of a container',
  aliases: ['container top', 'top'],
  flags: {},
  arguments: { min: 1 },
  interspersed: false,
  async run(context, { args: [container = '', ...psArgs] }) {
    const client = await context.client();
    const query = { ps_args: psArgs.join(' ') || undefined };
    const { Titles, Processes } = await client.get<ContainerTop>(`/containers/${container}/top`, { query });
    const lines = [Titles, ...Processes].map(cells => `${cells.join('\t')}\n`);
    context.stdout.write(alignColumns(lines.join(''), { minWidth: 20 }));
  },
});
