import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { after, before, suite, test } from 'node:test';
import { EngineError } from '../src/base/errors.ts';
import { RootedThreads } from '../src/archive/rooted/rooted-threads.ts';
import { btrfs } from '../src/graph/graphdriver/btrfs.ts';
import { fuseOverlayfs } from '../src/graph/graphdriver/fuse-overlayfs.ts';
import type { GraphDriver, StorageDriver } from '../src/graph/graphdriver/graph-driver.ts';
import { overlay2 } from '../src/graph/graphdriver/overlay2.ts';
import { vfs } from '../src/graph/graphdriver/vfs.ts';
import { openDetachedOverlay } from '../src/kernel/detached-overlay.ts';
import { DaemonProcess } from './fixtures/daemon-process.ts';
import { type LoopFileSystem, MountedFileSystem, whyNot } from './fixtures/loop-file-system.ts';

const MEGABYTE = 2 ** 20;
const XFS = { type: 'xfs', sizeBytes: 512 * MEGABYTE, mountOptions: ['prjquota'] };
const EXT4 = {
  type: 'ext4',
  sizeBytes: 128 * MEGABYTE,
  makeOptions: ['-O', 'quota,project', '-E', 'quotatype=prjquota'],
  mountOptions: ['prjquota'],
};
const BTRFS = { type: 'btrfs', sizeBytes: 256 * MEGABYTE };
const FULL = /No space left on device|Disk quota exceeded/;
const REFUSALS = new Map([
  [overlay2, "--storage-opt is supported only for overlay over xfs with 'pquota' mount option"],
  [vfs, 'Filesystem does not support, or has not enabled quotas'],
  [fuseOverlayfs, '--storage-opt is not supported'],
]);

let threads: RootedThreads;
before(async () => {
  threads = await RootedThreads.open();
});
after(() => threads.close());

for (const [fileSystem, drivers] of [
  [XFS, [overlay2, vfs]],
  [EXT4, [overlay2, vfs]],
  [BTRFS, [btrfs]],
] as [LoopFileSystem, StorageDriver[]][]) {
  suite(`limits of size on ${fileSystem.type}`, { skip: whyNot(fileSystem) }, () => {
    let mounted: MountedFileSystem;
    before(() => {
      mounted = new MountedFileSystem(fileSystem);
    });
    after(() => mounted.dispose());

    for (const driver of drivers) {
      test(`${driver.name} keeps a container within its size, and others as they are`, () =>
        withDriver(mounted.directory, driver, async opened => {
          await opened.createContainer('small', [], { size: '8M' });
          await opened.createContainer('free', []);
          assert.equal(await write(opened, 'small', 4), '');
          assert.match(await write(opened, 'small', 16), FULL);
          assert.equal(await write(opened, 'free', 16), '');
        }));

      test(`${driver.name} limits a container anew that comes after one of that size`, () =>
        withDriver(mounted.directory, driver, async opened => {
          for (const id of ['first', 'second']) {
            await opened.createContainer(id, [], { size: '8M' });
            assert.equal(await write(opened, id, 6), '', id);
            await opened.removeContainer(id);
          }
          await opened.createContainer('third', []);
          assert.equal(await write(opened, 'third', 16), '');
        }));
    }
  });
}

suite('a container with a size of its own, from its creation to what it may write', {
  skip: whyNot(XFS),
}, () => {
  test('is told so, and the limit holds', async () => {
    const mounted = new MountedFileSystem(XFS);
    const daemon = await DaemonProcess.start('--data-root', `${mounted.directory}/data`);
    try {
      assert.equal((await daemon.slipway('image', 'bootstrap', 'busybox')).code, 0);
      const run = (name: string, size: string) => {
        const options = ['--name', name, '--net', 'none', '--storage-opt', `size=${size}`];
        const command = ['dd', 'if=/dev/zero', 'of=/big', 'bs=1M', 'count=16'];
        return daemon.slipway('run', ...options, 'busybox', ...command);
      };
      const small = await run('small', '8M');
      assert.equal(small.code, 1);
      assert.match(small.stderr, FULL);
      assert.equal((await run('large', '64M')).code, 0);
      const { stdout } = await daemon.slipway('inspect', '-f', '{{json .HostConfig.StorageOpt}}', 'small');
      assert.deepEqual(JSON.parse(stdout), { size: '8M' });
    } finally {
      await daemon.dispose();
      mounted.dispose();
    }
  });
});

suite('the default size of overlay2', { skip: whyNot(XFS) }, () => {
  test('holds for containers that say nothing, and can be exceeded by asking', async () => {
    const mounted = new MountedFileSystem(XFS);
    try {
      const options = ['overlay2.size=8M'];
      await withDriver(
        mounted.directory,
        overlay2,
        async opened => {
          await opened.createContainer('default', []);
          await opened.createContainer('large', [], { size: '64m' });
          assert.match(await write(opened, 'default', 16), FULL);
          assert.equal(await write(opened, 'large', 16), '');
          const { f_blocks, f_bsize } = await statOf(opened, 'default');
          assert.equal(f_blocks * f_bsize, 8 * MEGABYTE);
        },
        options,
      );
    } finally {
      mounted.dispose();
    }
  });
});

test('btrfs refuses sizes below its minimum', { skip: whyNot(BTRFS) }, async () => {
  const mounted = new MountedFileSystem(BTRFS);
  try {
    await withDriver(
      mounted.directory,
      btrfs,
      async opened => {
        await assert.rejects(opened.createContainer('c', [], { size: '1m' }), {
          kind: 'invalid-parameter',
          message: /btrfs: storage size cannot be less than/,
        });
        await opened.createContainer('c', [], { size: '20m' });
      },
      ['btrfs.min_space=10M'],
    );
  } finally {
    mounted.dispose();
  }
});

suite('without quotas of the file system', () => {
  let directory: string;
  before(() => {
    directory = fs.mkdtempSync(`${tmpdir()}/slipway-unlimited-`);
  });
  after(() => fs.rmSync(directory, { recursive: true }));

  for (const [driver, message] of REFUSALS) {
    test(`${driver.name} refuses a size in Docker's words, and leaves nothing`, () =>
      withDriver(directory, driver, async opened => {
        await assert.rejects(opened.createContainer('c', [], { size: '1g' }), {
          kind: 'invalid-parameter',
          message,
        });
        assert.deepEqual(opened.containers(), []);
      }));
  }

  test('a default size is refused when the driver is opened, and so are unknown options', async () => {
    const open = (...options: string[]) =>
      overlay2.open({ root: `${directory}/overlay2`, threads, options, EngineError });
    await assert.rejects(
      open('overlay2.size=1G'),
      /Storage Option overlay2.size only supported for backingFS XFS. Found extfs/,
    );
    await assert.rejects(open('overlay2.colour=red'), /overlay2: unknown option overlay2.colour/);
    await assert.rejects(open('btrfs.min_space=1G'), /overlay2: unknown option btrfs.min_space/);
    await assert.rejects(open('size'), /Unable to parse key\/value option: size/);
    await open('overlay2.override_kernel_check=true');
  });
});

async function withDriver(
  directory: string,
  driver: StorageDriver,
  task: (opened: GraphDriver) => Promise<void>,
  options: string[] = [],
): Promise<void> {
  const root = fs.mkdtempSync(`${directory}/driver-`);
  const opened = await driver.open({ root, threads, options, EngineError });
  try {
    await task(opened);
  } finally {
    for (const id of opened.containers()) await opened.removeContainer(id);
    fs.rmSync(root, { recursive: true, force: true });
  }
}

/** Writes a file in a container; what is said when it does not get to its end. The file goes again. */
async function write(driver: GraphDriver, id: string, megabytes: number): Promise<string> {
  return inContainer(driver, id, root => {
    const path = root.replace('self', String(process.pid));
    // Who may go beyond limits is not limited: containers may not.
    const command = ['--bounding-set', '-sys_resource', 'dd', 'if=/dev/zero', `of=${path}/file`];
    const { stderr } = spawnSync(
      'setpriv',
      [...command, 'bs=1M', `count=${megabytes}`, 'conv=fsync', 'status=none'],
      {
        encoding: 'utf8',
        env: { ...process.env, LC_ALL: 'C' },
      },
    );
    fs.rmSync(`${path}/file`);
    return stderr;
  });
}

function statOf(driver: GraphDriver, id: string) {
  return inContainer(driver, id, root => {
    const { blocks, bsize } = fs.statfsSync(root);
    return { f_blocks: blocks, f_bsize: bsize };
  });
}

async function inContainer<T>(driver: GraphDriver, id: string, task: (root: string) => T): Promise<T> {
  const { rootfs } = driver.openContainer(id, []);
  if (rootfs.type === 'bind') return task(rootfs.path);
  const mount = rootfs.type === 'mount' ? await rootfs.open() : openDetachedOverlay(rootfs);
  try {
    return task(`/proc/self/fd/${mount}`);
  } finally {
    fs.closeSync(mount);
  }
}
