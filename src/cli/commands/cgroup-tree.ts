import type { CgroupOverview } from '../../api/cgroups.ts';
import { defineCommand } from '../command.ts';
import { containersTree } from '../format/cgroup-text.ts';

export const command = defineCommand({
  usage: '',
  summary: 'Show containers in the tree of cgroups',
  flags: {},
  arguments: { min: 0, max: 0 },
  async run(context) {
    const client = await context.client();
    context.stdout.write(containersTree(await client.get<CgroupOverview>('/slipway/cgroups')));
  },
});
