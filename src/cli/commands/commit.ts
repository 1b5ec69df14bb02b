import { defineCommand } from '../command.ts';
import { bool, list, string } from '../flags/flag.ts';
import { parseImageName } from '../values/image-name.ts';

export const command = defineCommand({
  usage: '[OPTIONS] CONTAINER [REPOSITORY[:TAG]]',
  summary: "Create a new image from a container's changes",
  aliases: ['container commit', 'commit'],
  flags: {
    author: string('a', 'Author (e.g., "John Hannibal Smith <hannibal@a-team.com>")'),
    change: list('c', 'Apply Dockerfile instruction to the created image'),
    message: string('m', 'Commit message'),
    pause: bool('p', 'Pause container during commit', true),
  },
  arguments: { min: 1, max: 2 },
  async run(context, { values, args: [container, reference] }) {
    const query = {
      author: values.author,
      changes: values.change,
      comment: values.message,
      container,
      pause: values.pause ? undefined : '0',
      ...nameQuery(reference),
    };
    const client = await context.client();
    const { Id } = await client.post<{ Id: string }>('/commit', { query });
    context.stdout.write(`${Id}\n`);
  },
});

function nameQuery(reference: string | undefined): { repo: string; tag: string } {
  if (reference === undefined) return { repo: '', tag: '' };
  const { repository, tag } = parseImageName(reference);
  if (reference.includes('@')) throw new Error('refusing to create a tag with a digest reference');
  return { repo: repository, tag };
}
