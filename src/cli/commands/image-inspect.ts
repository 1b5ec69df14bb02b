import { defineCommand } from '../command.ts';
import { findObject } from '../container/find-object.ts';

import { string } from '../flags/flag.ts';
import { inspectFormatFlag } from '../flags/format-flag.ts';
import { platformQuery } from '../values/platform.ts';
import { printInspected } from '../format/print-inspected.ts';

export const command = defineCommand({
  usage: '[OPTIONS] IMAGE [IMAGE...]',
  summary: 'Display detailed information on one or more images',
  flags: {
    format: inspectFormatFlag(),
    platform: string('', 'Inspect a specific platform of the multi-platform image (os[/arch[/variant]])'),
  },
  arguments: { min: 1 },
  async run(context, { values, args }) {
    const platform = platformQuery(values.platform);
    const client = await context.client();
    const options = { kind: 'image' as const, size: false, platform };
    const find = (name: string) => findObject(client, name, options);
    await printInspected(context, args, { format: values.format, find });
  },
});
