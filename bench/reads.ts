/**
 * `npm run bench -- reads`: what every call that only reads takes, with one container and with a thousand, here and at a
 * dockerd in the same run. Prints a table for bench/RESULTS.md. BENCH_ONLY names some of them, BENCH_COUNTS how many
 * containers there are.
 */
import { type Engine, withEngines } from './engines.ts';
import { formatRow } from './format-row.ts';
import { median, timed } from './statistics.ts';

const ROUNDS = 5;
const RUNS = 15;
const COUNTS = (process.env.BENCH_COUNTS ?? '1,1000').split(',').map(Number);
/** Lines that the one container whose log is read has written. */
const LINES = 1000;

type Filled = { id: string };

/** One container that runs and has written a log; the others were only created. */
async function fill({ api }: Engine, count: number): Promise<Filled> {
  const script = `i=0; while [ $i -lt ${LINES} ]; do echo line $i; i=$((i+1)); done; exec sleep 100000`;
  const { Id: id } = (await api.call('POST', '/containers/create', {
    Image: 'busybox',
    Cmd: ['sh', '-c', script],
    Labels: { bench: 'first' },
  })) as { Id: string };
  await api.call('POST', `/containers/${id}/start`);
  for (let made = 1; made < count; made += 20)
    await Promise.all(
      Array.from({ length: Math.min(20, count - made) }, () =>
        api.call('POST', '/containers/create', {
          Image: 'busybox',
          Cmd: ['true'],
          Labels: { bench: 'many' },
        }),
      ),
    );
  return { id };
}

async function empty({ api }: Engine): Promise<void> {
  const list = (await api.call('GET', '/containers/json?all=1')) as { Id: string }[];
  for (let at = 0; at < list.length; at += 20)
    await Promise.all(
      list.slice(at, at + 20).map(({ Id }) => api.call('DELETE', `/containers/${Id}?force=1`)),
    );
}

const READS: Record<string, (filled: Filled) => string> = {
  ping: () => '/_ping',
  version: () => '/version',
  info: () => '/info',
  'ps (running)': () => '/containers/json',
  'ps -a': () => '/containers/json?all=1',
  'ps -a, by label': () => `/containers/json?all=1&filters=${JSON.stringify({ label: ['bench=first'] })}`,
  'ps -a, by name': () => `/containers/json?all=1&filters=${JSON.stringify({ name: ['^/x'] })}`,
  inspect: ({ id }) => `/containers/${id}/json`,
  'inspect, by a short id': ({ id }) => `/containers/${id.slice(0, 12)}/json`,
  top: ({ id }) => `/containers/${id}/top`,
  'stats, one shot': ({ id }) => `/containers/${id}/stats?stream=0&one-shot=1`,
  [`logs, ${LINES} lines`]: ({ id }) => `/containers/${id}/logs?stdout=1&stderr=1`,
  'logs --tail 10': ({ id }) => `/containers/${id}/logs?stdout=1&stderr=1&tail=10`,
  'changes (diff)': ({ id }) => `/containers/${id}/changes`,
  images: () => '/images/json',
  'image inspect': () => '/images/busybox/json',
  'image history': () => '/images/busybox/history',
  'volume ls': () => '/volumes',
  'network ls': () => '/networks',
  'network inspect': () => '/networks/bridge',
  events: () => `/events?since=${Math.floor(Date.now() / 1000) - 60}&until=${Math.floor(Date.now() / 1000)}`,
  'system df': () => '/system/df',
};

/**
 * Milliseconds of each engine: the median of the round in which it was least disturbed. They take turns, call by call, so
 * that whatever else the machine does hits all.
 */
async function inTurns(engines: Engine[], call: (engine: Engine) => Promise<unknown>): Promise<number[]> {
  await oneRound(engines, call);
  const medians = engines.map(() => Number.POSITIVE_INFINITY);
  for (let round = 0; round < ROUNDS; round++)
    for (const [index, ms] of (await oneRound(engines, call)).entries())
      medians[index] = Math.min(medians[index] ?? ms, ms);
  return medians;
}

async function oneRound(engines: Engine[], call: (engine: Engine) => Promise<unknown>): Promise<number[]> {
  const times = engines.map(() => [] as number[]);
  for (let run = 0; run < RUNS; run++)
    for (const [index, engine] of engines.entries())
      times[index]?.push(...(await timed(() => call(engine), 1, 0)));
  return times.map(median);
}

async function measure(engines: Engine[], count: number): Promise<void> {
  const filled = new Map<Engine, Filled>();
  for (const engine of engines) filled.set(engine, await fill(engine, count));
  for (const [what, path] of Object.entries(READS)) {
    if (!what.includes(process.env.BENCH_ONLY ?? '')) continue;
    const urls = new Map(engines.map(engine => [engine, encodeURI(path(filled.get(engine)!))]));
    const values = await inTurns(engines, engine => engine.api.call('GET', urls.get(engine)!));
    console.log(formatRow(`${what}, ${count === 1 ? 'one container' : `${count} containers`}`, 'ms', values));
  }
  for (const engine of engines) await empty(engine);
}

await withEngines(async engines => {
  for (const count of COUNTS) await measure(engines, count);
});
