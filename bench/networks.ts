/**
 * `npm run bench -- networks`: user-defined networks and their names, here and at a dockerd in the same run. Prints a
 * table for bench/RESULTS.md. To be run in a network namespace of its own.
 */
import { createSocket } from 'node:dgram';
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { encode } from 'dns-packet';
import { AF_INET, SOCK_CLOEXEC, SOCK_DGRAM } from '../src/kernel/abi/socket.ts';
import { syscall } from '../src/kernel/libc.ffi.ts';
import { inNetworkNamespace } from '../src/kernel/namespaces.ts';
import { type Engine, withEngines } from './engines.ts';
import { formatRow } from './format-row.ts';
import { memoryOf } from './memory.ts';
import { median, timed } from './statistics.ts';

const RUNS = 20;
const IN_FLIGHT = 64;
const ASKING_MS = 4000;
/** USER_HZ: what /proc counts processors' time in. */
const TICKS_PER_SECOND = 100;

async function createAndRemove({ api }: Engine): Promise<void> {
  await api.call('POST', '/networks/create', { Name: 'bench-made' });
  await api.call('DELETE', '/networks/bench-made');
}

async function connectAndDisconnect({ api }: Engine): Promise<void> {
  await api.call('POST', '/networks/bench-back/connect', { Container: 'bench-one' });
  await api.call('POST', '/networks/bench-back/disconnect', { Container: 'bench-one' });
}

async function startOn(engine: Engine, network: string): Promise<number> {
  const { api } = engine;
  const { Id } = (await api.call('POST', '/containers/create', {
    Image: 'busybox',
    Cmd: ['sleep', '1000'],
    HostConfig: { NetworkMode: network },
  })) as { Id: string };
  const [ms = 0] = await timed(() => api.call('POST', `/containers/${Id}/start`), 1, 0);
  await api.call('DELETE', `/containers/${Id}?force=1`);
  return ms;
}

/** Median milliseconds of each engine, which take turns. */
async function inTurns(engines: Engine[], measure: (engine: Engine) => Promise<number>): Promise<number[]> {
  const times = new Map(engines.map(engine => [engine, [] as number[]]));
  for (let turn = -3; turn < RUNS; turn++)
    for (const [engine, own] of times) {
      const ms = await measure(engine);
      if (turn >= 0) own.push(ms);
    }
  return Array.from(times.values(), median);
}

const timeOf = async (task: () => Promise<unknown>): Promise<number> => (await timed(task, 1, 0))[0] ?? 0;

/** Answers a second about another container's name, with that many questions under way. */
async function answersPerSecond({ api }: Engine): Promise<number> {
  const { State } = (await api.call('GET', '/containers/bench-one/json')) as { State: { Pid: number } };
  const namespace = openSync(`/proc/${State.Pid}/ns/net`, 'r');
  const fd = inNetworkNamespace(namespace, () =>
    syscall('socket', 'bench', AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0),
  );
  closeSync(namespace);
  const socket = createSocket('udp4');
  await new Promise<void>(resolve => socket.bind({ fd }, resolve));
  const question = encode({
    type: 'query',
    id: 7,
    flags: 0x100,
    questions: [{ type: 'A', name: 'bench-two' }],
  });
  const ask = (): void => socket.send(question, 53, '127.0.0.11');
  let answers = 0;
  socket.on('message', () => {
    answers++;
    ask();
  });
  for (let asked = 0; asked < IN_FLIGHT; asked++) ask();
  const start = performance.now();
  await new Promise(resolve => setTimeout(resolve, ASKING_MS));
  socket.close();
  return (answers * 1000) / (performance.now() - start);
}

/** The pid of the process that answers; 0 for none. */
function resolverOf([slipway]: Engine[]): number {
  const { host } = slipway as Engine;
  const directory = dirname(host.replace('unix://', ''));
  const pids = readdirSync('/proc').filter(name => /^\d+$/.test(name));
  const isIt = (pid: string): boolean => {
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      return command.includes('resolver.js') && command.includes(directory);
    } catch {
      return false;
    }
  };
  return Number(pids.find(isIt) ?? 0);
}

function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

async function fill({ api }: Engine): Promise<void> {
  for (const name of ['bench-front', 'bench-back'])
    await api.call('POST', '/networks/create', { Name: name });
  for (const name of ['bench-one', 'bench-two']) {
    await api.call('POST', `/containers/create?name=${name}`, {
      Image: 'busybox',
      Cmd: ['sleep', '100000'],
      HostConfig: { NetworkMode: 'bench-front' },
    });
    await api.call('POST', `/containers/${name}/start`);
  }
}

async function empty({ api }: Engine): Promise<void> {
  for (const name of ['bench-one', 'bench-two']) await api.call('DELETE', `/containers/${name}?force=1`);
  for (const name of ['bench-front', 'bench-back']) await api.call('DELETE', `/networks/${name}`);
}

async function measure(engines: Engine[]): Promise<void> {
  const row = async (what: string, task: (engine: Engine) => Promise<number>) =>
    console.log(formatRow(what, 'ms', await inTurns(engines, task)));
  await row('network create and rm', engine => timeOf(() => createAndRemove(engine)));
  await row('network connect and disconnect, of a running container', engine =>
    timeOf(() => connectAndDisconnect(engine)),
  );
  for (const network of ['none', 'bridge', 'bench-front'])
    await row(`start, network ${network}`, engine => startOn(engine, network));
  const rates: number[] = [];
  const resolver = resolverOf(engines);
  const before = resolver ? cpuSeconds(resolver) : 0;
  for (const engine of engines) rates.push(await answersPerSecond(engine));
  console.log(formatRow(`names answered, ${IN_FLIGHT} questions at a time`, '/s', rates));
  if (!resolver) return;
  console.log(
    formatRow('processors that the resolver used for it', '', [
      ((cpuSeconds(resolver) - before) * 1000) / ASKING_MS,
    ]),
  );
  console.log(formatRow('memory of the resolver (RSS)', 'MB', [(memoryOf(resolver)?.rssKb ?? 0) / 1024]));
}

await withEngines(async engines => {
  for (const engine of engines) await fill(engine);
  await measure(engines);
  for (const engine of engines) await empty(engine);
});
