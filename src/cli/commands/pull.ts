import { defineCommand } from '../command.ts';
import { bool, string } from '../flags/flag.ts';
import { pullImage } from '../streams/pull-image.ts';
import { parseImageName } from '../values/image-name.ts';

export const command = defineCommand({
  usage: '[OPTIONS] NAME[:TAG|@DIGEST]',
  summary: 'Download an image from a registry',
  aliases: ['image pull', 'pull'],
  flags: {
    'all-tags': bool('a', 'Download all tagged images in the repository'),
    platform: string('', 'Set platform if server is multi-platform capable'),
    quiet: bool('q', 'Suppress verbose output'),
  },
  arguments: { min: 1, max: 1 },
  async run(context, { values, args: [name = ''] }) {
    const { repository, tag } = parseImageName(name);
    const output = values.quiet ? undefined : context.stdout;
    const allTags = values['all-tags'];
    const hasTag = /[:@]/.test(name.slice(name.lastIndexOf('/') + 1));
    if (allTags && hasTag) throw new Error("tag can't be used with --all-tags/-a");
    if (output !== undefined && !hasTag && !allTags) output.write(`Using default tag: ${tag}\n`);
    await pullImage(context, name, { platform: values.platform, output, allTags });
    context.stdout.write(`${repository}${allTags ? '' : `${tag.includes(':') ? '@' : ':'}${tag}`}\n`);
  },
});
