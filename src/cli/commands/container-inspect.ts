import { defineCommand } from '../command.ts';
import { findObject } from '../container/find-object.ts';
import { bool } from '../flags/flag.ts';
import { inspectFormatFlag } from '../flags/format-flag.ts';
import { printInspected } from '../format/print-inspected.ts';

export const command = defineCommand({
  usage: '[OPTIONS] CONTAINER [CONTAINER...]',
  summary: 'Display detailed information on one or more containers',
  flags: {
    format: inspectFormatFlag(),
    size: bool('s', 'Display total file sizes'),
  },
  arguments: { min: 1 },
  async run(context, { values, args }) {
    const client = await context.client();
    const options = { kind: 'container' as const, size: values.size };
    const find = (name: string) => findObject(client, name, options);
    await printInspected(context, args, { format: values.format, find });
  },
});
