import { ResponseError } from '../../client/response-error.ts';
import { defineCommand } from '../command.ts';
import { eachTarget } from '../container/each-target.ts';
import { describeError } from '../describe-error.ts';
import { bool } from '../flags/flag.ts';

export const command = defineCommand({
  usage: '[OPTIONS] CONTAINER [CONTAINER...]',
  summary: 'Remove one or more containers',
  aliases: ['container rm', 'container remove', 'rm'],
  flags: {
    force: bool('f', 'Force the removal of a running container (uses SIGKILL)'),
    link: bool('l', 'Remove the specified link'),
    volumes: bool('v', 'Remove anonymous volumes associated with the container'),
  },
  arguments: { min: 1 },
  run: (context, { values, args }) =>
    eachTarget(context, args, async (client, target) => {
      const name = target.replace(/^\/+|\/+$/g, '');
      if (name === '') throw new Error('container name cannot be empty');
      const query = {
        force: values.force || undefined,
        link: values.link || undefined,
        v: values.volumes || undefined,
      };
      try {
        await client.delete(`/containers/${name}`, { query });
      } catch (error) {
        if (!values.force || !(error instanceof ResponseError) || error.status !== 404) throw error;
        context.stderr.write(`${describeError(error)}\n`);
        return '';
      }
      return `${target}\n`;
    }),
});
