/** Checkpoint and restore by criu; where it works with the kernel, as in the virtual machine. */
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  closeSync,
  existsSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { after, test } from 'node:test';
import { createNetworkNamespace } from '../src/kernel/namespaces.ts';
import { ConsoleListener } from './fixtures/console-listener.ts';
import { type Change, Runtime } from './fixtures/runtime.ts';
import { until } from '../src/base/testing/until.ts';

const runtime = new Runtime();
after(() => runtime.close());

const works = spawnSync('criu', ['check']).status === 0;
const skip = works ? false : 'criu is missing, or does not work with this kernel';

/** criu restores streams that are the null device or pipes, and not the files that the others of a test are. */
function quietly(...args: string[]): void {
  const log = place('log');
  const global = ['--root', runtime.root, '--log', log];
  const { status } = spawnSync(runtime.program, [...global, ...args], { stdio: 'ignore' });
  assert.equal(status, 0, `${args.join(' ')}: ${existsSync(log) ? readFileSync(log, 'utf8') : ''}`);
}

async function pidOf(id: string): Promise<number> {
  return (JSON.parse(await runtime.succeed('state', id)) as { pid: number }).pid;
}

const place = (name: string) => join(runtime.base, name);
const COUNTS = 'i=0; while true; do i=$((i+1)); echo $i > /dev/shm/n; sleep 0.1; done';
const ANSWERS = 'while read line; do echo "got $line"; done';

/** How far the container has counted. */
async function count(id: string): Promise<number> {
  return Number(await runtime.succeed('exec', id, 'cat', '/dev/shm/n'));
}

test('a container goes on after a restore where it was, and is one like any other', { skip }, async () => {
  const shared = join(runtime.base, 'rootfs/etc');
  const root = runtime.ownRoot('linked');
  symlinkSync('etc', join(root, 'link'));
  const bundle = runtime.bundle(['sh', '-c', COUNTS], spec => {
    spec.root = { path: root };
    spec.mounts!.push({ destination: '/link', type: 'bind', source: shared, options: ['bind'] });
    spec.mounts!.push({ destination: '/shared', type: 'bind', source: shared, options: ['rbind'] });
  });
  const [first, second, work] = ['first', 'second', 'work'].map(name => join(runtime.base, name)) as [
    string,
    string,
    string,
  ];
  quietly('run', '-d', '-b', bundle, 'kept');
  // Not every kernel tells which pages have changed.
  const tracks = spawnSync('criu', ['check', '--feature', 'mem_dirty_track']).status === 0;
  if (tracks) await runtime.succeed('checkpoint', '--pre-dump', '--image-path', first, 'kept');
  assert.equal(await runtime.status('kept'), 'running');
  const before = await count('kept');
  const images = ['--image-path', second, ...(tracks ? ['--parent-path', '../first'] : [])];
  await runtime.succeed('checkpoint', ...images, '--work-path', work, 'kept');
  assert.match((await runtime.call('state', 'kept')).stderr, /container does not exist/);
  assert.deepEqual(runtime.leftovers(), []);
  const pidFile = join(runtime.base, 'pid');
  const options = ['--image-path', second, '--work-path', work, '--pid-file', pidFile];
  quietly('restore', '-d', '-b', bundle, ...options, 'kept');
  const { pid, status } = JSON.parse(await runtime.succeed('state', 'kept')) as {
    pid: number;
    status: string;
  };
  assert.equal(status, 'running');
  assert.equal(pid, Number(readFileSync(pidFile, 'utf8')));
  assert.ok((await count('kept')) > before);
  assert.match(await runtime.succeed('exec', 'kept', 'cat', '/shared/passwd'), /^root:/);
  assert.ok(!readFileSync('/proc/self/mounts', 'utf8').includes(`${runtime.base}/rootfs`));
  await runtime.succeed('kill', 'kept', 'KILL');
  while ((await runtime.status('kept')) !== 'stopped');
  await runtime.succeed('delete', 'kept');
  assert.deepEqual(runtime.leftovers(), []);
});

test('what criu cannot do is told with its reason, and the container stays as it was', { skip }, async () => {
  await runtime.succeed('run', '-d', '-b', runtime.bundle(['sleep', '1000']), 'stays');
  const images = join(runtime.base, 'refused');
  // Its streams are files that are not in the container.
  const { code, stderr } = await runtime.call('checkpoint', '--image-path', images, 'stays');
  assert.equal(code, 1);
  assert.match(stderr, /criu dump failed: .*Can't lookup mount/);
  assert.equal(await runtime.status('stays'), 'running');
  const restored = await runtime.call(
    'restore',
    '-b',
    runtime.bundle(['true']),
    '--image-path',
    images,
    'new',
  );
  assert.equal(restored.code, 1);
  assert.match(restored.stderr, /criu restore failed: .*Error/);
  assert.ok(!existsSync(join(runtime.root, 'new')));
  await runtime.succeed('delete', '-f', 'stays');
});

test('images of before are looked for where they are said to be', async () => {
  await runtime.succeed('run', '-d', '-b', runtime.bundle(['sleep', '1000']), 'based');
  const refusal = async (parent: string) =>
    (await runtime.call('checkpoint', '--image-path', place('images'), '--parent-path', parent, 'based'))
      .stderr;
  assert.match(await refusal('/tmp'), /--parent-path must be relative/);
  assert.match(await refusal('../missing'), /invalid --parent-path: .*missing: no such file or directory/);
  await runtime.succeed('delete', '-f', 'based');
});

test('a terminal is sent to the console socket again, with what is typed and shown on it', {
  skip,
}, async () => {
  const listener = new ConsoleListener(place('console'));
  const bundle = runtime.bundle(['sh', '-c', ANSWERS], ({ process }) => {
    process.terminal = true;
  });
  const options = ['-d', '-b', bundle, '--console-socket', listener.path];
  const images = ['--image-path', place('terminal')];
  quietly('run', ...options, 'typed');
  await listener.accept();
  listener.type('one\n');
  await listener.shows('got one');
  for (const word of ['two', 'three']) {
    await runtime.succeed('checkpoint', ...images, 'typed');
    quietly('restore', ...options, ...images, 'typed');
    await listener.accept();
    listener.type(`${word}\n`);
    await listener.shows(`got ${word}`);
  }
  assert.match(
    (await runtime.call('restore', '-d', '-b', bundle, ...images, 'other')).stderr,
    /cannot allocate tty if runc will detach without setting console socket/,
  );
  await runtime.succeed('delete', '-f', 'typed');
  listener.close();
  assert.deepEqual(runtime.leftovers(), []);
});

test('in the foreground what comes on the streams goes to the restored terminal, and back', {
  skip,
}, async () => {
  const listener = new ConsoleListener(place('foreground-console'));
  const script = 'read line; echo "got $line"; exit 7';
  const bundle = runtime.bundle(['sh', '-c', script], ({ process }) => {
    process.terminal = true;
  });
  const images = ['--image-path', place('foreground')];
  quietly('run', '-d', '-b', bundle, '--console-socket', listener.path, 'shown');
  await listener.accept();
  await runtime.succeed('checkpoint', ...images, 'shown');
  listener.close();
  const words = ['--root', runtime.root, 'restore', '-b', bundle, ...images, 'shown'];
  const restored = spawn(runtime.program, words, { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(restored, 'exit');
  restored.stdin.write('one\n');
  await shows(restored.stdout, 'one\ngot one\n');
  assert.deepEqual(await ended, [7, null]);
  assert.deepEqual(runtime.leftovers(), []);
});

test('external pid, IPC and UTS namespaces are joined again', { skip }, async () => {
  const holder = runtime.bundle(['sleep', '1000'], spec => {
    spec.hostname = 'holder';
  });
  quietly('run', '-d', '-b', holder, 'holder');
  const types = ['pid', 'ipc', 'uts'];
  const held = await pidOf('holder');
  const bundle = runtime.bundle(['sleep', '1000'], spec => {
    spec.hostname = undefined;
    for (const one of spec.linux.namespaces!)
      if (types.includes(one.type)) one.path = `/proc/${held}/ns/${one.type}`;
  });
  const images = ['--image-path', place('joined')];
  quietly('run', '-d', '-b', bundle, 'joins');
  await runtime.succeed('checkpoint', ...images, 'joins');
  quietly('restore', '-d', '-b', bundle, ...images, 'joins');
  const pid = await pidOf('joins');
  for (const type of types)
    assert.equal(readlinkSync(`/proc/${pid}/ns/${type}`), readlinkSync(`/proc/${held}/ns/${type}`));
  assert.equal(await runtime.succeed('exec', 'joins', 'hostname'), 'holder\n');
  for (const id of ['joins', 'holder']) await runtime.succeed('delete', '-f', id);
  assert.deepEqual(runtime.leftovers(), []);
});

test('what was executed in a restored container is restored with it', { skip }, async () => {
  const bundle = runtime.bundle(['sleep', '1000']);
  const images = ['--image-path', place('twice')];
  const again = async () => {
    await runtime.succeed('checkpoint', ...images, 'twice');
    quietly('restore', '-d', '-b', bundle, ...images, 'twice');
  };
  quietly('run', '-d', '-b', bundle, 'twice');
  await again();
  const background = 'sleep 2000 </dev/null >/dev/null 2>&1 & echo $!';
  const pid = (await runtime.succeed('exec', 'twice', 'sh', '-c', background)).trim();
  await again();
  assert.match(await runtime.succeed('exec', 'twice', 'ps'), new RegExp(`^ +${pid} .*sleep 2000$`, 'm'));
  await runtime.succeed('delete', '-f', 'twice');
});

test('restore connects the container to the streams of its caller in place of those of run', {
  skip,
}, async () => {
  const bundle = runtime.bundle(['sh', '-c', ANSWERS]);
  // Node's own streams are sockets; those of the programs in between are pipes.
  const pipeline = (...args: string[]) => {
    const script = 'cat | { "$@"; echo "exit code $?"; } | cat';
    const words = ['-c', script, 'sh', runtime.program, '--root', runtime.root, ...args];
    return spawn('sh', words, { stdio: ['pipe', 'pipe', 'ignore'] });
  };
  const images = ['--image-path', place('pipes')];
  const first = pipeline('run', '-d', '-b', bundle, 'piped');
  await shows(first.stdout, 'exit code 0\n');
  first.stdin.write('one\n');
  await shows(first.stdout, 'got one\n');
  await runtime.succeed('checkpoint', ...images, 'piped');
  first.stdin.end();
  // In the foreground this time: the exit code is the program's own.
  const second = pipeline('restore', '-b', bundle, ...images, 'piped');
  second.stdin.end('two\n');
  await shows(second.stdout, 'got two\nexit code 0\n');
  assert.deepEqual(runtime.leftovers(), []);
});

/** Returns when all of it, and nothing else, has been read. */
async function shows(stream: Readable, expected: string): Promise<void> {
  let text = '';
  for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
    text += String(chunk);
    if (text.length >= expected.length) break;
  }
  assert.equal(text, expected);
}

test('a fresh bundle gets the places of the mounts, another cgroup, and the limits', { skip }, async () => {
  const shared = runtime.ownRoot('shared-tree');
  const change: Change = spec => {
    spec.root = { path: place('fresh') };
    spec.linux.resources = {
      pids: { limit: 1 },
      devices: [
        { allow: false, access: 'rwm' },
        { allow: true, type: 'c', major: 1, minor: 11, access: 'rm' },
      ],
    };
    spec.linux.devices = [{ path: '/dev/kmsg', type: 'c', major: 1, minor: 11 }];
    spec.mounts!.push(
      { destination: '/deep/shared', type: 'bind', source: shared, options: ['rbind'] },
      { destination: '/deep/shared/inner', type: 'tmpfs', source: 'tmpfs' },
      { destination: '/one/file', type: 'bind', source: '/etc/passwd', options: ['bind'] },
    );
  };
  runtime.ownRoot('fresh');
  const images = ['--image-path', place('moved')];
  quietly('run', '-d', '-b', runtime.bundle(['sleep', '1000'], change), 'moved');
  await runtime.succeed('checkpoint', ...images, 'moved');
  rmSync(place('fresh'), { recursive: true });
  rmSync(join(shared, 'inner'), { recursive: true });
  runtime.ownRoot('fresh');
  // A bundle of its own has a cgroup of its own.
  quietly('restore', '-d', '-b', runtime.bundle(['sleep', '1000'], change), ...images, 'moved');
  const pid = await pidOf('moved');
  const { cgroupPaths } = JSON.parse(readFileSync(join(runtime.root, 'moved/state.json'), 'utf8')) as {
    cgroupPaths: { unified: string; v1: Record<string, string> };
  };
  for (const directory of [cgroupPaths.unified, ...Object.values(cgroupPaths.v1)])
    assert.match(readFileSync(`${directory}/cgroup.procs`, 'utf8'), new RegExp(`^${pid}$`, 'm'), directory);
  assert.equal(readFileSync(`${cgroupPaths.v1.pids ?? cgroupPaths.unified}/pids.max`, 'utf8').trim(), '1');
  await runtime.succeed('update', '--pids-limit', '10', 'moved');
  const script =
    'head -n 1 /one/file; ls -d /deep/shared/inner; (: >/dev/null) && echo null; (: >>/dev/kmsg) && echo written';
  const shown = await runtime.succeed('exec', 'moved', 'sh', '-c', `${script}; true`);
  // The kernel's log can be read but not written: the device program is there again.
  assert.match(shown, /^root:.*\n\/deep\/shared\/inner\nnull\n$/);
  await runtime.succeed('delete', '-f', 'moved');
  assert.deepEqual(runtime.leftovers(), []);
});

test('a network namespace that was given to it is there again, and is not made', { skip }, async () => {
  const namespace = createNetworkNamespace();
  const path = `/proc/${process.pid}/fd/${namespace}`;
  const bundleIn = (path: string) =>
    runtime.bundle(['sleep', '1000'], ({ linux }) => {
      linux.namespaces!.find(({ type }) => type === 'network')!.path = path;
    });
  const bundle = bundleIn(path);
  const images = ['--image-path', place('network')];
  quietly('run', '-d', '-b', bundle, 'outer');
  await runtime.succeed('checkpoint', ...images, 'outer');
  quietly('restore', '-d', '-b', bundle, ...images, 'outer');
  assert.equal(readlinkSync(`/proc/${await pidOf('outer')}/ns/net`), readlinkSync(path));
  await runtime.succeed('delete', '-f', 'outer');
  closeSync(namespace);
  const { stderr } = await runtime.call('restore', '-d', '-b', bundleIn('/missing'), ...images, 'outer');
  assert.match(stderr, /Requested network namespace .* does not exist/);
  assert.deepEqual(runtime.leftovers(), []);
});

test('the annotation org.criu.config names options that go before ours', { skip }, async () => {
  const config = place('criu.conf');
  writeFileSync(config, 'log-file=other.log\n');
  const bundle = runtime.bundle(['sleep', '1000'], spec => {
    spec.annotations = { 'org.criu.config': config };
  });
  const options = ['--image-path', place('annotated'), '--work-path', place('annotated-work')];
  quietly('run', '-d', '-b', bundle, 'annotated');
  await runtime.succeed('checkpoint', ...options, 'annotated');
  const log = join(place('annotated-work'), 'other.log');
  assert.match(readFileSync(log, 'utf8'), /Dumping finished successfully/);
  rmSync(log);
  quietly('restore', '-d', '-b', bundle, ...options, 'annotated');
  assert.ok(existsSync(log));
  await runtime.succeed('delete', '-f', 'annotated');
});

test('--status-fd tells when the pages of a lazy migration can be asked for', { skip }, async t => {
  if (spawnSync('criu', ['check', '--feature', 'uffd-noncoop']).status !== 0)
    return t.skip('this kernel or criu has no lazy pages');
  // Both are there at once: the second has a cgroup of its own.
  const bundles = [runtime.bundle(['sh', '-c', COUNTS]), runtime.bundle(['sh', '-c', COUNTS])] as const;
  quietly('run', '-d', '-b', bundles[0], 'lazy');
  const before = await count('lazy');
  const images = ['--image-path', place('lazy-images')];
  const notWritable = await runtime.call('checkpoint', '--lazy-pages', '--status-fd', '0', ...images, 'lazy');
  assert.match(notWritable.stderr, /invalid --status-fd argument 0: not writable/);
  const lazily = ['--lazy-pages', '--page-server', '127.0.0.1:27277', '--status-fd', '3'];
  const dump = spawn(runtime.program, ['--root', runtime.root, 'checkpoint', ...lazily, ...images, 'lazy'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  const dumped = once(dump, 'exit');
  assert.deepEqual(await once(dump.stdio[3]!, 'data'), [Buffer.alloc(1)]);
  const pages = [
    'lazy-pages',
    '--page-server',
    '--address',
    '127.0.0.1',
    '--port',
    '27277',
    '-D',
    images[1]!,
  ];
  const served = once(spawn('criu', pages, { stdio: 'ignore' }), 'exit');
  await until(() => existsSync(join(images[1]!, 'lazy-pages.socket')));
  quietly(
    'restore',
    '-d',
    '-b',
    bundles[1],
    '--lazy-pages',
    ...images,
    '--work-path',
    images[1]!,
    'lazy-restored',
  );
  assert.deepEqual(
    [await dumped, await served],
    [
      [0, null],
      [0, null],
    ],
  );
  assert.ok((await count('lazy-restored')) > before);
  await runtime.succeed('delete', '-f', 'lazy-restored');
});

const noSystemd = skip || (existsSync('/run/systemd/system') ? false : 'systemd does not run here');

test('with systemd a restored container has its unit, and hooks see its namespaces', {
  skip: noSystemd,
}, async () => {
  const name = runtime.cgroupParent;
  const hook = place('hook');
  writeFileSync(hook, `#!/bin/sh\ncat >>${place('hooked')}\n`);
  chmodSync(hook, 0o755);
  const bundle = runtime.bundle(['sleep', '1000'], spec => {
    spec.linux.cgroupsPath = `:${name}:kept`;
    spec.linux.resources = { pids: { limit: 1 } };
    spec.hooks = { createRuntime: [{ path: hook }] };
  });
  const images = ['--image-path', place('unit')];
  quietly('--systemd-cgroup', 'run', '-d', '-b', bundle, 'unit');
  await runtime.succeed('--systemd-cgroup', 'checkpoint', ...images, 'unit');
  quietly('--systemd-cgroup', 'restore', '-d', '-b', bundle, ...images, 'unit');
  const unit = `${name}-kept.scope`;
  const shown = () =>
    execFileSync('systemctl', ['show', unit, '-p', 'ActiveState,TasksMax', '--value'], { encoding: 'utf8' });
  assert.deepEqual(shown().trim().split('\n').filter(Boolean).sort(), ['1', 'active']);
  const states = readFileSync(place('hooked'), 'utf8').split('}').filter(Boolean);
  assert.equal(states.length, 2);
  assert.match(states[1]!, new RegExp(`"pid":${await pidOf('unit')},`));
  await runtime.succeed('delete', '-f', 'unit');
  assert.match(shown(), /inactive/);
  assert.deepEqual(runtime.leftovers(), []);
});
