import { defineCommand } from '../command.ts';
import { findObject, isObjectKind, OBJECT_KINDS } from '../container/find-object.ts';
import { bool, string } from '../flags/flag.ts';
import { inspectFormatFlag } from '../flags/format-flag.ts';
import { printInspected } from '../format/print-inspected.ts';

export const command = defineCommand({
  usage: '[OPTIONS] NAME|ID [NAME|ID...]',
  summary: 'Return low-level information on objects',
  flags: {
    format: inspectFormatFlag(),
    size: bool('s', 'Display total file sizes if the type is container'),
    type: string('', 'Only inspect objects of the given type'),
  },
  arguments: { min: 1 },
  async run(context, { values, args }) {
    const { type } = values;
    if (type !== '' && !isObjectKind(type)) throw unknownType(type);
    const client = await context.client();
    const options = { kind: type === '' ? undefined : type, size: values.size };
    const find = (name: string) => findObject(client, name, options);
    await printInspected(context, args, { format: values.format, find });
  },
});

function unknownType(type: string): Error {
  const kinds = OBJECT_KINDS.map(kind => JSON.stringify(kind)).join(', ');
  return new Error(`unknown type: ${JSON.stringify(type)}: must be one of ${kinds}`);
}
