import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { after, before, suite, test, type TestContext } from 'node:test';
import { RootedThreads } from '../src/archive/rooted-threads.ts';
import { digestOf } from '../src/base/digest.ts';
import { btrfs } from '../src/graph/graphdriver/btrfs.ts';
import { chooseDriver } from '../src/graph/graphdriver/choose-driver.ts';
import { graphDriverSuite } from '../src/graph/graphdriver/suite.ts';
import { fuseOverlayfs } from '../src/graph/graphdriver/fuse-overlayfs.ts';
import { overlay2 } from '../src/graph/graphdriver/overlay2.ts';
import { vfs } from '../src/graph/graphdriver/vfs.ts';
import { MountedFileSystem, whyNot } from './fixtures/loop-file-system.ts';

const BTRFS = { type: 'btrfs', sizeBytes: 512 * 2 ** 20 };

graphDriverSuite(overlay2);
graphDriverSuite(vfs);
graphDriverSuite(fuseOverlayfs);

suite('on btrfs', { skip: whyNot(BTRFS) }, () => {
  let fileSystem: MountedFileSystem;
  before(() => {
    fileSystem = new MountedFileSystem(BTRFS);
  });
  after(() => fileSystem.dispose());
  graphDriverSuite(btrfs, { directory: () => fileSystem.directory });
});

async function scratch(t: TestContext): Promise<{ root: string; threads: RootedThreads }> {
  const root = mkdtempSync(`${tmpdir()}/slipway-choose-`);
  const threads = await RootedThreads.open();
  t.after(async () => {
    await threads.close();
    rmSync(root, { recursive: true, force: true });
  });
  return { root, threads };
}

test('an unknown driver is refused, and the one used before is chosen again', async t => {
  const { root, threads } = await scratch(t);
  await assert.rejects(chooseDriver({ root, threads, name: 'aufs' }), { kind: 'invalid-parameter' });
  const { driver } = await chooseDriver({ root, threads, name: 'vfs' });
  (await driver.stageLayer(undefined)).commit(digestOf('layer'));
  const again = await chooseDriver({ root, threads });
  assert.deepEqual([again.driver.name, again.reason], ['vfs', 'used here before']);
});
