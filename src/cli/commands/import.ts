import { createReadStream } from 'node:fs';
import { once } from 'node:events';
import { defineCommand } from '../command.ts';
import { list, string } from '../flags/flag.ts';
import { sendArchive } from '../streams/send-archive.ts';
import { showProgress } from '../streams/show-progress.ts';
import { parseImageName } from '../values/image-name.ts';

export const command = defineCommand({
  usage: '[OPTIONS] file|URL|- [REPOSITORY[:TAG]]',
  summary: 'Import the contents from a tarball to create a filesystem image',
  aliases: ['image import', 'import'],
  flags: {
    change: list('c', 'Apply Dockerfile instruction to the created image'),
    message: string('m', 'Set commit message for imported image'),
    platform: string('', 'Set platform if server is multi-platform capable'),
  },
  arguments: { min: 1, max: 2 },
  async run(context, { values, args: [source = '', reference] }) {
    const remote = /^https?:\/\//.test(source);
    const archive = source === '-' ? context.stdin : remote ? undefined : createReadStream(source);
    if (archive !== undefined && source !== '-') await once(archive, 'open');
    if (reference !== undefined) parseImageName(reference);
    const client = await context.client();
    const query = {
      fromSrc: remote ? source : '-',
      repo: reference,
      message: values.message || undefined,
      changes: values.change,
      platform: values.platform.toLowerCase() || undefined,
    };
    const path = '/images/create';
    const stream =
      archive === undefined
        ? await client.stream('POST', path, { query })
        : await sendArchive(context.stderr, client, archive, { path, query });
    await showProgress(stream, context.stdout);
  },
});
