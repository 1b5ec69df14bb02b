import { defineCommand } from '../command.ts';
import { string } from '../flags/flag.ts';
import { writeDownload } from '../streams/write-download.ts';

export const command = defineCommand({
  usage: '[OPTIONS] CONTAINER',
  summary: "Export a container's filesystem as a tar archive",
  aliases: ['container export', 'export'],
  flags: { output: string('o', 'Write to a file, instead of STDOUT') },
  arguments: { min: 1, max: 1 },
  run: (context, { values, args }) =>
    writeDownload(context, {
      output: values.output,
      refusal: 'cowardly refusing to export to a terminal. Use the -o flag or redirect',
      activity: 'Exporting',
      open: client => client.stream('GET', `/containers/${args[0]}/export`),
    }),
});
