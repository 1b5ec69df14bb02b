import { defineCommand } from '../command.ts';
import { bool, string } from '../flags/flag.ts';
import { pullImage } from '../streams/pull-image.ts';
import { parseImageName } from '../values/image-name.ts';

export const command = defineCommand({
  usage: '[OPTIONS] NAME[:TAG|@DIGEST]',
  summary: 'Download an image from a registry',
  aliases: ['image pull', 'pull'],
  flags: {
    platform: string('', 'Set platform if server is multi-platform capable'),
    quiet: bool('q', 'Suppress verbose output'),
  },
  arguments: { min: 1, max: 1 },
  async run(context, { values, args: [name = ''] }) {
    const { repository, tag } = parseImageName(name);
    const output = values.quiet ? undefined : context.stdout;
    if (output !== undefined && !/[:@]/.test(name.slice(name.lastIndexOf('/') + 1)))
      output.write(`Using default tag: ${tag}\n`);
    await pullImage(context, name, { platform: values.platform, output });
    context.stdout.write(`${repository}${tag.includes(':') ? '@' : ':'}${tag}\n`);
  },
});
