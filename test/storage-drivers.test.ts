/** The daemon with each storage driver, as a user of the docker CLI sees it. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { closeSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { promisify } from 'node:util';
import { openFuseMount } from '../src/kernel/fuse-mount.ts';
import { noDocker } from './fixtures/docker-client.ts';
import { DaemonProcess } from './fixtures/daemon-process.ts';
import { MountedFileSystem, whyNot } from './fixtures/loop-file-system.ts';
import { until } from '../src/base/testing/until.ts';

const BTRFS = { type: 'btrfs', sizeBytes: 512 * 2 ** 20 };
const EXAMPLE = new URL('fixtures/example-driver.mjs', import.meta.url).pathname;
const run = promisify(execFile);

type Given = { name: string; flag?: string; status: [string, string][]; fileSystem?: typeof BTRFS };

const EXTFS: [string, string] = ['Backing Filesystem', 'extfs'];
const DRIVERS: Given[] = [
  {
    name: 'overlay2',
    status: [
      EXTFS,
      ['Supports d_type', 'true'],
      ['Using metacopy', 'false'],
      ['Native Overlay Diff', 'true'],
      ['userxattr', 'false'],
    ],
  },
  { name: 'vfs', status: [EXTFS] },
  { name: 'fuse-overlayfs', status: [EXTFS] },
  {
    name: 'btrfs',
    status: [
      ['Btrfs', ''],
      ['Backing Filesystem', 'btrfs'],
    ],
    fileSystem: BTRFS,
  },
  { name: 'example', flag: EXAMPLE, status: [['Example', 'whole copies']] },
];

for (const { name, flag = name, status, fileSystem } of DRIVERS) {
  const skip = noDocker || (fileSystem !== undefined && whyNot(fileSystem));
  suite(`a daemon with ${name}`, { skip }, () => {
    let daemon: DaemonProcess;
    let mounted: MountedFileSystem | undefined;
    before(async () => {
      mounted = fileSystem && new MountedFileSystem(fileSystem);
      const flags = mounted ? ['--data-root', join(mounted.directory, 'data')] : [];
      daemon = await DaemonProcess.startWithBusybox('--storage-driver', flag, ...flags);
    });
    after(async () => {
      await daemon.dispose();
      mounted?.dispose();
    });

    const docker = (...args: string[]) => daemon.dockerOut(...args);

    test('tells which driver it has, and why', async () => {
      const told = JSON.parse(await docker('info', '-f', '{{json .DriverStatus}}')) as [string, string][];
      const room = told.splice(-2);
      assert.deepEqual(told, [...status, ['Chosen', 'asked for']]);
      assert.deepEqual(
        room.map(([what]) => what),
        ['Data Space Total', 'Data Space Available'],
      );
      const image = JSON.parse(await docker('inspect', 'busybox')) as [{ GraphDriver: { Name: string } }];
      assert.equal(image[0].GraphDriver.Name, name);
    });

    test('runs containers that keep what they write, apart from one another', async () => {
      const script = 'rm /bin/vi; echo own > /etc/own; cat /etc/own';
      assert.equal(await docker('run', '--name', 'one', 'busybox', 'sh', '-c', script), 'own');
      assert.equal(
        await docker('run', '--rm', 'busybox', 'sh', '-c', 'ls /bin/vi; ls /etc/own || true'),
        '/bin/vi',
      );
      const files = await daemon.run(['sh', '-c', `docker export one | tar t`]);
      assert.match(files.stdout, /^etc\/own$/m);
      assert.doesNotMatch(files.stdout, /^bin\/vi$/m);
      assert.equal(await docker('start', '-a', 'one'), 'own');
      await docker('rm', 'one');
    });

    test('fills a new volume with what the image has there', async () => {
      const listing = await docker('run', '--rm', '-v', '/etc', 'busybox', 'ls', '/etc');
      assert.match(listing, /^passwd$/m);
    });

    test('leaves its containers alone when it is killed, and finds their files again', async () => {
      await docker('run', '-d', '--name', 'going', 'busybox', 'sleep', '100000');
      await docker('exec', 'going', 'sh', '-c', 'echo before > /file');
      const pid = await docker('inspect', '-f', '{{.State.Pid}}', 'going');
      await daemon.kill();
      assert.equal(readFileSync(`/proc/${pid}/root/file`, 'utf8'), 'before\n');
      await daemon.start();
      assert.equal(await docker('exec', 'going', 'cat', '/file'), 'before');
      await docker('restart', '-t', '0', 'going');
      assert.equal(await docker('exec', 'going', 'cat', '/file'), 'before');
      await docker('rm', '-f', 'going');
      assert.ok(!readFileSync('/proc/self/mountinfo', 'utf8').includes(`${daemon.base}/`));
    });

    test('leaves no process when a container ends while it is dead', async () => {
      await docker('run', '-d', '--name', 'ending', 'busybox', 'sleep', '100000');
      const pid = Number(await docker('inspect', '-f', '{{.State.Pid}}', 'ending'));
      await daemon.kill();
      process.kill(pid, 'SIGKILL');
      await until(async () => (await commandsIn(daemon.base)).length === 0);
      await daemon.start();
      assert.equal(await docker('inspect', '-f', '{{.State.ExitCode}}', 'ending'), '137');
      await docker('rm', 'ending');
    });

    test('refuses storage options that it cannot follow, and leaves nothing', async () => {
      const { code, stderr } = await daemon.docker(
        'run',
        '--name',
        'odd',
        '--storage-opt',
        'colour=red',
        'busybox',
      );
      assert.equal(code, 125);
      assert.match(
        stderr,
        /Unknown option colour|Storage opt colour not supported|--storage-opt is not supported/,
      );
      assert.equal(await docker('ps', '-aq'), '');
    });
  });
}

suite('a daemon on btrfs with a limit of size', { skip: noDocker || whyNot(BTRFS) }, () => {
  test('lets a container write so much and no more', async () => {
    const mounted = new MountedFileSystem(BTRFS);
    const flags = ['--storage-driver', 'btrfs', '--data-root', join(mounted.directory, 'data')];
    const daemon = await DaemonProcess.start(...flags);
    try {
      await daemon.slipway('image', 'bootstrap', 'busybox');
      const write = ['busybox', 'dd', 'if=/dev/zero', 'of=/file', 'bs=1M', 'count=32', 'conv=fsync'];
      const limited = await daemon.docker('run', '--name', 'small', '--storage-opt', 'size=16M', ...write);
      assert.equal(limited.code, 1);
      assert.match(limited.stderr, /quota exceeded|No space left/i);
      const inspected = await daemon.docker('inspect', '-f', '{{.HostConfig.StorageOpt.size}}', 'small');
      assert.equal(inspected.stdout, '16M\n');
      const free = await daemon.docker('run', '--rm', ...write);
      assert.equal(free.code, 0, free.stderr);
    } finally {
      await daemon.dispose();
      mounted.dispose();
    }
  });
});

test('a mount whose server is gone is an error, not a wait', () => {
  const { mount, connection } = openFuseMount('nobody');
  closeSync(connection);
  assert.throws(() => readFileSync(`/proc/self/fd/${mount}/file`), { code: 'ENOTCONN' });
  closeSync(mount);
});

/** Programs with something of the directory in their command lines, but for this test's own. */
async function commandsIn(directory: string): Promise<string[]> {
  const { stdout } = await run('ps', ['-eo', 'args']);
  return stdout.split('\n').filter(line => line.startsWith('fuse-overlayfs') && line.includes(directory));
}
