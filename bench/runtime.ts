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

function call(command: readonly string[], ...args: string[]): void {
  const [program = '', ...words] = [...command, ...args];
  const { status, stderr } = spawnSync(program, words, { stdio: ['ignore', 'ignore', 'pipe'] });
  if (status !== 0) throw new Error(`${program} ${words.join(' ')}: ${String(stderr)}`);
}

async function programTimes({ name, command, base: seen }: Peer) {
  const root = ['--root', join(memory, `state-${name.replaceAll(/\W/g, '')}`)];
  const times = async (task: () => void) => {
    task();
    return median(await timed(async () => task(), RUNS));
  };
  const run = await times(() => call(command, ...root, 'run', '--bundle', join(seen, 'true'), 'bench'));
  if (name.startsWith('node')) return { run };
  const started = [...command, ...root, 'run', '--detach', '--bundle', join(seen, 'sleep'), 'idle'];
  spawnSync(started[0]!, started.slice(1), { stdio: 'ignore' });
  const exec = await times(() => call(command, ...root, 'exec', 'idle', 'true'));
  const state = await times(() => call(command, ...root, 'state', 'idle'));
  call(command, ...root, 'delete', '--force', 'idle');
  return { run, exec, state };
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
  const row = (name: string, { run, exec, state }: { run: number; exec?: number; state?: number }) =>
    console.log(`| ${name} | ${cell(run)} | ${cell(exec)} | ${cell(state)} |`);
  row('library', await libraryTimes());
  for (const peer of peers()) row(peer.name, await programTimes(peer));
} finally {
  for (const directory of [base, memory]) rmSync(directory, { recursive: true, force: true });
}
