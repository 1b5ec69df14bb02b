import { ExitError } from '../cli-error.ts';
import { defineCommand } from '../command.ts';
import { describeError } from '../describe-error.ts';

export const command = defineCommand({
  usage: 'CONTAINER NEW_NAME',
  summary: 'Rename a container',
  aliases: ['container rename', 'rename'],
  flags: {},
  arguments: { min: 2, max: 2 },
  async run(context, { args: [oldName = '', newName = ''] }) {
    const client = await context.client();
    const from = oldName.trim();
    if (from === '' || newName.trim() === '')
      throw new Error('Error: Neither old nor new names may be empty');
    try {
      await client.post(`/containers/${from}/rename`, { query: { name: newName.trim() } });
    } catch (error) {
      throw new ExitError(1, `${describeError(error)}\nError: failed to rename container named ${from}`);
    }
  },
});
