import type { ContainerInspect } from '../../api/types.ts';
import { copyFrames, writeAll } from '../../api/frames.ts';
import { defineCommand } from '../command.ts';
import { bool, string } from '../flags/flag.ts';
import { parseTime } from '../values/time.ts';

export const command = defineCommand({
  usage: '[OPTIONS] CONTAINER',
  summary: 'Fetch the logs of a container',
  aliases: ['container logs', 'logs'],
  flags: {
    details: bool('', 'Show extra details provided to logs'),
    follow: bool('f', 'Follow log output'),
    since: string(
      '',
      'Show logs since timestamp (e.g. "2013-01-02T13:23:37Z") or relative (e.g. "42m" for 42 minutes)',
    ),
    tail: string('n', 'Number of lines to show from the end of the logs', 'all'),
    timestamps: bool('t', 'Show timestamps'),
    until: string(
      '',
      'Show logs before a timestamp (e.g. "2013-01-02T13:23:37Z") or relative (e.g. "42m" for 42 minutes)',
    ),
  },
  arguments: { min: 1, max: 1 },
  async run(context, { values, args }) {
    const client = await context.client();
    const container = await client.get<ContainerInspect>(`/containers/${args[0]}/json`);
    const query = {
      stdout: true,
      stderr: true,
      since: timeOf('since', values.since),
      until: timeOf('until', values.until),
      timestamps: values.timestamps || undefined,
      details: values.details || undefined,
      follow: values.follow || undefined,
      tail: values.tail,
    };
    const stream = await client.stream('GET', `/containers/${container.Id}/logs`, { query });
    if (!container.Config.Tty) return copyFrames(stream, context.stdout, context.stderr);
    for await (const chunk of stream) await writeAll(context.stdout, chunk as Buffer);
  },
});

function timeOf(flag: string, text: string): string | undefined {
  if (text === '') return undefined;
  try {
    return parseTime(text, Date.now());
  } catch {
    throw new Error(
      `invalid value for "${flag}": failed to parse value as time or duration: ${JSON.stringify(text)}`,
    );
  }
}
