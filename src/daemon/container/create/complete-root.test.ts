import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { ContainerLayer } from '../../../graph/graph.ts';
import { completeRoot } from './complete-root.ts';

function layerOf(t: TestContext, fill: (lower: string) => void): { upper: string; layer: ContainerLayer } {
  const directory = mkdtempSync(join(tmpdir(), 'root-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const [lower, upper] = [join(directory, 'lower'), join(directory, 'upper')];
  mkdirSync(lower);
  mkdirSync(upper);
  fill(lower);
  const rootfs = { type: 'overlay', lowerdirs: [lower], upperdir: upper } as ContainerLayer['rootfs'];
  return { upper, layer: { rootfs } as ContainerLayer };
}

test('a container can tell that it is one, and sees its mounts in /etc/mtab', t => {
  const { upper, layer } = layerOf(t, lower => {
    mkdirSync(join(lower, 'etc'));
    chmodSync(join(lower, 'etc'), 0o750);
  });
  completeRoot(layer);
  assert.equal(statSync(join(upper, '.dockerenv')).mode & 0o777, 0o755);
  assert.equal(readlinkSync(join(upper, 'etc/mtab')), '/proc/mounts');
  assert.equal(statSync(join(upper, 'etc')).mode & 0o777, 0o750);
});

test('what the image has of its own stays as it is', t => {
  const { upper, layer } = layerOf(t, lower => {
    mkdirSync(join(lower, 'etc'));
    writeFileSync(join(lower, 'etc/mtab'), 'mine');
    writeFileSync(join(lower, '.dockerenv'), 'mine');
  });
  completeRoot(layer);
  assert.deepEqual([existsSync(join(upper, '.dockerenv')), existsSync(join(upper, 'etc'))], [false, false]);
});

test('an image without /etc, and one whose /etc is a link, get none', t => {
  const { upper, layer } = layerOf(t, () => undefined);
  completeRoot(layer);
  assert.deepEqual([existsSync(join(upper, '.dockerenv')), existsSync(join(upper, 'etc'))], [true, false]);
});

test('a lower layer whose /etc is a link tells nothing of what that leads to', t => {
  const { upper, layer } = layerOf(t, lower => {
    for (const path of ['top/etc', 'below', 'host']) mkdirSync(join(lower, path), { recursive: true });
    writeFileSync(join(lower, 'host/mtab'), 'of the host');
    symlinkSync(join(lower, 'host'), join(lower, 'below/etc'));
  });
  const { rootfs } = layer;
  if (rootfs.type !== 'overlay') assert.fail();
  const [lower = ''] = rootfs.lowerdirs;
  completeRoot({ ...layer, rootfs: { ...rootfs, lowerdirs: [join(lower, 'top'), join(lower, 'below')] } });
  assert.equal(readlinkSync(join(upper, 'etc/mtab')), '/proc/mounts');
});
