import type { Volume } from '../../api/types.ts';
import { defineCommand } from '../command.ts';
import { readLabels } from '../container/variable-files.ts';
import { list, map, string } from '../flags/flag.ts';

export const command = defineCommand({
  usage: '[OPTIONS] [VOLUME]',
  summary: 'Create a volume',
  flags: {
    driver: string('d', 'Specify volume driver name', 'local'),
    label: list('', 'Set metadata for a volume'),
    opt: map('o', 'Set driver specific options'),
  },
  arguments: { min: 0, max: 1 },
  async run(context, { values, args: [name = ''] }) {
    const client = await context.client();
    const body = {
      Name: name,
      Driver: values.driver,
      DriverOpts: values.opt,
      Labels: readLabels([], values.label),
    };
    const volume = await client.post<Volume>('/volumes/create', { body });
    context.stdout.write(`${volume.Name}\n`);
  },
});
