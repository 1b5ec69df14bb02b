import type { ContainerCgroup } from '../../api/cgroups.ts';
import { defineCommand } from '../command.ts';
import { containerCgroupText } from '../format/cgroup-text.ts';

export const command = defineCommand({
  usage: 'CONTAINER',
  summary: "Show a container's cgroup in each hierarchy, its limits and its processes",
  flags: {},
  arguments: { min: 1, max: 1 },
  async run(context, { args: [container = ''] }) {
    const client = await context.client();
    const cgroup = await client.get<ContainerCgroup>(`/slipway/containers/${container}/cgroup`);
    context.stdout.write(containerCgroupText(cgroup));
  },
});
