import type { CgroupOverview } from '../../api/cgroups.ts';
import { defineCommand } from '../command.ts';
import { hierarchiesText } from '../format/cgroup-text.ts';

export const command = defineCommand({
  usage: '',
  summary: "List the machine's cgroup hierarchies, their controllers, and what they lack",
  flags: {},
  arguments: { min: 0, max: 0 },
  async run(context) {
    const client = await context.client();
    context.stdout.write(hierarchiesText(await client.get<CgroupOverview>('/slipway/cgroups')));
  },
});
