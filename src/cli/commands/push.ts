import { defineCommand } from '../command.ts';
import { bool, string } from '../flags/flag.ts';
import { authHeader } from '../registry/credentials.ts';
import { showProgress } from '../streams/show-progress.ts';
import { parseImageName } from '../values/image-name.ts';
import { platformQuery } from '../values/platform.ts';

export const command = defineCommand({
  usage: '[OPTIONS] NAME[:TAG]',
  summary: 'Upload an image to a registry',
  aliases: ['image push', 'push'],
  flags: {
    'all-tags': bool('a', 'Push all tags of an image to the repository'),
    platform: string('', 'Push a platform-specific manifest as a single-platform image to the registry'),
    quiet: bool('q', 'Suppress verbose output'),
  },
  arguments: { min: 1, max: 1 },
  async run(context, { values, args: [name = ''] }) {
    const { repository, tag, familiar } = parseImageName(name);
    const hasTag = /[:@]/.test(name.slice(name.lastIndexOf('/') + 1));
    if (values['all-tags'] && hasTag) throw new Error("tag can't be used with --all-tags/-a");
    if (!values['all-tags'] && !hasTag && !values.quiet) context.stdout.write(`Using default tag: ${tag}\n`);
    const client = await context.client();
    const query = {
      tag: values['all-tags'] ? undefined : tag,
      platform: platformQuery(values.platform),
    };
    const headers = await authHeader(context.env, name);
    const path = familiar.replace(/[:@](?:[^/]*)$/, '');
    const stream = await client.stream('POST', `/images/${path}/push`, { query, headers });
    await showProgress(stream, values.quiet ? undefined : context.stdout);
    if (values.quiet) context.stdout.write(`${repository}${values['all-tags'] ? '' : `:${tag}`}\n`);
  },
});
