import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import {
  existsSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { promisify } from 'node:util';
import { launchProcess } from '../src/execdriver/native/launch-process.ts';
import { type Change, Runtime } from './fixtures/runtime.ts';
import { until } from '../src/base/testing/until.ts';

const runtime = new Runtime();
after(() => runtime.close());

/** Output of a container goes where `create` was told to. */
function into(file: string, command: string): string[] {
  return ['sh', '-c', `${command} > ${file}`];
}

const withoutPidNamespace: Change = ({ linux }) => {
  linux.namespaces = linux.namespaces?.filter(({ type }) => type !== 'pid');
};

test('a container is created, started, killed and deleted, and nothing is left', async () => {
  const bundle = runtime.bundle(['sleep', '1000']);
  const pidFile = join(bundle, 'pid');
  await runtime.succeed('create', '--bundle', bundle, '--pid-file', pidFile, 'one');
  const state = JSON.parse(await runtime.succeed('state', 'one')) as Record<string, unknown>;
  assert.equal(state.status, 'created');
  assert.equal(state.pid, Number(readFileSync(pidFile, 'utf8')));
  assert.equal(state.bundle, bundle);
  assert.equal(state.id, 'one');
  await runtime.succeed('start', 'one');
  assert.equal(await runtime.status('one'), 'running');
  assert.match((await runtime.call('start', 'one')).stderr, /cannot start an already running container/);
  assert.match(
    (await runtime.call('delete', 'one')).stderr,
    /cannot delete container one that is not stopped: running/,
  );
  await runtime.succeed('kill', 'one', 'KILL');
  await until(async () => (await runtime.status('one')) === 'stopped');
  assert.match((await runtime.call('kill', 'one')).stderr, /container not running/);
  assert.match((await runtime.call('exec', 'one', 'true')).stderr, /cannot exec in a stopped container/);
  await runtime.succeed('delete', 'one');
  assert.match((await runtime.call('state', 'one')).stderr, /container does not exist/);
  assert.deepEqual(runtime.leftovers(), []);
});

test('what is kept of a container is closed to other users', async () => {
  await runtime.succeed('create', '--bundle', runtime.bundle(['true']), 'closed');
  const modeOf = (path: string) => (statSync(join(runtime.root, path)).mode & 0o7777).toString(8);
  assert.deepEqual(['', 'closed', 'closed/state.json'].map(modeOf), ['700', '700', '600']);
  await runtime.succeed('delete', '--force', 'closed');
});

test('run passes the streams and the exit code on, and removes the container', async () => {
  const bundle = runtime.bundle(['sh', '-c', 'cat; echo error >&2; exit 7']);
  const outcome = await runtime.callWith({ input: 'input\n' }, 'run', '-b', bundle, 'two');
  assert.deepEqual(outcome, { code: 7, stdout: 'input\n', stderr: 'error\n' });
  const killed = await runtime.call(
    'run',
    '-b',
    runtime.bundle(['sh', '-c', 'kill -9 $$'], withoutPidNamespace),
    'two',
  );
  assert.equal(killed.code, 137);
  assert.deepEqual(runtime.leftovers(), []);
});

test('an id can be used once, and has to be a name', async () => {
  const bundle = runtime.bundle(['sleep', '1000']);
  await runtime.succeed('run', '-d', '-b', bundle, 'twice');
  const second = await runtime.call('run', '-d', '-b', bundle, 'twice');
  assert.equal(second.code, 1);
  assert.match(second.stderr, /container with given ID already exists/);
  assert.match((await runtime.call('create', '-b', bundle, '../x')).stderr, /invalid container ID format/);
  assert.match((await runtime.call('create', '-b', bundle, '')).stderr, /container id cannot be empty/);
  await runtime.succeed('delete', '-f', 'twice');
  assert.equal((await runtime.call('delete', '-f', 'twice')).code, 0);
});

test('exec runs a process with its own user, directory, environment and exit code', async () => {
  await runtime.succeed('run', '-d', '-b', runtime.bundle(['sleep', '1000']), 'three');
  const outcome = await runtime.call(
    'exec',
    '--user',
    '7:8',
    '-g',
    '9',
    '--cwd',
    '/tmp',
    '--env',
    'A=b',
    'three',
    'sh',
    '-c',
    'id -u; id -G; pwd; echo $A; exit 3',
  );
  assert.deepEqual(outcome, { code: 3, stdout: '7\n8 9\n/tmp\nb\n', stderr: '' });
  const missing = await runtime.call('exec', 'three', 'nothing');
  assert.equal(missing.code, 255);
  assert.match(
    missing.stderr,
    /exec failed: unable to start container process: exec: \\"nothing\\": executable file not found in \$PATH/,
  );
  const file = join(runtime.base, 'process.json');
  writeFileSync(
    file,
    JSON.stringify({ args: ['sh', '-c', 'echo $X'], env: ['X=y', 'PATH=/bin'], cwd: '/', user: {} }),
  );
  assert.equal(await runtime.succeed('exec', '--process', file, 'three'), 'y\n');
  const pidFile = join(runtime.base, 'exec-pid');
  await runtime.succeed('exec', '-d', '--pid-file', pidFile, 'three', 'sleep', '500');
  const pids = JSON.parse(await runtime.succeed('ps', '--format', 'json', 'three')) as number[];
  assert.equal(pids.length, 2);
  assert.ok(pids.includes(Number(readFileSync(pidFile, 'utf8'))));
  assert.match(await runtime.succeed('ps', 'three'), /sleep 500/);
  await runtime.succeed('delete', '--force', 'three');
  assert.deepEqual(runtime.leftovers(), []);
});

test('pause, resume, update, events and list show and change what runs', async () => {
  const id = 'four';
  await runtime.succeed('run', '-d', '-b', runtime.bundle(['sleep', '1000']), id);
  await runtime.succeed('pause', id);
  assert.equal(await runtime.status(id), 'paused');
  assert.match((await runtime.call('exec', id, 'true')).stderr, /cannot exec in a paused container/);
  await runtime.succeed('resume', id);
  assert.equal(await runtime.status(id), 'running');
  assert.match((await runtime.call('resume', id)).stderr, /container not paused/);
  await runtime.succeed('update', '--memory', '67108864', '--pids-limit', '77', id);
  const event = JSON.parse(await runtime.succeed('events', '--stats', id)) as {
    type: string;
    id: string;
    data: { memory: { usage: { limit: number } }; pids: { current: number; limit: number } };
  };
  assert.equal(event.type, 'stats');
  assert.equal(event.data.memory.usage.limit, 67_108_864);
  assert.deepEqual(event.data.pids, { current: 1, limit: 77 });
  const update = { pids: { limit: 88 } };
  const outcome = await runtime.callWith({ input: JSON.stringify(update) }, 'update', '-r', '-', id);
  assert.deepEqual(outcome, { code: 0, stdout: '', stderr: '' });
  assert.match(
    await runtime.succeed('list'),
    /^ID +PID +STATUS +BUNDLE +CREATED +OWNER\nfour +\d+ +running +\/.* root\n$/,
  );
  const rows = JSON.parse(await runtime.succeed('list', '-f', 'json')) as { id: string; status: string }[];
  assert.deepEqual(
    rows.map(({ id: name, status }) => [name, status]),
    [[id, 'running']],
  );
  assert.equal(await runtime.succeed('list', '-q'), 'four\n');
  await runtime.succeed('delete', '-f', id);
  assert.equal(await runtime.succeed('list', '-f', 'json'), 'null\n');
});

test('a terminal goes to the console socket, and has the size of the configuration', async () => {
  const bundle = runtime.bundle(['sh', '-c', 'stty size; tty; sleep 1000'], ({ process }) => {
    process.terminal = true;
    process.consoleSize = { height: 33, width: 99 };
  });
  assert.match(
    (await runtime.call('create', '-b', bundle, 'five')).stderr,
    /cannot allocate tty if runc will detach without setting console socket/,
  );
  const socket = join(runtime.base, 'console');
  const received = Promise.withResolvers<boolean>();
  // Node takes the message, and closes the descriptor that comes with it: the name is what is looked at.
  const server = createServer(connection => {
    connection.once('data', data => received.resolve(data.toString() === '/dev/ptmx'));
  }).listen(socket);
  // A pipe that the caller reads to its end is not held open by what waits.
  const args = ['--root', runtime.root, 'create', '-b', bundle, '--console-socket', socket, 'five'];
  await promisify(execFile)(runtime.program, args);
  assert.equal(await received.promise, true);
  server.close();
  const { pid } = JSON.parse(await runtime.succeed('state', 'five')) as { pid: number };
  const open = readdirSync(`/proc/${pid}/fd`).map(name => readlinkSync(`/proc/${pid}/fd/${name}`));
  assert.deepEqual(
    open.filter(name => !/^\/dev\/pts\/|^socket:|\/exec\.fifo$/.test(name)),
    [],
  );
  await runtime.succeed('delete', '-f', 'five');
  assert.deepEqual(runtime.leftovers(), []);
});

test('lines from a terminal in the foreground end as the program has written them', async () => {
  const bundle = runtime.bundle(['sh', '-c', 'tty; echo two'], ({ process }) => {
    process.terminal = true;
  });
  assert.match(await runtime.succeed('run', '-b', bundle, 'c'), /^\/dev\/(?:pts\/\d+|console)\ntwo\n$/);
});

test('hooks run at their moments, in order, with the state on standard input', async () => {
  const log = join(runtime.base, 'hooks');
  const hook = (name: string, root = '') => ({
    path: `${root}/bin/sh`,
    args: ['sh', '-c', `read state; echo "${name} $state" >> ${root ? '/tmp/hooks' : log}`],
    env: ['PATH=/bin:/usr/bin'],
  });
  const inRoot = (name: string) => ({
    ...hook(name),
    args: [
      '/bin/busybox',
      'sh',
      '-c',
      `read state; echo "${name} $state" >> /proc/1/cwd/hooks 2>/dev/null || true`,
    ],
  });
  const bundle = runtime.bundle(['true'], spec => {
    spec.annotations = { 'org.example': 'x' };
    spec.hooks = {
      prestart: [hook('prestart')],
      createRuntime: [hook('createRuntime')],
      createContainer: [hook('createContainer')],
      startContainer: [{ ...inRoot('startContainer'), path: '/bin/busybox' }],
      poststart: [hook('poststart')],
      poststop: [hook('poststop')],
    };
  });
  await runtime.succeed('run', '-b', bundle, 'six');
  const lines = readFileSync(log, 'utf8').trim().split('\n');
  assert.deepEqual(
    lines.map(line => line.split(' ')[0]),
    ['prestart', 'createRuntime', 'createContainer', 'poststart', 'poststop'],
  );
  const states = lines.map(line => JSON.parse(line.slice(line.indexOf(' '))) as Record<string, unknown>);
  assert.deepEqual(
    states.map(({ status }) => status),
    ['creating', 'creating', 'creating', 'running', 'stopped'],
  );
  assert.equal(states[0]!.bundle, bundle);
  assert.deepEqual(states[0]!.annotations, { 'org.example': 'x' });
  assert.equal(typeof states[0]!.pid, 'number');
});

test('a hook that fails, or takes too long, fails the creation, and nothing is left', async () => {
  const after = join(runtime.base, 'after-failure');
  for (const [args, words] of [
    [['sh', '-c', 'echo reason >&2; exit 1'], /reason/],
    [['sh', '-c', 'exec sleep 100'], /ETIMEDOUT/],
  ] as const) {
    const bundle = runtime.bundle(['true'], spec => {
      spec.hooks = {
        createRuntime: [{ path: '/bin/sh', args: [...args], timeout: 1, env: ['PATH=/bin:/usr/bin'] }],
        poststop: [{ path: '/bin/sh', args: ['sh', '-c', `cat > ${after}`] }],
      };
    });
    const { code, stderr } = await runtime.call('create', '-b', bundle, 'seven');
    const { id, status } = JSON.parse(readFileSync(after, 'utf8')) as { id: string; status: string };
    assert.deepEqual({ id, status }, { id: 'seven', status: 'stopped' });
    rmSync(after);
    assert.equal(code, 1);
    assert.match(stderr, words);
    assert.deepEqual(runtime.leftovers(), []);
  }
});

test('descriptors are passed on when asked for, with systemd’s in front', async () => {
  const bundle = runtime.bundle([
    'sh',
    '-c',
    'cat /proc/self/fd/3; ls /proc/self/fd | wc -l; echo $LISTEN_FDS $LISTEN_PID',
  ]);
  const file = join(runtime.base, 'passed');
  writeFileSync(file, 'passed on\n');
  const call = `exec 3<${file}; LISTEN_FDS=1 ${runtime.program} --root ${runtime.root} run -b ${bundle} eight`;
  const { execFileSync } = await import('node:child_process');
  assert.equal(execFileSync('sh', ['-c', call], { encoding: 'utf8' }), 'passed on\n5\n1 1\n');
  const { stderr } = await runtime.call('run', '-b', bundle, '--preserve-fds', '5', 'eight');
  assert.match(stderr, /preserved-fd \d \(of 5\) is present/);
});

test('what is wrong in a configuration is named by its place, and nothing is left', async () => {
  const wrong = async (change: Parameters<Runtime['bundle']>[1], words: RegExp) => {
    const { code, stderr } = await runtime.call('create', '-b', runtime.bundle(['true'], change), 'nine');
    assert.equal(code, 1);
    assert.match(stderr, words);
    assert.deepEqual(runtime.leftovers(), []);
  };
  await wrong(
    spec => spec.linux.namespaces?.push({ type: 'nonsense' as 'pid' }),
    /config\.json: linux\.namespaces\[\d\]\.type: expected one of pid, network/,
  );
  await wrong(
    spec => (spec.process.cwd = 'relative'),
    /process\.cwd: expected an absolute path, got \\"relative\\"/,
  );
  await wrong(
    spec => (spec.mounts = [{ destination: '/mnt', type: 'nofs', source: 'x' }]),
    /mount\(type=\\"nofs\\".*target=\\"\/mnt\\".*\): no such device/,
  );
  await wrong(
    spec => (spec.process.args = ['/nothing']),
    /exec: \\"\/nothing\\": stat \/nothing: no such file/,
  );
});

test('errors go to the log file in its format, for containerd and conmon', async () => {
  const log = join(runtime.base, 'log.json');
  const { code, stderr } = await runtime.call('--log', log, '--log-format', 'json', 'start', 'none');
  assert.equal(code, 1);
  const entry = JSON.parse(readFileSync(log, 'utf8')) as Record<string, string>;
  assert.equal(entry.level, 'error');
  assert.equal(entry.msg, 'container does not exist');
  assert.ok(Date.parse(entry.time!) > 0);
  assert.equal(stderr, 'container does not exist\n');
});

test('spec, features, plan and help print what they promise', async () => {
  const features = JSON.parse(await runtime.succeed('features')) as { linux: { namespaces: string[] } };
  assert.equal(features.linux.namespaces.length, 8);
  assert.match(await runtime.succeed('plan', runtime.bundle(['true'])), /^parent:\n {2}mkdir\(/);
  const plan = JSON.parse(await runtime.succeed('plan', '--json', runtime.bundle(['true']))) as Record<
    string,
    unknown[]
  >;
  assert.deepEqual(Object.keys(plan), ['parent', 'child', 'cleanup']);
  assert.match(await runtime.succeed('--help'), /checkpoint +checkpoint a running container/);
  assert.match(await runtime.succeed('create', '--help'), /--console-socket value/);
  assert.match(
    (await runtime.call('create', '--nonsense', 'x')).stderr,
    /flag provided but not defined: -nonsense/,
  );
  const bundle = join(runtime.base, 'rootfs');
  await runtime.succeed('spec', '-b', bundle);
  assert.ok(existsSync(join(bundle, 'config.json')));
  assert.match(
    (await runtime.call('spec', '-b', bundle)).stderr,
    /File config\.json exists\. Remove it first/,
  );
});

test('an exec has the output of its own command where the container has it elsewhere', async () => {
  await runtime.succeed('run', '-d', '-b', runtime.bundle(into('/tmp/out', 'sleep 1000')), 'ten');
  assert.equal(await runtime.succeed('exec', 'ten', 'echo', 'here'), 'here\n');
  await runtime.succeed('delete', '-f', 'ten');
});

test('checkpoint and restore say clearly when criu is missing', async () => {
  await runtime.succeed('run', '-d', '-b', runtime.bundle(['sleep', '1000']), 'kept');
  const images = join(runtime.base, 'images');
  const path = join(runtime.base, 'no-programs');
  const env = { PATH: `${path}:/bin` };
  const { code, stderr } = await runtime.callWith({ env }, 'checkpoint', '--image-path', images, 'kept');
  assert.equal(code, 1);
  assert.match(stderr, /criu is not installed|criu dump failed/);
  assert.equal(await runtime.status('kept'), 'running');
  await runtime.succeed('delete', '-f', 'kept');
});

test('systemd’s cgroups are refused with runc’s words where it does not run, and nothing is left', {
  skip: existsSync('/run/systemd/system'),
}, async () => {
  const { code, stderr } = await runtime.call(
    '--systemd-cgroup',
    'create',
    '-b',
    runtime.bundle(['true']),
    'systemd',
  );
  assert.equal(code, 1);
  assert.match(stderr, /systemd support for managing cgroups is not available/);
  assert.deepEqual(runtime.leftovers(), []);
});

test('what fails in the child is told, however far its parent has come meanwhile', () => {
  const wait = {
    op: 'hook' as const,
    path: '/bin/sleep',
    args: ['sleep', '0.2'],
    env: [],
    state: '',
    timeoutMs: 0,
    addsHome: false,
  };
  const clone = { op: 'clone' as const, flags: 0 };
  const failing = { op: 'chdir' as const, path: '/nowhere', mayFail: false };
  for (const parent of [
    [clone, wait, { op: 'release' as const }],
    [clone, { op: 'release' as const }, wait],
    [clone, wait],
  ])
    assert.throws(
      () =>
        launchProcess({
          shimPath: join(runtime.base, 'installed/shim/bin/slipway-shim'),
          id: 'x',
          plan: { parent, child: [failing], cleanup: [] },
          streams: [0, 1, 2],
          terminal: false,
        }),
      { message: /chdir to cwd \("\/nowhere"\) set in config\.json failed: no such file/ },
    );
});
