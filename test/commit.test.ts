/** `docker diff`, `docker commit`, `docker cp` and what containers share, with each storage driver. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { DaemonProcess } from './fixtures/daemon-process.ts';
import { MountedFileSystem, whyNot } from './fixtures/loop-file-system.ts';

const BTRFS = { type: 'btrfs', sizeBytes: 512 * 1024 * 1024 };

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

    const out = (...args: string[]) => daemon.slipwayOut(...args);

    /** A container that has run a script. */
    async function changed(name: string, image: string, script: string): Promise<string> {
      await out('run', '--name', name, '--net', 'none', image, 'sh', '-ec', script);
      return name;
    }

    /** The layers of an image, bottom first, as tar lists them. */
    async function layersOf(image: string): Promise<string[][]> {
      const directory = fs.mkdtempSync(join(daemon.base, 'saved-'));
      await out('save', '-o', join(directory, 'image.tar'), image);
      execFileSync('tar', ['-xf', 'image.tar'], { cwd: directory });
      const [manifest] = JSON.parse(fs.readFileSync(join(directory, 'manifest.json'), 'utf8')) as [
        { Layers: string[]; Config: string },
      ];
      const config = JSON.parse(fs.readFileSync(join(directory, manifest.Config), 'utf8')) as {
        rootfs: { diff_ids: string[] };
      };
      return manifest.Layers.map((layer, index) => {
        const data = fs.readFileSync(join(directory, layer));
        const digest = `sha256:${createHash('sha256').update(data).digest('hex')}`;
        assert.equal(digest, config.rootfs.diff_ids[index]);
        return execFileSync('tar', ['-tvf', '-', '--numeric-owner'], { input: data, maxBuffer: 1 << 28 })
          .toString()
          .split('\n')
          .filter(Boolean)
          .map(line => line.replace(/^(\S+)\s+(\S+)\s+(\S+)\s+\S+ \S+ (.*)$/, '$1 $2 $3 $4'));
      });
    }

    test('diff tells what was added, changed and deleted, and nothing of what the engine made', async () => {
      const base = await changed(
        'base',
        'busybox',
        'mkdir -p /d/old /e /f/g; echo 1 >/d/a; echo 2 >/d/old/b; echo 3 >/f/g/h',
      );
      await out('commit', base, 'base');
      const name = await changed(
        'differs',
        'base',
        [
          'mkdir /new; echo x >/new/x',
          'rm /etc/group',
          'rm -r /d; mkdir /d; echo new >/d/c',
          'mv /f/g /f/renamed',
          'chmod 700 /e',
          'chown 5:6 /etc/shadow',
          'mknod /new/null c 1 3; mkfifo /new/pipe; ln -s x /new/link; ln /new/x /new/hard',
          'rm /etc/nsswitch.conf; mkdir /etc/nsswitch.conf',
        ].join('; '),
      );
      assert.deepEqual((await out('diff', name)).split('\n'), [
        'C /d',
        'D /d/a',
        'A /d/c',
        'D /d/old',
        'C /e',
        'C /etc',
        'D /etc/group',
        'C /etc/nsswitch.conf',
        'C /etc/shadow',
        'C /f',
        'D /f/g',
        'A /f/renamed',
        'A /f/renamed/h',
        'A /new',
        'A /new/hard',
        'A /new/link',
        'A /new/null',
        'A /new/pipe',
        'A /new/x',
      ]);
      await out('commit', name, 'changed');
      const top = (await layersOf('changed')).at(-1) ?? [];
      assert.deepEqual(
        top.filter(line => /null|pipe|link|hard|shadow|\/\.wh|\be\/|nsswitch/.test(line)),
        [
          '---------- 0/0 0 d/.wh.a',
          '---------- 0/0 0 d/.wh.old',
          'drwx------ 0/0 0 e/',
          '---------- 0/0 0 etc/.wh.group',
          'drwxr-xr-x 0/0 0 etc/nsswitch.conf/',
          top.find(line => line.includes('shadow')) ?? '',
          '---------- 0/0 0 f/.wh.g',
          '-rw-r--r-- 0/0 2 new/hard',
          'lrwxrwxrwx 0/0 0 new/link -> x',
          'crw-r--r-- 0/0 1,3 new/null',
          'prw-r--r-- 0/0 0 new/pipe',
          'hrw-r--r-- 0/0 0 new/x link to new/hard',
        ],
      );
      assert.match(top.find(line => line.includes('shadow')) ?? '', /^-rw-r----- 5\/6 /);
      const seen = await out(
        'run',
        '--rm',
        '--net',
        'none',
        'changed',
        'sh',
        '-c',
        'ls /d /f /new; stat -c %a /e; test ! -e /etc/group',
      );
      assert.equal(seen.replaceAll('\n', ' '), '/d: c  /f: renamed  /new: hard link null pipe x 700');
    });

    test('files are copied to and from a container that does not run, and exported', async () => {
      await out('create', '--name', 'still', '--net', 'none', 'busybox', 'true');
      const source = join(daemon.base, 'copied');
      fs.writeFileSync(source, 'copied');
      await out('cp', source, 'still:/tmp/in');
      await out('cp', 'still:/tmp/in', `${source}.back`);
      assert.equal(fs.readFileSync(`${source}.back`, 'utf8'), 'copied');
      await out('export', '-o', `${source}.tar`, 'still');
      assert.match(String(execFileSync('tar', ['-tf', `${source}.tar`])), /^tmp\/in$/m);
      await out('rm', 'still');
    });

    test('a socket is told as a change, and is in no image', async () => {
      const script =
        'mkdir /sock; ln -s /sock/log /dev/log; syslogd; until [ -S /sock/log ]; do sleep 0.1; done';
      const name = await changed('socket', 'busybox', script);
      const sockets = (await out('diff', name)).split('\n').filter(line => line.includes('sock/'));
      assert.deepEqual(sockets, ['A /sock/log']);
      await out('commit', name, 'socket');
      const top = (await layersOf('socket')).at(-1) ?? [];
      assert.deepEqual(
        top.filter(line => line.includes('sock')).map(line => line.split(' ').at(-1)),
        ['sock/'],
      );
    });

    test('a container shares the memory of another', async () => {
      await out(
        'run',
        '-d',
        '--name',
        'donor',
        '--net',
        'none',
        '--ipc',
        'shareable',
        'busybox',
        'sleep',
        '100',
      );
      await out('exec', 'donor', 'touch', '/dev/shm/note');
      assert.equal(await out('run', '--rm', '--ipc', 'container:donor', 'busybox', 'ls', '/dev/shm'), 'note');
      await out('rm', '-f', 'donor');
    });

    test('a container that changed nothing has no diff, and its image no new layer', async () => {
      await changed('same', 'busybox', 'cat /etc/passwd >/dev/null');
      assert.equal(await out('diff', 'same'), '');
      await out('commit', 'same', 'same');
      assert.equal((await layersOf('same')).length, (await layersOf('busybox')).length);
      const history = await out('history', '--format', '{{.Size}} {{.CreatedBy}}', 'same');
      assert.match(history.split('\n')[0] ?? '', /^0B sh -ec cat/);
    });

    test('the same changes are the same layer, and images of images go on', async () => {
      await changed('first', 'busybox', 'echo 1 >/one; touch -d "2020-01-01 00:00:00" /one');
      const ids = [await out('commit', 'first', 'chain:1'), await out('commit', 'first')];
      const layers = await Promise.all(
        ids.map(id => out('image', 'inspect', '-f', '{{json .RootFS.Layers}}', id)),
      );
      assert.equal(layers[0], layers[1]);
      await changed('second', 'chain:1', 'echo 2 >/two; rm /one');
      await out('commit', 'second', 'chain:2');
      await out('rm', 'first', 'second');
      assert.equal(
        await out('run', '--rm', '--net', 'none', 'chain:2', 'sh', '-c', 'cat /two; ls /one 2>&1 | wc -l'),
        '2\n1',
      );
      assert.equal((await out('history', '-q', 'chain:2')).split('\n').length, 3);
      const conflict = await daemon.slipway('rmi', 'chain:1');
      await out('rmi', 'chain:2');
      if (conflict.code !== 0) await out('rmi', 'chain:1');
    });

    // The rest does not depend on how layers are kept.
    if (driver !== 'overlay2') return;

    test('commit merges configurations, and tells where the image comes from', async () => {
      const name = 'configured';
      await out(
        'run',
        '--name',
        name,
        '--net',
        'none',
        '-e',
        'A=1',
        '-l',
        'own=1',
        '-w',
        '/tmp',
        'busybox',
        'touch',
        '/x',
      );
      const changes = [
        'ENV B=2 A=3',
        'LABEL new=2',
        'CMD ["ls"]',
        'EXPOSE 80',
        'VOLUME /v',
        'USER 5',
        'WORKDIR sub',
        'STOPSIGNAL INT',
        'ONBUILD RUN x',
        'ENTRYPOINT ["/bin/sh"]',
        'HEALTHCHECK NONE',
      ];
      const id = await out(
        'commit',
        '-a',
        'Me <me@x>',
        '-m',
        'why',
        ...changes.flatMap(change => ['-c', change]),
        name,
        'made:1',
      );
      type Inspected = {
        Id: string;
        Parent: string;
        Comment: string;
        Author: string;
        Config: Record<string, unknown>;
      };
      const [image] = JSON.parse(await out('image', 'inspect', 'made:1')) as [Inspected];
      const [box] = JSON.parse(await out('image', 'inspect', 'busybox')) as [Inspected];
      assert.deepEqual(
        [image.Id, image.Parent, image.Comment, image.Author],
        [id, box.Id, 'why', 'Me <me@x>'],
      );
      const { Env, ...config } = image.Config;
      assert.deepEqual(
        (Env as string[]).filter(entry => !entry.startsWith('PATH=')),
        ['A=3', 'B=2'],
      );
      assert.deepEqual(config, {
        Cmd: ['ls'],
        Entrypoint: ['/bin/sh'],
        ExposedPorts: { '80/tcp': {} },
        Healthcheck: { Test: ['NONE'] },
        Labels: { own: '1', new: '2' },
        OnBuild: ['RUN x'],
        StopSignal: 'INT',
        User: '5',
        Volumes: { '/v': {} },
        WorkingDir: '/tmp/sub',
      });
      const history = (
        await out('history', '--no-trunc', '--format', '{{.ID}} {{.CreatedBy}} {{.Comment}}', 'made:1')
      ).split('\n');
      assert.equal(history[0], `${id} touch /x why`);
      assert.match(history[1] ?? '', new RegExp(`^${box.Id} `));
      await out('commit', '-c', 'ENTRYPOINT ["echo"]', name, 'made:2');
      const format = '{{json .Config.Entrypoint}} {{json .Config.Cmd}}';
      assert.equal(await out('image', 'inspect', '-f', format, 'made:2'), '["echo"] null');
      const refusals = [
        [['-c', 'STOPSIGNAL x', name], 'invalid signal: x'],
        [[name, 'sha256:x'], 'refusing to create an ambiguous tag using digest algorithm as name'],
        [['-c', 'RUN x', name], 'RUN is not a valid change command'],
        [['-c', 'ENV', name], 'ENV requires at least one argument'],
        [['nobody'], 'No such container: nobody'],
      ] as const;
      for (const [args, message] of refusals)
        assert.equal(
          (await daemon.slipway('commit', ...args)).stderr,
          `Error response from daemon: ${message}\n`,
        );
    });

    test('a running container stands still while it is committed, unless told otherwise', async () => {
      await out(
        'run',
        '-d',
        '--name',
        'busy',
        '--net',
        'none',
        'busybox',
        'sh',
        '-c',
        'while :; do echo x >>/log; sleep 0.02; done',
      );
      const since = Math.floor(Date.now() / 1000);
      await out('commit', 'busy', 'busy:1');
      assert.equal(await out('inspect', '-f', '{{.State.Status}}', 'busy'), 'running');
      await out('commit', '--pause=false', 'busy', 'busy:2');
      await out('pause', 'busy');
      await out('commit', 'busy', 'busy:3');
      assert.equal(await out('inspect', '-f', '{{.State.Status}}', 'busy'), 'paused');
      await out('unpause', 'busy');
      await out('kill', 'busy');
      assert.deepEqual(
        (await daemon.events(since, 'container=busy')).filter(action => /pause|commit/.test(action)),
        ['pause', 'unpause', 'commit', 'commit', 'pause', 'commit', 'unpause'],
      );
      for (const tag of ['1', '2', '3'])
        assert.match((await layersOf(`busy:${tag}`)).at(-1)?.join() ?? '', /^-rw-r--r-- 0\/0 \d+ log$/);
    });
  });
}

test('a file that changed without its size and time is committed', async () => {
  const daemon = await DaemonProcess.start();
  try {
    assert.equal((await daemon.slipway('image', 'bootstrap', 'busybox')).code, 0);
    const script = 'cp -p /etc/group /g; tr a-y b-z </g >/etc/group; touch -r /g /etc/group; rm /g';
    assert.equal(
      (await daemon.slipway('run', '--name', 'sly', '--net', 'none', 'busybox', 'sh', '-ec', script)).code,
      0,
    );
    assert.equal((await daemon.slipway('commit', 'sly', 'sly')).code, 0);
    const { stdout } = await daemon.slipway(
      'run',
      '--rm',
      '--net',
      'none',
      'sly',
      'head',
      '-1',
      '/etc/group',
    );
    assert.equal(stdout, 'sppu:y:0:\n');
  } finally {
    await daemon.dispose();
  }
});
