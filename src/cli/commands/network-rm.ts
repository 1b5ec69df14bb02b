import type { EngineClient } from '../../client/engine-client.ts';
import { ResponseError } from '../../client/response-error.ts';
import { ExitError } from '../cli-error.ts';
import { defineCommand } from '../command.ts';
import { describeError } from '../describe-error.ts';
import { bool } from '../flags/flag.ts';

export const command = defineCommand({
  usage: 'NETWORK [NETWORK...]',
  summary: 'Remove one or more networks',
  aliases: ['network rm', 'network remove'],
  flags: { force: bool('f', 'Do not error if the network does not exist') },
  arguments: { min: 1 },
  async run(context, { values, args }) {
    const client = await context.client();
    const failures: string[] = [];
    for (const network of args) {
      try {
        await remove(client, network);
        context.stdout.write(`${network}\n`);
      } catch (error) {
        const isMissing = error instanceof ResponseError && error.status === 404;
        if (!values.force || !isMissing) failures.push(describeError(error));
      }
    }
    // As docker ends.
    if (failures.length > 0) throw new ExitError(1, [...failures, 'exit status 1'].join('\n'));
  },
});

async function remove(client: EngineClient, network: string): Promise<void> {
  // Docker looks whether it is a swarm's; a network that is not found is told of by the removal.
  await client.get(`/networks/${network}`).catch(() => undefined);
  await client.delete(`/networks/${network}`);
}
