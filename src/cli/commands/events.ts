import type { EventMessage } from '../../api/types.ts';
import { messageOf } from '../../base/errors.ts';
import { jsonLines } from '../../client/json-lines.ts';
import { ExitError } from '../cli-error.ts';
import { defineCommand } from '../command.ts';
import { string } from '../flags/flag.ts';
import { filterFlag, filtersQuery } from '../flags/filter-flag.ts';
import { inspectFormatFlag } from '../flags/format-flag.ts';
import { formatNanoseconds } from '../format/local-time.ts';
import { compileTemplate } from '../format/render-template.ts';
import { parseTime } from '../values/time.ts';

export const command = defineCommand({
  usage: '[OPTIONS]',
  summary: 'Get real time events from the server',
  aliases: ['system events', 'events'],
  flags: {
    filter: filterFlag('f', 'Filter output based on conditions provided'),
    format: inspectFormatFlag(),
    since: string('', 'Show all events created since timestamp'),
    until: string('', 'Stream events until this timestamp'),
  },
  arguments: { min: 0, max: 0 },
  async run(context, { values }) {
    const show = printerOf(values.format);
    const client = await context.client();
    const query = {
      filters: filtersQuery(values.filter),
      since: values.since === '' ? undefined : parseTime(values.since, Date.now()),
      until: values.until === '' ? undefined : parseTime(values.until, Date.now()),
    };
    const stream = await client.stream('GET', '/events', { query });
    for await (const event of jsonLines<EventMessage>(stream)) context.stdout.write(`${show(event)}\n`);
  },
});

function printerOf(format: string): (event: EventMessage) => string {
  if (format === '') return eventLine;
  try {
    const template = compileTemplate(format === 'json' ? '{{json .}}' : format);
    return event => template.render(withGoNames(event));
  } catch (error) {
    throw new ExitError(64, `Error parsing format: ${messageOf(error)}`);
  }
}

/** Go's names of the fields that JSON has in lower case; JSON itself does not show them. */
function withGoNames(event: EventMessage): object {
  const names = {
    Status: event.status,
    ID: event.id,
    From: event.from,
    Scope: event.scope,
    Time: event.time,
    TimeNano: event.timeNano,
  };
  const hidden = Object.entries(names).map(([name, value]) => [name, { value, enumerable: false }] as const);
  return Object.defineProperties({ ...event }, Object.fromEntries(hidden));
}

function eventLine({ time, timeNano, Type, Action, Actor }: EventMessage): string {
  const attributes = Object.keys(Actor.Attributes ?? {})
    .sort()
    .map(name => `${name}=${Actor.Attributes[name]}`);
  const shown = attributes.length === 0 ? '' : ` (${attributes.join(', ')})`;
  const when = formatNanoseconds(timeNano ? BigInt(Math.trunc(timeNano)) : BigInt(time) * 1_000_000_000n);
  return `${when} ${Type} ${Action} ${Actor.ID}${shown}`;
}
