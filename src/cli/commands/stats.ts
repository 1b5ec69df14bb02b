import { setTimeout as sleep } from 'node:timers/promises';
import type { ContainerSummary } from '../../api/types.ts';
import { shortId } from '../../base/short-id.ts';
import type { EngineClient } from '../../client/engine-client.ts';
import { jsonLines } from '../../client/json-lines.ts';
import { type CommandCall, defineCommand } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { bool } from '../flags/flag.ts';
import { formatFlag } from '../flags/format-flag.ts';
import { type ContainerStats, STATS_TABLE, type StatsEntry, statsRows } from '../format/stats-rows.ts';
import { rowPrinter } from '../format/write-rows.ts';

const REFRESH_MS = 500;
const FIRST_RESULT_MS = 2000;
const CLEAR_SCREEN = '\u001B[H\u001B[2J';

const FLAGS = {
  all: bool('a', 'Show all containers (default shows just running)'),
  format: formatFlag(),
  'no-stream': bool('', 'Disable streaming stats and only pull the first result'),
  'no-trunc': bool('', 'Do not truncate the output'),
};

export const command = defineCommand({
  usage: '[OPTIONS] [CONTAINER...]',
  summary: 'Display a live stream of container(s) resource usage statistics',
  aliases: ['container stats', 'stats'],
  flags: FLAGS,
  arguments: { min: 0 },
  run: stats,
});

async function stats(context: CommandContext, { values, args }: CommandCall<typeof FLAGS>): Promise<void> {
  const client = await context.client();
  const format = values.format === '' || values.format === 'table' ? STATS_TABLE : values.format;
  const printRows = rowPrinter(statsRows({ truncate: !values['no-trunc'] }), format);
  const print = (entries: readonly StatsEntry[]) => context.stdout.write(printRows(entries));
  if (values['no-stream']) return void print(await readOnce(client, await namesOf(client, args, values.all)));
  await follow(client, () => namesOf(client, args, values.all), {
    fixed: args.length > 0,
    show: entries => {
      context.stdout.write(CLEAR_SCREEN);
      print(entries);
    },
  });
}

async function namesOf(client: EngineClient, args: readonly string[], all: boolean): Promise<string[]> {
  if (args.length > 0) return [...args];
  const query = { all: all || undefined };
  return (await client.get<ContainerSummary[]>('/containers/json', { query })).map(container =>
    shortId(container.Id),
  );
}

function readOnce(client: EngineClient, names: readonly string[]): Promise<StatsEntry[]> {
  return Promise.all(
    names.map(async container => {
      const query = { stream: false };
      return {
        container,
        stats: await client.get<ContainerStats>(`/containers/${container}/stats`, { query }),
      };
    }),
  );
}

type Follow = { fixed: boolean; show: (entries: readonly StatsEntry[]) => void };

/** Shows the latest numbers of all, over and over, until the last of the named containers is gone. */
async function follow(
  client: EngineClient,
  names: () => Promise<string[]>,
  { fixed, show }: Follow,
): Promise<void> {
  const entries = new Map<string, StatsEntry>();
  const problems: unknown[] = [];
  const watch = (container: string) => {
    const entry: StatsEntry = { container, stats: undefined };
    entries.set(container, entry);
    readStream(client, entry)
      .catch((error: unknown) => problems.push(error))
      .finally(() => entries.delete(container));
  };
  for (const name of await names()) watch(name);
  await waitForFirst(entries);
  for (;;) {
    if (fixed && entries.size === 0) break;
    show([...entries.values()]);
    await sleep(REFRESH_MS);
    if (!fixed) for (const name of await names()) if (!entries.has(name)) watch(name);
  }
  if (problems.length > 0) throw problems[0];
}

async function readStream(client: EngineClient, entry: StatsEntry): Promise<void> {
  const path = `/containers/${entry.container}/stats`;
  const stream = await client.stream('GET', path, { query: { stream: true } });
  for await (const line of jsonLines<ContainerStats>(stream)) entry.stats = line;
}

async function waitForFirst(entries: ReadonlyMap<string, StatsEntry>): Promise<void> {
  const step = 50;
  for (let waited = 0; waited < FIRST_RESULT_MS; waited += step) {
    if ([...entries.values()].every(entry => entry.stats !== undefined)) return;
    await sleep(step);
  }
}
