/** Checkpoint and restore by criu; where it works with the kernel, as in the virtual machine. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Runtime } from './fixtures/runtime.ts';

const runtime = new Runtime();
after(() => runtime.close());

const works = spawnSync('criu', ['check']).status === 0;
const skip = works ? false : 'criu is missing, or does not work with this kernel';

/** criu restores streams that are the null device or pipes, and not the files that the others of a test are. */
function quietly(...args: string[]): void {
  const { status } = spawnSync(runtime.program, ['--root', runtime.root, ...args], { stdio: 'ignore' });
  assert.equal(status, 0, args.join(' '));
}

/** How far the container has counted. */
async function count(id: string): Promise<number> {
  return Number(await runtime.succeed('exec', id, 'cat', '/dev/shm/n'));
}

test('a container goes on after a restore where it was, and is one like any other', { skip }, async () => {
  const shared = join(runtime.base, 'rootfs/etc');
  const script = 'i=0; while true; do i=$((i+1)); echo $i > /dev/shm/n; sleep 0.1; done';
  const bundle = runtime.bundle(['sh', '-c', script], ({ mounts }) => {
    mounts!.push({ destination: '/shared', type: 'bind', source: shared, options: ['rbind'] });
  });
  const [first, second, work] = ['first', 'second', 'work'].map(name => join(runtime.base, name)) as [
    string,
    string,
    string,
  ];
  quietly('run', '-d', '-b', bundle, 'kept');
  await runtime.succeed('checkpoint', '--pre-dump', '--image-path', first, 'kept');
  assert.equal(await runtime.status('kept'), 'running');
  const before = await count('kept');
  await runtime.succeed(
    'checkpoint',
    '--image-path',
    second,
    '--parent-path',
    '../first',
    '--work-path',
    work,
    'kept',
  );
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
