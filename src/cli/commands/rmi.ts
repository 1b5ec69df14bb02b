import { ResponseError } from '../../client/response-error.ts';
import { ExitError } from '../cli-error.ts';
import { defineCommand } from '../command.ts';
import { describeError } from '../describe-error.ts';
import { bool } from '../flags/flag.ts';

type Removed = { Untagged?: string; Deleted?: string };

export const command = defineCommand({
  usage: '[OPTIONS] IMAGE [IMAGE...]',
  summary: 'Remove one or more images',
  aliases: ['image rm', 'image remove', 'rmi'],
  flags: {
    force: bool('f', 'Force removal of the image'),
    'no-prune': bool('', 'Do not delete untagged parents'),
  },
  arguments: { min: 1 },
  async run(context, { values, args }) {
    const client = await context.client();
    const query = { force: values.force || undefined, noprune: values['no-prune'] || undefined };
    const failures: string[] = [];
    let fatal = false;
    for (const image of args) {
      try {
        const removed = await client.delete<Removed[]>(`/images/${image}`, { query });
        for (const { Untagged, Deleted } of removed)
          context.stdout.write(Deleted === undefined ? `Untagged: ${Untagged}\n` : `Deleted: ${Deleted}\n`);
      } catch (error) {
        fatal ||= !(error instanceof ResponseError) || error.status !== 404;
        failures.push(describeError(error));
      }
    }
    if (failures.length === 0) return;
    if (!values.force || fatal) throw new ExitError(1, failures.join('\n'));
    context.stderr.write(`${failures.join('\n')}\n`);
  },
});
