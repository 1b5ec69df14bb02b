import { defineCommand } from '../command.ts';
import { showProgress } from '../streams/show-progress.ts';

export const command = defineCommand({
  usage: 'hello|busybox|debian[:SUITE]',
  summary: "Make an image from this machine's own files and packages, without a registry",
  flags: {},
  arguments: { min: 1, max: 1 },
  async run(context, { args }) {
    const client = await context.client();
    const stream = await client.stream('POST', '/slipway/images/bootstrap', { query: { what: args[0] } });
    await showProgress(stream, context.stdout, aux => {
      context.stdout.write(`${(aux as { ID?: string }).ID ?? ''}\n`);
    });
  },
});
