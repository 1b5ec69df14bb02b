/** Builds with each storage driver: the same files, whatever keeps them. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { clientBuild } from './fixtures/buildkit-client.ts';
import { DaemonProcess } from './fixtures/daemon-process.ts';
import { MountedFileSystem, whyNot } from './fixtures/loop-file-system.ts';

const BTRFS = { type: 'btrfs', sizeBytes: 512 * 1024 * 1024 };
const Dockerfile = `FROM busybox AS made
COPY file /d/e/
RUN ln -s e /d/link && mkdir -p /gone/x /kept && echo of-the-stage > /kept/f
RUN rm -r /gone && mkdir /gone && touch /gone/new && rm /d/e/file
FROM busybox
COPY --from=made /d /kept /gone /t/
COPY file /t/link/
RUN --mount=type=bind,from=made,source=/kept,target=/m cat /m/f
RUN --mount=type=bind,from=made,source=/,target=/m,rw touch /m/x && ls /m/gone
RUN --mount=type=cache,from=made,source=/kept,target=/c cat /c/f && echo more >> /c/f
RUN test ! -e /m && test ! -e /c && find /t | sort`;

for (const driver of ['overlay2', 'vfs', 'fuse-overlayfs', 'btrfs']) {
  describe(`with ${driver}`, { skip: driver === 'btrfs' && whyNot(BTRFS) }, () => {
    let daemon: DaemonProcess;
    let disk: MountedFileSystem | undefined;

    before(async () => {
      if (driver === 'btrfs') disk = new MountedFileSystem(BTRFS);
      const place = disk === undefined ? [] : ['--data-root', join(disk.directory, 'data')];
      daemon = await DaemonProcess.startWithBusybox('--storage-driver', driver, ...place);
    });
    after(async () => {
      await daemon.dispose();
      disk?.dispose();
    });

    const build = () =>
      clientBuild(join(daemon.base, 'slipway.sock'), {
        directories: { dockerfile: { Dockerfile }, context: { file: 'of the context' } },
      });

    test('a build takes files from its context, its stages and mounts, and is found in the cache', async () => {
      const { output } = await build();
      const found = ['/t', '/t/e', '/t/e/file', '/t/f', '/t/link', '/t/new'];
      assert.deepEqual(output.split('\n'), ['of-the-stage', 'new', 'of-the-stage', ...found, '']);
      const { steps } = await build();
      assert.equal(
        steps.filter(step => /RUN|COPY/.test(step) && !step.endsWith('cached')).length,
        0,
        String(steps),
      );
    });
  });
}
