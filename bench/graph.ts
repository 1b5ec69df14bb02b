/**
 * `npm run bench -- graph`: how long images take, here and at a dockerd in the same run, beside the least that
 * plain tools need for the same bytes. Prints a table for bench/RESULTS.md. BENCH_ARCHIVES is where the 3.5 GB of
 * archives lie, BENCH_RUNS how often each thing is done, BENCH_ONLY a part of the name of the only thing to do.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type Engine, withEngines } from './engines.ts';
import { type Archives, makeArchives } from './graph-archives.ts';
import { median } from './statistics.ts';

const directory = process.env.BENCH_ARCHIVES ?? '/var/tmp/slipway-bench-archives';
const runs = Number(process.env.BENCH_RUNS ?? 5);

type Measurement = {
  what: string;
  unit?: string;
  /** What plain tools do with the same bytes. */
  floor?: string;
  /** Before and after each measured run, not counted. */
  before?: (engine: Engine) => Promise<unknown>;
  task: (engine: Engine) => Promise<unknown>;
  after?: (engine: Engine) => Promise<unknown>;
  /** Nothing of it waits for the disk. */
  isSmall?: boolean;
  runs?: number;
};

const remove =
  (name: string) =>
  ({ api }: Engine) =>
    api.call('DELETE', `/images/${name}?force=1`);
const load =
  (path: string) =>
  ({ api }: Engine) =>
    api.upload('/images/load?quiet=1', path);
const importTar =
  (path: string) =>
  ({ api }: Engine) =>
    api.upload('/images/create?fromSrc=-&repo=bench-import', path);

function measurements(archives: Archives): Measurement[] {
  const { rootfs, tree } = archives;
  const scratch = `${directory}/floor`;
  const untar = `mkdir ${scratch} && tar -C ${scratch} -xf ${rootfs}`;
  return [
    {
      what: 'load, 300 MB in 20,000 files, one layer',
      floor: untar,
      task: load(archives.oneLayer),
      after: remove('bench-one'),
    },
    {
      what: 'the same, its layer gzipped',
      floor: `pigz -dc ${rootfs}.gz > /dev/null`,
      task: load(archives.gzipped),
      after: remove('bench-gzip'),
    },
    {
      what: 'the same files in 10 layers',
      floor: `sha256sum ${rootfs}`,
      task: load(archives.tenLayers),
      after: remove('bench-ten'),
    },
    {
      what: 'import of the same',
      floor: `cp -a ${tree} ${scratch}`,
      task: importTar(rootfs),
      after: remove('bench-import'),
    },
    {
      what: 'save of the same',
      floor: `cat ${rootfs} > /dev/null`,
      before: load(archives.oneLayer),
      // Docker's own client: one in Node takes longer over the bytes than either daemon.
      task: async ({ host }) => {
        execFileSync('docker', ['-H', host, 'save', 'bench-one'], { stdio: ['ignore', 'ignore', 'inherit'] });
      },
    },
    {
      what: 'rmi of the same',
      floor: `rm -r ${scratch}`,
      before: load(archives.oneLayer),
      task: remove('bench-one'),
    },
  ];
}

/** One after the other, engine by engine in turns, so that a slow minute hits all alike. */
async function measure(engines: Engine[], measurement: Measurement): Promise<number[]> {
  const times = engines.map(() => [] as number[]);
  for (let run = 0; run < (measurement.runs ?? runs); run++) {
    for (const [index, engine] of engines.entries()) {
      await measurement.before?.(engine);
      // What earlier runs left to be written is not this one's.
      if (measurement.isSmall !== true) execFileSync('sync');
      const start = performance.now();
      await measurement.task(engine);
      times[index]?.push(performance.now() - start);
      await measurement.after?.(engine);
    }
  }
  return times.map(median);
}

function floorMs(command: string): number {
  const scratch = `${directory}/floor`;
  const times = [0, 1, 2].map(() => {
    rmSync(scratch, { recursive: true, force: true });
    if (command.startsWith('rm '))
      execFileSync('tar', ['-C', made(scratch), '-xf', `${directory}/rootfs.tar`]);
    execFileSync('sync');
    const start = performance.now();
    execFileSync('sh', ['-c', command]);
    return performance.now() - start;
  });
  rmSync(scratch, { recursive: true, force: true });
  return median(times);
}

function made(path: string): string {
  mkdirSync(path);
  return path;
}

/** A container's file of 1 GB becomes a layer. */
async function commitMs(engine: Engine): Promise<number> {
  const { api } = engine;
  const body = { Image: 'busybox', Cmd: ['dd', 'if=/dev/urandom', 'of=/big', 'bs=1M', 'count=1000'] };
  const { Id: id } = (await api.call('POST', '/containers/create', {
    ...body,
    HostConfig: { NetworkMode: 'none' },
  })) as { Id: string };
  try {
    await api.call('POST', `/containers/${id}/start`);
    await api.call('POST', `/containers/${id}/wait`);
    execFileSync('sync');
    const start = performance.now();
    await api.call('POST', `/commit?container=${id}&repo=bench-commit`, {});
    const time = performance.now() - start;
    await remove('bench-commit')(engine);
    return time;
  } finally {
    await api.call('DELETE', `/containers/${id}?force=1`);
  }
}

/** The list of a thousand images, as `docker images` asks for it. */
async function listMs(engines: Engine[], archives: Archives): Promise<number[]> {
  for (const engine of engines) await load(archives.thousandImages)(engine);
  return measure(engines, {
    what: '',
    task: async ({ api }) => {
      const list = (await api.call('GET', '/images/json')) as unknown[];
      if (list.length < 1000) throw new Error(`only ${list.length} images`);
    },
    isSmall: true,
    runs: 20,
  });
}

async function createMs(engines: Engine[], image: string): Promise<number[]> {
  const ids = new Map<Engine, string>();
  return measure(engines, {
    what: '',
    task: async engine => {
      const body = { Image: image, Cmd: ['/x'], HostConfig: { NetworkMode: 'none' } };
      const { Id } = (await engine.api.call('POST', '/containers/create', body)) as { Id: string };
      ids.set(engine, Id);
    },
    after: engine => engine.api.call('DELETE', `/containers/${ids.get(engine)}`),
    isSmall: true,
    runs: 20,
  });
}

/** The most memory that the daemon held while it loaded 2 GB. */
async function peakMb(engine: Engine, archives: Archives): Promise<number> {
  for (const pid of engine.pids) writeFileSync(`/proc/${pid}/clear_refs`, '5');
  await load(archives.large)(engine);
  const peaks = engine.pids.map(pid =>
    Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]),
  );
  await remove('bench-large')(engine);
  return peaks.reduce((sum, peak) => sum + peak, 0) / 1024;
}

function print(what: string, unit: string, values: number[], floor?: number): void {
  const [ours = Number.NaN, theirs] = values;
  const cells = [
    ...values,
    ...(theirs === undefined ? [] : [theirs / ours]),
    ...(floor === undefined ? [] : [floor]),
  ];
  console.log(`| ${what} | ${unit} | ${cells.map(value => value.toFixed(value < 10 ? 2 : 0)).join(' | ')} |`);
}

async function benchmark(engines: Engine[]): Promise<void> {
  const archives = makeArchives(directory);
  const only = process.env.BENCH_ONLY?.split(',');
  const isWanted = (what: string) => only === undefined || only.some(part => what.includes(part));
  console.log(`| what | unit | ${engines.map(({ name }) => name).join(' | ')} | times as fast | floor |`);
  for (const measurement of measurements(archives)) {
    if (!isWanted(measurement.what)) continue;
    const floor = measurement.floor === undefined ? undefined : floorMs(measurement.floor);
    print(measurement.what, 'ms', await measure(engines, measurement), floor);
    if (measurement.floor !== undefined)
      console.log(`  floor: ${measurement.floor.replaceAll(directory, '…')}`);
  }
  if (isWanted('commit')) await row('commit of 1 GB', 'ms', engines, commitMs);
  if (isWanted('sixty')) {
    for (const engine of engines) await load(archives.sixtyLayers)(engine);
    print('create on 1 layer', 'ms', await createMs(engines, 'busybox'));
    print('create on 60 layers (sixty)', 'ms', await createMs(engines, 'bench-sixty'));
    for (const engine of engines) await remove('bench-sixty')(engine);
  }
  if (isWanted('peak'))
    await row('peak memory of a load of 2 GB', 'MB', engines, engine => peakMb(engine, archives));
  if (isWanted('thousand')) print('list of a thousand images', 'ms', await listMs(engines, archives));
}

/** A row of one measurement at each engine; left out where an engine cannot do it. */
async function row(
  what: string,
  unit: string,
  engines: Engine[],
  task: (engine: Engine) => Promise<number>,
): Promise<void> {
  const values: number[] = [];
  for (const engine of engines) {
    values.push(
      await task(engine).catch((error: Error) => {
        console.error(`${what} at ${engine.name}: ${error.message}`);
        return Number.NaN;
      }),
    );
  }
  print(what, unit, values);
}

await withEngines(benchmark, { head: false });
