/**
 * podman and containerd with slipway-runtime in runc's place, where they are installed and cgroups are v2 alone: beside
 * v1 they leave cgroups of their own all over the machine.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { detectCgroupLayout } from '../src/cgroups/layout.ts';
import { Runtime } from './fixtures/runtime.ts';
import { until } from '../src/base/testing/until.ts';

const runtime = new Runtime();
const rootfs = join(runtime.base, 'rootfs');
const unified = detectCgroupLayout().mode === 'v2';

function unable(...programs: string[]): string | false {
  if (!unified) return 'cgroups are not v2 alone';
  const missing = programs.filter(program => spawnSync(program, ['--version']).error !== undefined);
  return missing.length > 0 ? `not installed: ${missing.join(', ')}` : false;
}

type Result = { code: number | null; stdout: string; stderr: string };

function call([program = '', ...words]: readonly string[]): Result {
  const { status, stdout, stderr } = spawnSync(program, words, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return { code: status, stdout, stderr };
}

function succeed(command: readonly string[]): string {
  const { code, stdout, stderr } = call(command);
  assert.equal(code, 0, `${command.join(' ')}: ${stderr}`);
  return stdout.trim();
}

/** Under script(1), which is the terminal: what is shown there. */
function onTerminal(command: readonly string[]): string {
  const line = command.map(word => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
  return succeed(['script', '-qec', line, '/dev/null']);
}

const directory = (name: string) => join(runtime.base, name);

const PODMAN = [
  `podman --root ${directory('podman')} --runroot ${directory('podman-run')} --tmpdir ${directory('podman-tmp')}`,
  `--storage-driver vfs --events-backend file --log-level error`,
  `--cgroup-manager cgroupfs --runtime ${runtime.program}`,
].flatMap(line => line.split(' '));
const SETTINGS = ['--network', 'none', '--ulimit', 'host', '--cgroup-parent', `/${runtime.cgroupParent}`];

function podmanRun(options: readonly string[], ...command: string[]): string[] {
  return [...PODMAN, 'run', ...SETTINGS, ...options, '--rootfs', rootfs, ...command];
}

const noPodman = unable('podman', 'conmon');

test('podman runs a container to its end: output, exit code, limits, terminal', { skip: noPodman }, () => {
  assert.equal(succeed(podmanRun(['--rm'], 'id', '-u')), '0');
  assert.equal(call(podmanRun(['--rm'], 'sh', '-c', 'exit 7')).code, 7);
  const missing = call(podmanRun(['--rm'], 'nothing'));
  assert.equal(missing.code, 127, missing.stderr);
  assert.match(missing.stderr, /executable file not found in \$PATH/);
  const limits = ['--rm', '--pids-limit', '20', '--memory', '64m', '--cpus', '0.5'];
  const files = ['pids.max', 'memory.max', 'cpu.max'].map(file => `/sys/fs/cgroup/${file}`);
  assert.equal(succeed(podmanRun(limits, 'cat', ...files)), `20\n${64 << 20}\n50000 100000`);
  assert.match(onTerminal(podmanRun(['--rm', '-it'], 'tty')), /\/dev\/(pts\/0|console)/);
});

test('podman looks after one that goes on: exec, pause, top, stats, stop', { skip: noPodman }, async () => {
  succeed(
    podmanRun(['-d', '--name', 'goes-on'], 'sh', '-c', 'trap "exit 3" TERM; while :; do sleep 0.1; done'),
  );
  const podman = (...words: string[]) => succeed([...PODMAN, ...words]);
  assert.equal(podman('exec', '--user', '5:6', 'goes-on', 'id', '-u'), '5');
  assert.match(onTerminal([...PODMAN, 'exec', '-it', 'goes-on', 'tty']), /\/dev\/pts\/\d/);
  assert.equal(call([...PODMAN, 'exec', 'goes-on', 'sh', '-c', 'exit 9']).code, 9);
  podman('pause', 'goes-on');
  assert.equal(podman('inspect', '--format', '{{.State.Status}}', 'goes-on'), 'paused');
  podman('unpause', 'goes-on');
  assert.match(podman('top', 'goes-on', 'pid', 'args'), /1 +sh -c/);
  assert.match(podman('stats', '--no-stream', '--format', '{{.PIDS}}', 'goes-on'), /^\d+$/);
  podman('stop', 'goes-on');
  assert.equal(podman('inspect', '--format', '{{.State.ExitCode}}', 'goes-on'), '3');
  podman('rm', 'goes-on');
});

test('podman gives a container a user namespace, and joins those of another', { skip: noPodman }, () => {
  const mapped = ['--rm', '--uidmap', '0:100000:5000', '--gidmap', '0:100000:5000'];
  assert.match(succeed(podmanRun(mapped, 'cat', '/proc/self/uid_map')), /^0 +100000 +5000$/);
  const name = succeed(podmanRun(['-d', '--name', 'first'], 'sleep', '1000'));
  const shared = ['--rm', '--pid', 'container:first', '--ipc', 'container:first'];
  assert.match(succeed(podmanRun(shared, 'ps')), / 1 .*sleep 1000/);
  assert.ok(name);
  succeed([...PODMAN, 'rm', '--force', '--time', '0', 'first']);
});

const noContainerd = unable('containerd', 'ctr', 'containerd-shim-runc-v2');
const socket = directory('containerd.sock');
let containerd: ChildProcess | undefined;

/** A containerd of our own, with nothing in it but what is needed. */
async function startContainerd(): Promise<void> {
  const config = directory('containerd.toml');
  const disabled = [
    'io.containerd.grpc.v1.cri',
    'io.containerd.internal.v1.opt',
    'io.containerd.snapshotter.v1.zfs',
  ];
  writeFileSync(
    config,
    `version = 2
root = "${directory('containerd')}"
state = "${directory('containerd-state')}"
disabled_plugins = ${JSON.stringify(disabled)}
[grpc]
  address = "${socket}"
`,
  );
  containerd = spawn('containerd', ['--config', config, '--log-level', 'error'], { stdio: 'ignore' });
  while (call([...CTR, 'version']).code !== 0) {
    assert.equal(containerd.exitCode, null, 'containerd has ended');
    await delay(100);
  }
}

const CTR = ['ctr', '--address', socket, '--namespace', runtime.cgroupParent];

function ctrRun(options: readonly string[], id: string, ...command: string[]): string[] {
  const settings = ['--env', 'PATH=/bin', '--runc-binary', runtime.program, '--rootfs'];
  return [...CTR, 'run', ...options, ...settings, rootfs, id, ...command];
}

test("containerd's shim for runc makes, executes in, and ends containers", {
  skip: noContainerd,
}, async () => {
  await startContainerd();
  assert.equal(succeed(ctrRun(['--rm'], 'once', 'id', '-u')), '0');
  assert.equal(call(ctrRun(['--rm'], 'code', 'sh', '-c', 'exit 7')).code, 7);
  assert.match(call(ctrRun(['--rm'], 'missing', 'nothing')).stderr, /executable file not found in \$PATH/);
  assert.match(onTerminal(ctrRun(['--rm', '--tty'], 'terminal', 'tty')), /\/dev\/(pts\/0|console)/);
  succeed(ctrRun(['--detach', '--memory-limit', String(64 << 20)], 'stays', 'sleep', '1000'));
  const task = (...words: string[]) => [...CTR, 'task', ...words];
  const limit = `/sys/fs/cgroup/${runtime.cgroupParent}/stays/memory.max`;
  assert.equal(readFileSync(limit, 'utf8').trim(), String(64 << 20));
  assert.match(succeed(task('exec', '--exec-id', 'one', 'stays', 'ps')), /^ +1 .*sleep 1000$/m);
  assert.equal(call(task('exec', '--exec-id', 'two', 'stays', 'sh', '-c', 'exit 9')).code, 9);
  succeed(task('pause', 'stays'));
  assert.match(succeed(task('list')), /^stays +\d+ +PAUSED$/m);
  succeed(task('resume', 'stays'));
  assert.match(succeed(task('ps', 'stays')), /^\d+/m);
  assert.match(succeed(task('metrics', 'stays')), /pids\.current +1/);
  succeed(task('kill', '--signal', 'SIGKILL', 'stays'));
  await until(() => /STOPPED/.test(succeed(task('list'))));
  succeed(task('delete', 'stays'));
  succeed([...CTR, 'container', 'delete', 'stays']);
});

after(async () => {
  if (!noPodman) call([...PODMAN, 'rm', '--all', '--force', '--time', '0']);
  if (containerd) {
    call([...CTR, 'task', 'delete', '--force', 'stays']);
    containerd.kill();
    await once(containerd, 'exit');
  }
  if (unified) removeCgroupsBelow(join('/sys/fs/cgroup', runtime.cgroupParent));
  await runtime.close();
});

/** podman leaves some. */
function removeCgroupsBelow(path: string): void {
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    removeCgroupsBelow(join(path, entry.name));
    rmdirSync(join(path, entry.name));
  }
}
