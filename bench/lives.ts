/**
 * `npm run bench -- lives [COUNT]`: the daemon's memory, descriptors and threads over the lives of COUNT containers
 * (10,000), two at a time, and a minute later. Prints a table for bench/RESULTS.md.
 */
import { readdirSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { type Engine, startSlipway } from './engines.ts';
import { lifeCycle } from './life-cycle.ts';
import { memoryOf } from './memory.ts';

const COUNT = Number(process.argv[2] ?? 10_000);
const STEPS = 10;
const REST_MS = 60_000;

function show(when: string, { pids: [pid = 0] }: Engine): void {
  const entries = (name: string) => readdirSync(`/proc/${pid}/${name}`).length;
  const { rssKb = 0, privateKb = 0 } = memoryOf(pid) ?? {};
  const [rss, own] = [rssKb, privateKb].map(kilobytes => (kilobytes / 1024).toFixed(1));
  console.log(`| ${when} | ${rss} | ${own} | ${entries('fd')} | ${entries('task')} |`);
}

async function live(engine: Engine, count: number): Promise<void> {
  let begun = 0;
  const one = async () => {
    while (begun++ < count) await lifeCycle(engine);
  };
  await Promise.all([one(), one()]);
}

const engine = await startSlipway();
try {
  console.log('| when | RSS, MB | private, MB | descriptors | threads |\n|---|---|---|---|---|');
  show('at rest', engine);
  for (let step = 1; step <= STEPS; step++) {
    await live(engine, COUNT / STEPS);
    show(`after ${(COUNT / STEPS) * step} lives`, engine);
  }
  await delay(REST_MS);
  show('a minute later', engine);
} finally {
  await engine.stop();
}
