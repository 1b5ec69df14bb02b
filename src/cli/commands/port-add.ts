import { defineCommand } from '../command.ts';
import { parsePorts } from '../container/port-specs.ts';

export const command = defineCommand({
  usage: 'CONTAINER [HOST_IP:][HOST_PORT:]PRIVATE_PORT[/PROTO]...',
  summary: 'Publish further ports of a container',
  description:
    'Publish further ports of a container, written as for `run --publish`: at once when it runs, and whenever it is started.',
  flags: {},
  arguments: { min: 2 },
  async run(context, { args: [name = '', ...ports] }) {
    const client = await context.client();
    const { bindings } = parsePorts(ports, []);
    await client.post(`/slipway/containers/${name}/ports/add`, { body: bindings });
  },
});
