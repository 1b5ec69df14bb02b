/**
 * `npm run bench -- registry`: pull and push of a 300 MB image of 10 layers, here and at a dockerd in the same run, with
 * one docker-registry that both reach over loopback. PEER_DOCKER_REGISTRY is that program. Prints a table for
 * bench/RESULTS.md. BENCH_ARCHIVES is where the archives lie, BENCH_RUNS how often each thing is done, BENCH_ONLY
 * `pull` or `push`. PEER_PODMAN and PEER_CTR are commands that start podman and containerd's ctr on roots of their own:
 * they pull the same in the same run, in turns with the engines.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Engine, withEngines } from './engines.ts';
import { makeTenLayersArchive } from './graph-archives.ts';
import { freePort } from './free-port.ts';
import { formatRow } from './format-row.ts';
import { median } from './statistics.ts';

const program = process.env.PEER_DOCKER_REGISTRY ?? 'docker-registry';
const directory = process.env.BENCH_ARCHIVES ?? '/var/tmp/slipway-bench-archives';
const runs = Number(process.env.BENCH_RUNS ?? 5);
const NOBODY = { 'X-Registry-Auth': 'e30=' };

class Registry {
  readonly #root = mkdtempSync('/var/tmp/slipway-bench-registry-');
  #child: ChildProcess | undefined;
  host = '';

  async start(): Promise<void> {
    const port = await freePort();
    this.host = `127.0.0.1:${port}`;
    const config = join(this.#root, 'config.yml');
    const storage = `filesystem: {rootdirectory: ${join(this.#root, 'data')}}, delete: {enabled: true}`;
    writeFileSync(
      config,
      `version: 0.1\nlog: {level: error, accesslog: {disabled: true}}\nstorage: {${storage}}\nhttp: {addr: "${this.host}"}\n`,
    );
    this.#child = spawn(program, ['serve', config], { stdio: 'ignore' });
    while (!(await this.#answers())) await new Promise(resolve => setTimeout(resolve, 20));
  }

  async #answers(): Promise<boolean> {
    try {
      return (await fetch(`http://${this.host}/v2/`)).ok;
    } catch {
      return false;
    }
  }

  async stop(): Promise<void> {
    const ended = new Promise(resolve => this.#child?.once('exit', resolve));
    this.#child?.kill('SIGKILL');
    await ended;
    rmSync(this.#root, { recursive: true, force: true });
  }
}

/** @throws Error also for an error within the answer */
async function transfer({ api }: Engine, path: string): Promise<void> {
  const answer = await api.post(path, NOBODY);
  if (answer.includes('errorDetail')) throw new Error(answer);
}

const pull = (engine: Engine, name: string) => transfer(engine, `/images/create?fromImage=${name}&tag=1`);
const push = (engine: Engine, name: string) => transfer(engine, `/images/${name}/push?tag=1`);
const remove = ({ api }: Engine, name: string) => api.call('DELETE', `/images/${name}:1?force=1`);

/** Milliseconds, and those of them (of all cores) that the engine's processes were at work. */
type Cost = { elapsedMs: number; busyMs: number };

async function cost(engine: Engine, task: () => Promise<unknown>): Promise<Cost> {
  const [start, busy] = [performance.now(), busyMs(engine)];
  await task();
  return { elapsedMs: performance.now() - start, busyMs: busyMs(engine) - busy };
}

/** Of an engine's processes, and of those that they have waited for (Docker has programs decompress). */
function busyMs({ pids }: Engine): number {
  const ticks = pids.flatMap(pid => {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ');
    return fields.slice(11, 15).map(Number);
  });
  return ticks.reduce((sum, count) => sum + count, 0) * 10;
}

/** A program that pulls, and is no engine with Docker's API. */
type Puller = {
  name: string;
  pull: (image: string) => Promise<unknown>;
  remove: (image: string) => Promise<unknown>;
};

function pullers(): Puller[] {
  const found: Puller[] = [];
  const { PEER_PODMAN, PEER_CTR } = process.env;
  if (PEER_PODMAN)
    found.push({
      name: 'podman',
      pull: image => command(PEER_PODMAN, 'pull', '-q', '--tls-verify=false', image),
      remove: image => command(PEER_PODMAN, 'rmi', '-f', image),
    });
  if (PEER_CTR)
    found.push({
      name: 'containerd',
      pull: image => command(PEER_CTR, 'images', 'pull', '--plain-http', image),
      remove: image => command(PEER_CTR, 'images', 'rm', '--sync', image),
    });
  return found;
}

function command(prefix: string, ...args: string[]): Promise<unknown> {
  const [file = '', ...first] = prefix.split(' ');
  return promisify(execFile)(file, [...first, ...args], { maxBuffer: 2 ** 26 });
}

async function timeProgram({ pull: bring, remove: drop }: Puller, image: string): Promise<number> {
  const start = performance.now();
  await bring(image);
  const elapsedMs = performance.now() - start;
  await drop(image);
  return elapsedMs;
}

/** A pull of what is not there, into an engine without it. */
async function timePull(engine: Engine, name: string): Promise<Cost> {
  const pulled = await cost(engine, () => pull(engine, name));
  await remove(engine, name);
  return pulled;
}

/** A push of an image that came from another registry, into one that has nothing. */
async function timePush(engine: Engine, name: string): Promise<Cost> {
  const target = new Registry();
  await target.start();
  try {
    const pushed = `${target.host}/bench/app`;
    await pull(engine, name);
    await engine.api.call('POST', `/images/${name}:1/tag?repo=${pushed}&tag=1`);
    const sent = await cost(engine, () => push(engine, pushed));
    await remove(engine, pushed);
    return sent;
  } finally {
    await remove(engine, name).catch(() => undefined);
    await target.stop();
  }
}

/** Of all processes of an engine, in MB: what it took at most. */
function peakMemory({ pids }: Engine): number {
  const peaks = pids.map(pid =>
    Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0),
  );
  return peaks.reduce((sum, kilobytes) => sum + kilobytes, 0) / 1024;
}

/** What all pull: made and pushed by our own engine. */
async function fillRegistry(engine: Engine, name: string): Promise<void> {
  await engine.api.upload('/images/load?quiet=1', makeTenLayersArchive(directory));
  await engine.api.call('POST', `/images/bench-ten/tag?repo=${name}&tag=1`);
  await push(engine, name);
  for (const image of [`${name}:1`, 'bench-ten']) await engine.api.call('DELETE', `/images/${image}?force=1`);
}

const TASKS = { 'pull, 300 MB in 10 layers': timePull, 'push, the same': timePush };

async function measure(engines: Engine[], name: string): Promise<void> {
  for (const [what, task] of Object.entries(TASKS)) {
    if (!what.startsWith(process.env.BENCH_ONLY ?? '')) continue;
    const programs = task === timePull ? pullers() : [];
    const times = programs.map(() => [] as number[]);
    const costs = engines.map(() => [] as Cost[]);
    for (let run = 0; run <= runs; run++) {
      // The first one warms up.
      for (const [index, engine] of engines.entries()) {
        const one = await task(engine, name);
        if (run > 0) costs[index]?.push(one);
      }
      for (const [index, program] of programs.entries()) {
        const elapsedMs = await timeProgram(program, `${name}:1`);
        if (run > 0) times[index]?.push(elapsedMs);
      }
    }
    const medians = (key: keyof Cost) => costs.map(list => median(list.map(one => one[key])));
    console.log(formatRow(what, 'ms', medians('elapsedMs')));
    console.log(formatRow(what, 'ms of processor', medians('busyMs')));
    for (const [index, { name: program }] of programs.entries())
      console.log(`${program}: ${median(times[index] ?? []).toFixed(0)} ms`);
  }
  console.log(formatRow('peak RSS', 'MB', engines.map(peakMemory)));
}

const source = new Registry();
await source.start();
try {
  await withEngines(async engines => {
    const name = `${source.host}/bench/app`;
    await fillRegistry(engines[0] as Engine, name);
    await measure(engines, name);
  });
} finally {
  await source.stop();
}
