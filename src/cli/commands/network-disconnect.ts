import { defineCommand } from '../command.ts';
import { bool } from '../flags/flag.ts';

export const command = defineCommand({
  usage: '[OPTIONS] NETWORK CONTAINER',
  summary: 'Disconnect a container from a network',
  flags: { force: bool('f', 'Force the container to disconnect from a network') },
  arguments: { min: 2, max: 2 },
  async run(context, { values, args: [network = '', container = ''] }) {
    const client = await context.client();
    await client.post(`/networks/${network}/disconnect`, {
      body: { Container: container, Force: values.force },
    });
  },
});
