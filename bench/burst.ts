/**
 * `npm run bench -- burst [JOBS]`: what a service under a CPU limit gains by CPU burst, and what its neighbour loses. The service
 * has 0.3 CPUs and, about twice a second, a job of 60 ms of CPU time; the neighbour works all the time on the same CPU, with a quarter
 * of its shares. Both go before everything else on the machine. Prints a table for bench/RESULTS.md. Run it in a network namespace of its own.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { startSlipway } from './engines.ts';
import { median } from './statistics.ts';

const JOBS = process.argv[2] ?? '100';
const WORK_MS = '60';
const parent = `/slipway-bench-${process.pid}`;
const program = `/tmp/slipway-bench-burst-load-${process.pid}`;
/** The most that cpu.shares and cpu.weight take. */
const FIRST = { shares: '262144', weight: '10000' };
const CPU = String(availableParallelism() - 1);

const WAYS: Record<string, Record<string, string>> = {
  'without burst': { 'cpu-burst-policy': 'none' },
  "the kernel's burst (cpuBurstOnly)": { 'cpu-burst-policy': 'cpuBurstOnly' },
  'a raised quota (cfsQuotaBurstOnly)': { 'cpu-burst-policy': 'cfsQuotaBurstOnly' },
  'both (auto)': { 'cpu-burst-policy': 'auto' },
};

execFileSync('musl-gcc', [
  '-static',
  '-O2',
  '-o',
  program,
  new URL('burst-load.c', import.meta.url).pathname,
]);
const engine = await startSlipway('--cgroup-parent', parent, '--share-pool-threshold', '1000');

const { api } = engine;

async function start(command: string[], more: object, annotations: Record<string, string> = {}) {
  const named = Object.entries(annotations).map(([name, value]) => [`io.slipway.${name}`, value] as const);
  const { Id } = (await api.call('POST', '/containers/create', {
    Image: 'busybox',
    Cmd: ['/burst-load', ...command],
    HostConfig: {
      NetworkMode: 'none',
      CpusetCpus: CPU,
      Binds: [`${program}:/burst-load`],
      Annotations: Object.fromEntries(named),
      ...more,
    },
  })) as { Id: string };
  await api.call('POST', `/containers/${Id}/start`);
  goFirst();
  return Id;
}

/** The parent is made with the first container. */
function goFirst(): void {
  const v1 = `/sys/fs/cgroup/cpu${parent}/cpu.shares`;
  const v2 = `/sys/fs/cgroup${parent}/cpu.weight`;
  writeFileSync(existsSync(v1) ? v1 : v2, existsSync(v1) ? FIRST.shares : FIRST.weight);
}

/** What it has printed: frames of Docker's stream, a line each. */
async function numbersOf(id: string): Promise<number[]> {
  const frames = (await api.download(`/containers/${id}/logs?stdout=1`)).toString('latin1');
  return [...frames.matchAll(/(\d+\.\d)\n/g)].map(([, number]) => Number(number));
}

type Stats = { cpu_stats: { throttling_data: { throttled_time: number } } };

async function throttledMs(id: string): Promise<number> {
  const { cpu_stats } = (await api.call('GET', `/containers/${id}/stats?stream=0&one-shot=1`)) as Stats;
  return cpu_stats.throttling_data.throttled_time / 1e6;
}

const at = (values: number[], quantile: number) =>
  values.toSorted((a, b) => a - b)[Math.min(Math.floor(values.length * quantile), values.length - 1)] ?? NaN;

try {
  console.log('| way | p50, ms | p99, ms | throttled, ms | neighbour, ms a second |\n|---|---|---|---|---|');
  for (const [way, annotations] of Object.entries(WAYS)) {
    const neighbour = await start(['neighbour', '100000'], { CpuShares: 256 });
    const service = await start(
      ['service', JOBS, WORK_MS],
      { CpuPeriod: 100_000, CpuQuota: 30_000 },
      annotations,
    );
    let throttled = 0;
    let had: number[] = [];
    for (let jobs: number[] = []; jobs.length < Number(JOBS) - 1; jobs = await numbersOf(service)) {
      throttled = Math.max(throttled, await throttledMs(service));
      had = await numbersOf(neighbour);
      await new Promise(resolve => setTimeout(resolve, 500));
    }
    await api.call('POST', `/containers/${service}/wait`);
    const jobs = await numbersOf(service);
    for (const id of [service, neighbour]) await api.call('DELETE', `/containers/${id}?force=1`);
    const cells = [at(jobs, 0.5), at(jobs, 0.99), throttled, median(had)];
    console.log(`| ${way} | ${cells.map(cell => cell.toFixed(0)).join(' | ')} |`);
  }
} finally {
  await engine.stop();
  rmSync(program, { force: true });
  for (const hierarchy of ['', ...readdirSync('/sys/fs/cgroup')])
    try {
      rmdirSync(join('/sys/fs/cgroup', hierarchy, parent));
    } catch {
      // Not each has it.
    }
}
