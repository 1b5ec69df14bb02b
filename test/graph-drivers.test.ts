import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { release, tmpdir } from 'node:os';
import { after, before, suite, test, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import { packStream } from '../src/archive/rooted/pack-stream.ts';
import { RootedThreads } from '../src/archive/rooted/rooted-threads.ts';
import { digestOf } from '../src/base/digest.ts';
import { EngineError } from '../src/base/errors.ts';
import { btrfs } from '../src/graph/graphdriver/btrfs.ts';
import { chooseDriver } from '../src/graph/graphdriver/choose-driver.ts';
import { fuseOverlayfs } from '../src/graph/graphdriver/fuse-overlayfs.ts';
import { loadStorageDriver } from '../src/graph/graphdriver/load-storage-driver.ts';
import { overlay2 } from '../src/graph/graphdriver/overlay2.ts';
import { graphDriverSuite } from '../src/graph/graphdriver/suite.ts';
import { vfs } from '../src/graph/graphdriver/vfs.ts';
import { openDetachedOverlay } from '../src/kernel/detached-overlay.ts';
import { MountedFileSystem, whyNot } from './fixtures/loop-file-system.ts';
import { until } from '../src/base/testing/until.ts';

const BTRFS = { type: 'btrfs', sizeBytes: 512 * 2 ** 20 };
const EXAMPLE = new URL('fixtures/example-driver.mjs', import.meta.url).pathname;
const run = promisify(execFile);

graphDriverSuite(overlay2);
graphDriverSuite(fuseOverlayfs);
// These do the same on any kernel.
if (process.env.SLIPWAY_VM === undefined) {
  graphDriverSuite(vfs);
  graphDriverSuite(await loadStorageDriver(EXAMPLE));
}

// Emulated, it takes minutes; storage-limits.test.ts has the kernel's part of it.
const withoutBtrfs = process.env.SLIPWAY_VM === undefined ? whyNot(BTRFS) : 'not in the virtual machine';
suite('on btrfs', { skip: withoutBtrfs }, () => {
  let fileSystem: MountedFileSystem;
  before(() => {
    fileSystem = new MountedFileSystem(BTRFS);
  });
  after(() => fileSystem.dispose());

  graphDriverSuite(btrfs, { directory: () => fileSystem.directory });

  test('btrfs removes a container with subvolumes that it made itself', async t => {
    const { threads } = await scratch(t);
    const root = mkdtempSync(`${fileSystem.directory}/nested-`);
    const driver = await btrfs.open({ root, threads, options: [], EngineError });
    await driver.createContainer('c', []);
    const own = driver.openContainer('c', []).directories[0] ?? '';
    for (const path of ['sub', 'sub/sub', 'sub/sub/deep'])
      await run('btrfs', ['subvolume', 'create', `${own}/${path}`]);
    writeFileSync(`${own}/sub/sub/deep/file`, 'x');
    await driver.removeContainer('c');
    const { stdout } = await run('btrfs', ['subvolume', 'list', fileSystem.directory]);
    assert.ok(!stdout.includes('nested-'), stdout);
  });
});

test('overlay2 works in a user namespace', async () => {
  const script = new URL('fixtures/user-namespace-suite.ts', import.meta.url).pathname;
  const node = ['sh', new URL('../scripts/node', import.meta.url).pathname, '--test-reporter=tap', script];
  // The runner's own variable would make it report to nobody.
  const env = { ...process.env, NODE_TEST_CONTEXT: '' };
  const { stdout } = await run('unshare', ['--user', '--map-root-user', '--mount', ...node], { env }).catch(
    (error: { stdout?: string }) => assert.fail(error.stdout),
  );
  assert.match(stdout, /^# fail 0$/m);
  assert.match(stdout, /^# pass 1\d$/m);
});

test('overlay2 stacks 499 layers, and says so of more', async t => {
  const { root, threads } = await scratch(t);
  const driver = await overlay2.open({ root, threads, options: [], EngineError });
  const chain = Array.from({ length: 500 }, (_, index) => digestOf(String(index)));
  for (const layer of chain) (await driver.stageLayer(undefined)).commit(layer);
  await assert.rejects(driver.createContainer('c', chain), {
    kind: 'invalid-parameter',
    message: 'max depth exceeded: the image has 500 layers, overlay2 stacks 499',
  });
  assert.deepEqual(driver.containers(), []);
  // Before Linux 6.8, fewer can be mounted by anybody but the shim.
  const [major = 0, minor = 0] = release().split('.').map(Number);
  const some = chain.slice(major > 6 || (major === 6 && minor >= 8) ? 1 : 300);
  await driver.createContainer('c', some);
  const { rootfs, tree } = driver.openContainer('c', some);
  assert.ok(rootfs.type === 'overlay');
  closeSync(openDetachedOverlay(rootfs));
  for await (const chunk of packStream(threads, tree)) assert.ok(Buffer.isBuffer(chunk));
  assert.ok(!readFileSync('/proc/self/mountinfo', 'utf8').includes(root));
});

test('overlay2 forgets a container that a crash came in between of', async t => {
  const { root, threads } = await scratch(t);
  const open = () => overlay2.open({ root, threads, options: [], EngineError });
  const [half, whole] = ['a'.repeat(64), 'b'.repeat(64)];
  await (await open()).createContainer(whole, []);
  mkdirSync(`${root}/${half}/diff`, { recursive: true });
  const driver = await open();
  assert.deepEqual(driver.containers(), [whole]);
  assert.ok(!existsSync(`${root}/${half}`));
  await driver.createContainer(half, []);
});

test('the program fuse-overlayfs ends with the last user of its mount', async t => {
  const { root, threads } = await scratch(t);
  const driver = await fuseOverlayfs.open({ root, threads, options: [], EngineError });
  await driver.createContainer('c', []);
  const { rootfs } = driver.openContainer('c', []);
  assert.ok(rootfs.type === 'mount');
  const [one, two] = [await rootfs.open(), await rootfs.open()];
  assert.equal((await serversOf(root)).length, 2);
  assert.ok(!readFileSync('/proc/self/mountinfo', 'utf8').includes('fuse-overlayfs'));
  closeSync(one);
  closeSync(two);
  await until(async () => (await serversOf(root)).length === 0);
});

/** The command lines of programs that serve below `root`; those that have ended have none. */
async function serversOf(root: string): Promise<string[]> {
  const { stdout } = await run('ps', ['-eo', 'args']);
  return stdout.split('\n').filter(line => line.startsWith('fuse-overlayfs') && line.includes(root));
}

async function scratch(t: TestContext): Promise<{ root: string; threads: RootedThreads }> {
  const root = mkdtempSync(`${tmpdir()}/slipway-choose-`);
  const threads = await RootedThreads.open();
  t.after(async () => {
    await threads.close();
    rmSync(root, { recursive: true, force: true });
  });
  return { root, threads };
}

suite('the choice of a driver', () => {
  test('is the one asked for', async t => {
    const { root, threads } = await scratch(t);
    for (const name of ['overlay2', 'vfs', 'fuse-overlayfs']) {
      const { driver, reason } = await chooseDriver({ root, threads, name });
      assert.deepEqual([driver.name, reason], [name, 'asked for']);
    }
    await assert.rejects(chooseDriver({ root, threads, name: 'btrfs' }), {
      kind: 'unavailable',
      message: /btrfs does not work on .*: its file system is another/,
    });
    await assert.rejects(chooseDriver({ root, threads, name: 'aufs' }), {
      kind: 'invalid-parameter',
      message: 'error initializing graphdriver: the aufs storage-driver has been deprecated and removed',
    });
    await assert.rejects(chooseDriver({ root, threads, name: 'zfs' }), {
      kind: 'invalid-parameter',
      message: 'error initializing graphdriver: driver not supported: zfs',
      hint: /overlay2, btrfs, fuse-overlayfs, vfs/,
    });
  });

  test('is the best that works, and says why not a better one', async t => {
    const { root, threads } = await scratch(t);
    const best = await chooseDriver({ root, threads });
    assert.deepEqual([best.driver.name, best.reason], ['overlay2', 'the best that works here']);
    await withOverlay(root, async directory => {
      const { driver, reason } = await chooseDriver({ root: directory, threads });
      assert.equal(driver.name, 'vfs');
      assert.match(reason, /^the best that works here; overlay2 does not work .*; btrfs .*; fuse-overlayfs /);
    });
  });

  test('is the one used before, unless there were several', async t => {
    const { root, threads } = await scratch(t);
    const used = await chooseDriver({ root, threads, name: 'vfs' });
    (await used.driver.stageLayer(undefined)).commit(digestOf('layer'));
    const again = await chooseDriver({ root, threads });
    assert.deepEqual([again.driver.name, again.reason], ['vfs', 'used here before']);
    const other = await chooseDriver({ root, threads, name: 'overlay2' });
    await other.driver.createContainer('0'.repeat(64), []);
    await assert.rejects(chooseDriver({ root, threads }), {
      kind: 'conflict',
      message: /contains several valid graphdrivers: overlay2, vfs; cleanup or explicitly choose/,
    });
    assert.equal((await chooseDriver({ root, threads, name: 'vfs' })).driver.name, 'vfs');
  });

  test('may be a module outside of the package', async t => {
    const { root, threads } = await scratch(t);
    assert.equal((await chooseDriver({ root, threads, name: EXAMPLE })).driver.name, 'example');
    const drivers = [{ ...vfs, name: 'given' }];
    assert.equal((await chooseDriver({ root, threads, drivers, name: 'given' })).reason, 'asked for');
    await assert.rejects(chooseDriver({ root, threads, name: `${root}/none.mjs` }), { kind: 'unavailable' });
    writeFileSync(`${root}/wrong.mjs`, 'export default { name: "../x", open() {} }');
    await assert.rejects(chooseDriver({ root, threads, name: `${root}/wrong.mjs` }), {
      kind: 'invalid-parameter',
    });
  });
});

/** On an overlay another one cannot write. */
async function withOverlay(root: string, task: (directory: string) => Promise<void>): Promise<void> {
  const names = ['lower', 'upper', 'work', 'merged'].map(name => `${root}/${name}`);
  const [lower, upper, work, merged] = names as [string, string, string, string];
  for (const name of names) mkdirSync(name);
  const options = `lowerdir=${lower},upperdir=${upper},workdir=${work}`;
  await run('mount', ['-t', 'overlay', '-o', options, 'overlay', merged]);
  try {
    await task(merged);
  } finally {
    await run('umount', [merged]);
  }
}
