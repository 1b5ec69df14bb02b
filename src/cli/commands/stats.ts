import { setTimeout as sleep } from 'node:timers/promises';
import type { ContainerSummary } from '../../api/types.ts';
import { shortId } from '../../base/short-id.ts';
import type { EngineClient } from '../../client/engine-client.ts';
import { jsonLines } from '../../client/json-lines.ts';
import { type CommandCall, defineCommand } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { bool, string } from '../flags/flag.ts';
import { formatFlag } from '../flags/format-flag.ts';
import { checkSort, SORT_NAMES, sortStats } from '../format/sort-stats.ts';
import {
  type ContainerStats,
  cpuShare,
  LIVE_STATS_TABLE,
  STATS_TABLE,
  type StatsEntry,
  statsRows,
} from '../format/stats-rows.ts';
import { rowPrinter } from '../format/write-rows.ts';
import { readKeys } from '../streams/stats-keys.ts';

const REFRESH_MS = 500;
const FIRST_RESULT_MS = 2000;
/** How many readings a chart shows. */
const TREND_LENGTH = 20;
const CLEAR_SCREEN = '\u001B[H\u001B[2J';

const FLAGS = {
  all: bool('a', 'Show all containers (default shows just running)'),
  format: formatFlag(),
  'no-stream': bool('', 'Disable streaming stats and only pull the first result'),
  'no-trunc': bool('', 'Do not truncate the output'),
  sort: string('', `Order: ${SORT_NAMES.join(', ')} (default: as they come)`, '', checkSort),
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
  const isPlain = values.format !== '' && values.format !== 'table';
  const isLive = !isPlain && !values['no-stream'] && context.stdout.isTTY === true;
  const format = isPlain ? values.format : isLive ? LIVE_STATS_TABLE : STATS_TABLE;
  const printRows = rowPrinter(
    statsRows({ truncate: !values['no-trunc'], isWhole: format === 'json' || /json \./.test(format) }),
    format,
  );
  const names = () => namesOf(client, args, values.all);
  if (values['no-stream'])
    return void context.stdout.write(
      printRows(sortStats(await readOnce(client, await names()), values.sort)),
    );
  using keys = isLive ? await readKeys(context, values.sort) : undefined;
  await follow(client, names, {
    fixed: args.length > 0,
    ended: keys?.ended ?? new AbortController().signal,
    show: entries => {
      const rows = printRows(sortStats(entries, keys?.sort ?? values.sort));
      context.stdout.write(`${CLEAR_SCREEN}${keys === undefined ? rows : keys.frame(rows)}`);
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

type Follow = {
  fixed: boolean;
  /** Aborted when the output has no reader any more. */
  ended: AbortSignal;
  show: (entries: readonly StatsEntry[]) => void;
};

/** Shows the latest numbers of all, over and over, until the last of the named containers is gone. */
async function follow(
  client: EngineClient,
  names: () => Promise<string[]>,
  { fixed, ended, show }: Follow,
): Promise<void> {
  const entries = new Map<string, StatsEntry>();
  const problems: unknown[] = [];
  const watch = (container: string) => {
    const entry: StatsEntry = { container, stats: undefined };
    entries.set(container, entry);
    readStream(client, entry, ended)
      .catch((error: unknown) => problems.push(error))
      .finally(() => entries.delete(container));
  };
  for (const name of await names()) watch(name);
  await waitForFirst(entries);
  while (!ended.aborted) {
    if (fixed && entries.size === 0) break;
    show([...entries.values()]);
    await sleep(REFRESH_MS, undefined, { signal: ended }).catch(() => undefined);
    if (!fixed && !ended.aborted) for (const name of await names()) if (!entries.has(name)) watch(name);
  }
  if (problems.length > 0 && !ended.aborted) throw problems[0];
}

async function readStream(client: EngineClient, entry: StatsEntry, ended: AbortSignal): Promise<void> {
  const path = `/containers/${entry.container}/stats`;
  const stream = await client.stream('GET', path, { query: { stream: true } });
  ended.addEventListener('abort', () => stream.destroy(), { once: true });
  for await (const line of jsonLines<ContainerStats>(stream)) {
    entry.stats = line;
    entry.trend = [...(entry.trend ?? []), cpuShare(line) * 100].slice(-TREND_LENGTH);
  }
}

async function waitForFirst(entries: ReadonlyMap<string, StatsEntry>): Promise<void> {
  const step = 50;
  for (let waited = 0; waited < FIRST_RESULT_MS; waited += step) {
    if ([...entries.values()].every(entry => entry.stats !== undefined)) return;
    await sleep(step);
  }
}
