/**
 * `npm run bench`: how long containers take, and what they cost, here and at a dockerd in the same run.
 * Prints a table for bench/RESULTS.md.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { type Engine, withEngines } from './engines.ts';
import { formatRow } from './format-row.ts';
import { lifeCycle } from './life-cycle.ts';
import { memoryOf, processesNamed } from './memory.ts';
import { median, timed } from './statistics.ts';

const run = promisify(execFile);

async function docker({ host }: Engine, ...args: string[]): Promise<string> {
  const { stdout } = await run('docker', args, { env: { ...process.env, DOCKER_HOST: host } });
  return stdout.trim();
}

async function atOnce(engine: Engine, count: number): Promise<number> {
  const start = performance.now();
  await Promise.all(Array.from({ length: count }, () => lifeCycle(engine)));
  return (count * 1000) / (performance.now() - start);
}

/** create + start + output to its end + inspect, as an SDK does it. */
async function execOverApi({ api }: Engine, id: string): Promise<void> {
  const body = { Cmd: ['true'], AttachStdout: true, AttachStderr: true };
  const { Id: exec } = (await api.call('POST', `/containers/${id}/exec`, body)) as { Id: string };
  await api.call('POST', `/exec/${exec}/start`, { Detach: false });
  await api.call('GET', `/exec/${exec}/json`);
}

async function execTime(
  engine: Engine,
  count: number,
  exec: (id: string) => Promise<unknown>,
): Promise<number> {
  const id = await docker(engine, 'run', '-d', 'busybox', 'sleep', '1000');
  try {
    return median(await timed(() => exec(id), count));
  } finally {
    await docker(engine, 'rm', '-f', id);
  }
}

/** Private memory of what stays behind each of ten idle containers. */
async function shimMemoryKb(engine: Engine): Promise<number> {
  const ids = await Promise.all(
    Array.from({ length: 10 }, () => docker(engine, 'run', '-d', 'busybox', 'sleep', '1000')),
  );
  const kilobytes = processesNamed(engine.shimName).map(({ privateKb }) => privateKb);
  await docker(engine, 'rm', '-f', ...ids);
  return median(kilobytes);
}

function daemonMemoryMb({ pids }: Engine): number {
  return pids.reduce((sum, pid) => sum + (memoryOf(pid)?.rssKb ?? 0), 0) / 1024;
}

/** Measures a thing at every engine before the next thing, so that a slow minute hits all alike. */
async function measure(engines: Engine[], { runs, many }: { runs: number; many: number }): Promise<void> {
  const row = async (what: string, unit: string, task: (engine: Engine) => number | Promise<number>) => {
    const values: number[] = [];
    for (const engine of engines) values.push(await task(engine));
    console.log(formatRow(what, unit, values));
  };
  const medianOf = async (task: () => Promise<unknown>) => median(await timed(task, runs));
  // As of a daemon that has been at work for a while: the first requests find code that was never run before.
  const steadyMedianOf = async (task: () => Promise<unknown>) => median(await timed(task, 2 * runs, runs));
  const runDocker =
    (...options: string[]) =>
    (engine: Engine) =>
      medianOf(() => docker(engine, 'run', '--rm', ...options, 'busybox', 'true'));
  await row('daemon at rest, RSS', 'MB', daemonMemoryMb);
  await row('API create+start+wait+remove, bridge', 'ms', engine => steadyMedianOf(() => lifeCycle(engine)));
  await row('API create+start+wait+remove, no network', 'ms', engine =>
    steadyMedianOf(() => lifeCycle(engine, { NetworkMode: 'none' })),
  );
  await row('docker run --rm busybox true', 'ms', runDocker());
  await row('docker run --rm --network none busybox true', 'ms', runDocker('--network', 'none'));
  await row('API exec create+start+end+inspect', 'ms', engine =>
    execTime(engine, runs, id => execOverApi(engine, id)),
  );
  await row('docker exec, true', 'ms', engine =>
    execTime(engine, runs, id => docker(engine, 'exec', id, 'true')),
  );
  await row('docker version (what the client itself takes)', 'ms', engine =>
    medianOf(() => docker(engine, 'version')),
  );
  await row(`${many} containers at once`, 'containers/s', engine => atOnce(engine, many));
  await row('private memory of the shim of an idle container', 'kB', shimMemoryKb);
  await row('daemon afterwards, RSS', 'MB', daemonMemoryMb);
}

await withEngines(engines => measure(engines, { runs: Number(process.env.BENCH_RUNS ?? 40), many: 100 }));
