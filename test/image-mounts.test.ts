/** `--mount type=image`: the files of one image in a container of another. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { DaemonProcess } from './fixtures/daemon-process.ts';

for (const driver of ['overlay2', 'vfs', 'fuse-overlayfs'])
  describe(`an image that is mounted, with ${driver}`, () => {
    let daemon: DaemonProcess;

    before(async () => {
      daemon = await DaemonProcess.startWithBusybox('--storage-driver', driver);
      const id = await daemon.dockerOut(
        'create',
        'busybox',
        'sh',
        '-c',
        'mkdir -p /data/in && echo content > /data/in/file && ln -s /data/in /way && mknod /null c 1 3',
      );
      await daemon.dockerOut('start', '-a', id);
      await daemon.dockerOut('commit', id, 'tools');
      await daemon.dockerOut('rm', id);
    });

    after(() => daemon.dispose());

    const run = (mount: string, script: string) =>
      daemon.docker('run', '--rm', '--mount', mount, 'busybox', 'sh', '-c', script);

    test('is there with all its layers, read-only, and without devices', async () => {
      const { stdout } = await run(
        'type=image,source=tools,target=/tools',
        'cat /tools/data/in/file; /tools/bin/busybox echo runs; touch /tools/x 2>&1; cat /tools/null 2>&1',
      );
      assert.equal(
        stdout,
        "content\nruns\ntouch: /tools/x: Read-only file system\ncat: can't open '/tools/null': Permission denied\n",
      );
    });

    test('is known by its name, and by its id', async () => {
      const id = await daemon.dockerOut(
        'create',
        '--mount',
        'type=image,source=tools,target=/tools',
        'busybox',
      );
      const image = await daemon.dockerOut('image', 'inspect', '-f', '{{.Id}}', 'tools');
      const mounts = JSON.parse(await daemon.dockerOut('inspect', '-f', '{{json .Mounts}}', id));
      assert.deepEqual(mounts, [
        {
          Type: 'image',
          Name: 'tools',
          Source: image,
          Destination: '/tools',
          Mode: '',
          RW: false,
          Propagation: '',
        },
      ]);
      await daemon.dockerOut('rm', id);
    });

    test('stays while a container mounts it, whose files outlast a new daemon and a removal by force', async () => {
      await daemon.dockerOut('tag', 'tools', 'mounted');
      const mount = 'type=image,source=mounted,target=/tools';
      const id = await daemon.dockerOut('create', '--mount', mount, 'busybox', 'cat', '/tools/data/in/file');
      await daemon.dockerOut('rmi', 'tools');
      const { code, stderr } = await daemon.docker('rmi', 'mounted');
      assert.equal(code, 1);
      assert.match(stderr, /is using its referenced image/);
      await daemon.dockerOut('image', 'prune', '-af');
      assert.equal(await daemon.dockerOut('images', '-q', 'mounted').then(ids => ids.length > 0), true);
      await daemon.dockerOut('rmi', '-f', 'mounted');
      await daemon.kill();
      await daemon.start();
      assert.equal(await daemon.dockerOut('start', '-a', id), 'content');
      await daemon.dockerOut('rm', id);
      assert.equal((await daemon.slipway('system', 'check')).code, 0);
    });

    test('can be mounted in part, where links lead nowhere else', async context => {
      await daemon.dockerOut(
        'run',
        '--name',
        'maker',
        'busybox',
        'sh',
        '-c',
        'mkdir -p /data/in && echo content > /data/in/file && ln -s /data/in /way',
      );
      await daemon.dockerOut('commit', 'maker', 'parts');
      await daemon.dockerOut('rm', 'maker');
      const { code, stdout, stderr } = await run(
        'type=image,source=parts,target=/part,image-subpath=way',
        'cat /part/file',
      );
      if (/Linux 6.15/.test(stderr)) return context.skip(stderr);
      assert.deepEqual([code, stdout], [0, 'content\n']);
      const missing = await run('type=image,source=parts,target=/part,image-subpath=nowhere', 'true');
      assert.match(missing.stderr, /cannot access path nowhere of image parts: no such file or directory/);
    });

    test('that does not exist, or with a way out of it, is refused, and nothing is left', async () => {
      const count = await daemon.dockerOut('ps', '-aq');
      for (const [mount, reason] of [
        ['type=image,source=nothing,target=/x', /No such image: nothing/],
        ['type=image,target=/x', /field Source must not be empty/],
        [
          'type=image,source=busybox,target=/x,image-subpath=../..',
          /subpath must be a relative path within the image/,
        ],
        ['type=image,source=busybox,target=/x,volume-nocopy', /cannot mix/],
      ] as const) {
        const { code, stderr } = await daemon.docker(
          'create',
          '--pull',
          'never',
          '--mount',
          mount,
          'busybox',
        );
        assert.notEqual(code, 0, mount);
        assert.match(stderr, reason);
      }
      assert.equal(await daemon.dockerOut('ps', '-aq'), count);
    });
  });
