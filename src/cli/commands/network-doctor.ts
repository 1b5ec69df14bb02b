import type { NetworkProblem } from '../../api/types.ts';
import { ExitError } from '../cli-error.ts';
import { defineCommand } from '../command.ts';

export const command = defineCommand({
  usage: '',
  summary: 'Tell what on the host keeps networks from working',
  description:
    'Look at what networks need of the host: forwarding, the engine’s firewall rules and those of others, bridges and ' +
    'parent interfaces. Nothing is changed; what can be done is told.\n\n' +
    'Exit status: 0 when all is well, 1 when something is not.',
  flags: {},
  arguments: { min: 0, max: 0 },
  async run(context) {
    const client = await context.client();
    const problems = await client.get<NetworkProblem[]>('/slipway/networks/problems');
    if (problems.length === 0) return void context.stdout.write('no problem found\n');
    for (const { Problem, Remedy } of problems) context.stdout.write(`${Problem}\n  remedy: ${Remedy}\n`);
    throw new ExitError(1);
  },
});
