/**
 * `sh scripts/node bench/runtime.ts`: how long the OCI runtime takes for a busybox container that runs `true`, as a
 * program, beside runc and crun where RUNC and CRUN name the commands that start them (PEER_TMP: what they see
 * this machine's /tmp as), and as a library inside this process. Prints a table. Run `npm run build` first: the program is measured as installed.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openNativeDriver } from '../src/execdriver/native/open-native-driver.ts';
import { exampleSpec } from '../src/runtime/example-spec.ts';
import { makeBusyboxRoot } from '../test/fixtures/busybox-root.ts';
import { median, timed } from './statistics.ts';

const RUNS = Number(process.env.BENCH_RUNS ?? 40);
const repository = join(import.meta.dirname, '..');
const base = mkdtempSync('/tmp/slipway-runtime-bench-');
/** State lies in memory, as /run does. */
const memory = mkdtempSync('/dev/shm/slipway-runtime-bench-');

type Peer = { name: string; command: string[]; base: string };

function peers(): Peer[] {
  const node = process.execPath;
  const flags = ['--disable-warning=ExperimentalWarning', '--v8-pool-size=0', '--min-semi-space-size=4'];
  const own = [node, ...flags, join(repository, 'dist/slipway-runtime.cjs'), 'slipway-runtime'];
  const others = ['RUNC', 'CRUN'].flatMap(name => {
    const command = process.env[name]?.split(' ');
    const seen = base.replace('/tmp', process.env.PEER_TMP ?? '/tmp');
    return command ? [{ name: name.toLowerCase(), command, base: seen }] : [];
  });
  return [
    { name: 'slipway-runtime', command: own, base },
    { name: 'slipway-runtime from its sources', command: [join(repository, 'bin/slipway-runtime')], base },
    { name: 'node -e 0', command: [node, '-e', '0', '--'], base },
    ...others,
  ];
}

function bundle(name: string, args: string[]): void {
  const spec = exampleSpec(false);
  mkdirSync(join(base, name), { recursive: true });
  const process = { ...spec.process!, terminal: false, args, env: ['PATH=/bin'] };
  const root = { path: '../rootfs' };
  const linux = {
    ...spec.linux,
    namespaces: spec.linux?.namespaces?.filter(({ type }) => type !== 'cgroup'),
  };
  writeFileSync(join(base, name, 'config.json'), JSON.stringify({ ...spec, process, root, linux }));
}

function call([program = '', ...words]: readonly string[]): void {
  const { status, stderr } = spawnSync(program, words, { stdio: ['ignore', 'ignore', 'pipe'] });
  if (status !== 0) throw new Error(`${program} ${words.join(' ')}: ${String(stderr)}`);
}

type What = 'run' | 'exec' | 'state';
type Times = Partial<Record<What, number>>;

/** All in turn, run by run: the machine's speed drifts. */
async function programTimes(programs: readonly Peer[]): Promise<Times[]> {
  const tasks = programs.map((program, index) => tasksOf(program, index));
  const times = tasks.map((): Record<What, number[]> => ({ run: [], exec: [], state: [] }));
  for (const { begin } of tasks) begin();
  // The first run of each warms it up.
  for (let run = 0; run <= RUNS; run++)
    for (const what of ['run', 'exec', 'state'] as const)
      for (const [index, { words }] of tasks.entries()) {
        const command = words[what];
        if (!command) continue;
        const [time = 0] = await timed(async () => call(command), 1, 0);
        if (run > 0) times[index]![what].push(time);
      }
  for (const { end } of tasks) end();
  return times.map(({ run, exec, state }) => ({
    run: median(run),
    ...(exec.length > 0 ? { exec: median(exec), state: median(state) } : {}),
  }));
}

function tasksOf({ name, command, base: seen }: Peer, index: number) {
  const root = ['--root', join(memory, `state-${name.replaceAll(/\W/g, '')}`)];
  const run = [...command, ...root, 'run', '--bundle', join(seen, 'true'), `bench-${index}`];
  if (name.startsWith('node'))
    return { words: { run: command }, begin: () => undefined, end: () => undefined };
  const idle = `idle-${index}`;
  return {
    words: {
      run,
      exec: [...command, ...root, 'exec', idle, 'true'],
      state: [...command, ...root, 'state', idle],
    } as Partial<Record<What, string[]>>,
    begin: () => {
      const started = [...command, ...root, 'run', '--detach', '--bundle', join(seen, 'sleep'), idle];
      spawnSync(started[0]!, started.slice(1), { stdio: 'ignore' });
    },
    end: () => call([...command, ...root, 'delete', '--force', idle]),
  };
}

async function libraryTimes() {
  const driver = openNativeDriver({ shimPath: join(repository, 'shim/bin/slipway-shim') });
  let count = 0;
  const spec = exampleSpec(false);
  const create = (args: string[]) => {
    const id = `library-${++count}`;
    return driver.create({
      id,
      stateDir: join(memory, id),
      spec: { ...spec, process: { ...spec.process!, args, env: ['PATH=/bin'] } },
      rootfs: { type: 'bind', path: join(base, 'rootfs') },
      io: { terminal: false, stdin: false, stdinOnce: false },
    });
  };
  const life = async () => {
    const container = await create(['true']);
    await container.start();
    await container.exited;
    await container.remove();
  };
  await timed(life, 10);
  const run = median(await timed(life, RUNS));
  const idle = await create(['sleep', '1000']);
  await idle.start();
  const execute = async () => {
    const process = await idle.exec({
      id: `exec-${++count}`,
      process: { args: ['true'], env: ['PATH=/bin'], cwd: '/', user: { uid: 0, gid: 0 } },
      io: { terminal: false, stdin: false, stdinOnce: false },
    });
    await process.start();
    await process.exited;
  };
  await timed(execute, 10);
  const exec = median(await timed(execute, RUNS));
  await idle.remove();
  driver.close();
  return { run, exec };
}

makeBusyboxRoot(join(base, 'rootfs'));
bundle('true', ['true']);
bundle('sleep', ['sleep', '1000']);
try {
  console.log('| what | run (create, start, wait, delete), ms | exec, ms | state, ms |\n|---|---|---|---|');
  const cell = (value: number | undefined) => value?.toFixed(2) ?? '';
  const row = (name: string, { run, exec, state }: Times) =>
    console.log(`| ${name} | ${cell(run)} | ${cell(exec)} | ${cell(state)} |`);
  row('library', await libraryTimes());
  const programs = peers();
  const times = await programTimes(programs);
  for (const [index, { name }] of programs.entries()) row(name, times[index]!);
} finally {
  for (const directory of [base, memory]) rmSync(directory, { recursive: true, force: true });
}
