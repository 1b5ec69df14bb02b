import { defineCommand } from '../command.ts';
import { string } from '../flags/flag.ts';
import { platformQuery } from '../values/platform.ts';
import { writeDownload } from '../streams/write-download.ts';

export const command = defineCommand({
  usage: '[OPTIONS] IMAGE [IMAGE...]',
  summary: 'Save one or more images to a tar archive (streamed to STDOUT by default)',
  aliases: ['image save', 'save'],
  flags: {
    output: string('o', 'Write to a file, instead of STDOUT'),
    platform: string('', 'Save only the given platform variant (os[/arch[/variant]])'),
  },
  arguments: { min: 1 },
  run: (context, { values, args }) => {
    const platform = platformQuery(values.platform);
    return writeDownload(context, {
      output: values.output,
      refusal: 'cowardly refusing to save to a terminal. Use the -o flag or redirect',
      activity: 'Saving',
      open: client => client.stream('GET', '/images/get', { query: { names: args, platform } }),
    });
  },
});
