/** What the build cache takes, shows and gives back. */
import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { until } from '../src/base/testing/until.ts';
import { clientBuild } from './fixtures/buildkit-client.ts';
import { DaemonProcess } from './fixtures/daemon-process.ts';

let daemon: DaemonProcess;
const LIMIT_BYTES = 8 * 1024 * 1024;
before(async () => {
  daemon = await DaemonProcess.start('--build-cache-limit', '8m');
  assert.equal((await daemon.slipway('image', 'bootstrap', 'busybox')).code, 0);
});
after(() => daemon.dispose());

const build = (Dockerfile: string) =>
  clientBuild(join(daemon.base, 'slipway.sock'), {
    exporter: [],
    directories: { dockerfile: { Dockerfile }, context: {} },
  });

const CACHE_AND_LAYER = 'FROM busybox\nRUN --mount=type=cache,target=/c echo 1 > /c/f\nRUN echo 2 > /f';

type Entry = { ID: string; Type: string; Description: string; Size: number; Shared: boolean; InUse: boolean };
const entries = async () => {
  const { BuildCache } = (await daemon.api('GET', '/system/df?type=build-cache')) as { BuildCache: Entry[] };
  return BuildCache;
};

test('a cache mount is shown with what is in it, and goes with a prune', async () => {
  await build('FROM busybox\nRUN --mount=type=cache,target=/c,id=seen head -c 100000 /dev/zero > /c/f');
  const [mount] = (await entries()).filter(({ Type }) => Type === 'exec.cachemount');
  assert.equal(mount?.Description, 'cached mount seen');
  assert.ok((mount?.Size ?? 0) >= 100_000);
  const { CachesDeleted } = (await daemon.api('POST', '/build/prune?all=1')) as { CachesDeleted: string[] };
  assert.ok(CachesDeleted.includes(mount?.ID ?? ''));
  assert.deepEqual(await entries(), []);
});

test('what was unused for longest is removed above the limit, and what an image has stays', async () => {
  const step = (nonce: number) => `FROM busybox\nRUN head -c 2000000 /dev/urandom > /f # ${nonce}`;
  await clientBuild(join(daemon.base, 'slipway.sock'), {
    exporter: { type: 'moby', attributes: { name: 'kept' } },
    directories: { dockerfile: { Dockerfile: step(0) }, context: {} },
  });
  for (const nonce of [1, 2, 3, 4]) await build(step(nonce));
  const own = async () => (await entries()).filter(({ Shared }) => !Shared);
  // A layer is on the disk with its content.
  await until(async () => (await own()).reduce((sum, { Size }) => sum + 2 * Size, 0) <= LIMIT_BYTES);
  const left = (await own()).map(({ Description }) => Description.at(-1));
  assert.ok(left.includes('4') && !left.includes('1'), String(left));
  const again = await build(step(4));
  assert.ok(again.steps.some(each => each.endsWith(' cached')));
  const { code } = await daemon.slipway('run', '--rm', 'kept', 'test', '-s', '/f');
  assert.equal(code, 0);
});

test('rules say what may stay, one after the other', async () => {
  const [mounts, all] = ['type=exec.cachemount', 'all,max-used-space=1g'];
  const ruled = await DaemonProcess.startWithBusybox(
    `--build-cache-policy=${mounts}`,
    `--build-cache-policy=${all}`,
  );
  try {
    await clientBuild(join(ruled.base, 'slipway.sock'), {
      exporter: [],
      directories: { dockerfile: { Dockerfile: CACHE_AND_LAYER }, context: {} },
    });
    const types = async () => {
      const { BuildCache } = (await ruled.api('GET', '/system/df?type=build-cache')) as {
        BuildCache: Entry[];
      };
      return BuildCache.map(({ Type }) => Type);
    };
    await until(async () => (await types()).join() === 'regular,regular');
  } finally {
    await ruled.dispose();
  }
});

test('what a build is at work with is not pruned', async () => {
  const wait = 'echo begun; until test -e /c/go; do sleep 0.1; done';
  const Dockerfile = `FROM busybox AS made
RUN echo used > /used
FROM busybox
RUN --mount=type=cache,target=/c,id=waits ${wait}
COPY --from=made /used /`;
  const begun = Promise.withResolvers<void>();
  const building = clientBuild(join(daemon.base, 'slipway.sock'), {
    exporter: { type: 'moby', attributes: { name: 'pruned-meanwhile' } },
    directories: { dockerfile: { Dockerfile }, context: {} },
    onOutput: () => begun.resolve(),
  });
  building.catch(begun.reject);
  await begun.promise;
  await daemon.api('POST', '/build/prune?all=1');
  const mounts = join(daemon.base, 'data/builder/cache-mounts');
  for (const name of fs.readdirSync(mounts)) fs.writeFileSync(join(mounts, name, 'data/go'), '');
  await building;
  const { stdout } = await daemon.slipway('run', '--rm', 'pruned-meanwhile', 'cat', '/used');
  assert.equal(stdout, 'used\n');
});
