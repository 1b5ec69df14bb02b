import assert from 'node:assert/strict';
import { closeSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { RootedThreads } from '../src/archive/rooted-threads.ts';
import { digestOf } from '../src/base/digest.ts';
import { chooseDriver } from '../src/graph/graphdriver/choose-driver.ts';
import { Overlay2 } from '../src/graph/graphdriver/overlay2.ts';
import { graphDriverSuite } from '../src/graph/graphdriver/suite.ts';
import { Vfs } from '../src/graph/graphdriver/vfs.ts';
import { openDetachedOverlay } from '../src/kernel/detached-overlay.ts';

graphDriverSuite('overlay2', (root, threads) => new Overlay2(root, threads));
graphDriverSuite('vfs', (root, threads) => new Vfs(root, threads));

test('overlay2 mounts 150 layers for a container, and nothing of it is seen on the host', async t => {
  const root = mkdtempSync(`${tmpdir()}/slipway-overlay-`);
  const threads = await RootedThreads.open();
  t.after(async () => {
    await threads.close();
    rmSync(root, { recursive: true, force: true });
  });
  const driver = new Overlay2(root, threads);
  const chain = Array.from({ length: 150 }, (_, index) => digestOf(String(index)));
  for (const layer of chain) (await driver.stageLayer()).commit(layer);
  await driver.createContainer('c', chain);
  const { rootfs } = driver.openContainer('c', chain);
  assert.ok(rootfs.type === 'overlay');
  const { lowerdirs, upperdir, workdir } = rootfs;
  assert.equal(lowerdirs.length, 150);
  closeSync(openDetachedOverlay({ lowerdirs, upperdir, workdir }));
  assert.ok(!readFileSync('/proc/self/mountinfo', 'utf8').includes(root));
});

test('an unknown driver is refused, and the one used before is chosen again', async t => {
  const root = mkdtempSync(`${tmpdir()}/slipway-choose-`);
  const threads = await RootedThreads.open();
  t.after(async () => {
    await threads.close();
    rmSync(root, { recursive: true, force: true });
  });
  assert.throws(() => chooseDriver(root, threads, 'aufs'), { kind: 'invalid-parameter' });
  const vfs = chooseDriver(root, threads, 'vfs');
  (await vfs.stageLayer(undefined)).commit(digestOf('layer'));
  assert.equal(chooseDriver(root, threads).name, 'vfs');
});
