import { defineCommand } from '../command.ts';
import { parsePorts } from '../container/port-specs.ts';

export const command = defineCommand({
  usage: 'CONTAINER [HOST_IP:][HOST_PORT:]PRIVATE_PORT[/PROTO]...',
  summary: 'Publish ports of a container no more',
  description:
    'Publish ports of a container no more, written as for `run --publish`; without a host port, all that the container port ' +
    'is published at. Connections that are open go on.',
  flags: {},
  arguments: { min: 2 },
  async run(context, { args: [name = '', ...ports] }) {
    const client = await context.client();
    const { bindings } = parsePorts(ports, []);
    await client.post(`/slipway/containers/${name}/ports/remove`, { body: bindings });
  },
});
