import { createReadStream } from 'node:fs';
import { once } from 'node:events';
import { defineCommand } from '../command.ts';
import { bool, string } from '../flags/flag.ts';
import { platformQuery } from '../values/platform.ts';
import { sendArchive } from '../streams/send-archive.ts';
import { showProgress } from '../streams/show-progress.ts';

export const command = defineCommand({
  usage: '[OPTIONS]',
  summary: 'Load an image from a tar archive or STDIN',
  aliases: ['image load', 'load'],
  flags: {
    input: string('i', 'Read from tar archive file, instead of STDIN'),
    platform: string('', 'Load only the given platform variant (os[/arch[/variant]])'),
    quiet: bool('q', 'Suppress the load output'),
  },
  arguments: { min: 0, max: 0 },
  async run(context, { values }) {
    if (values.input === '' && context.stdin.isTTY)
      throw new Error('requested load from stdin, but stdin is empty');
    const archive = values.input === '' ? context.stdin : createReadStream(values.input);
    if (values.input !== '') await once(archive, 'open');
    const platform = platformQuery(values.platform);
    const client = await context.client();
    const quiet = values.quiet || !context.stdout.isTTY;
    const query = { quiet, platform };
    const stream = await sendArchive(context.stderr, client, archive, { path: '/images/load', query });
    await showProgress(stream, context.stdout);
  },
});
