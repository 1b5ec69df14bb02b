/** Containers that change what paths lead to, while the daemon works with them: nothing of the host's is reached. */
import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { after, before, beforeEach, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { tarEntry } from '../src/archive/tar/tar-entry.ts';
import { encodeTarEntry } from '../src/archive/tar/tar-writer.ts';
import { DaemonProcess } from './fixtures/daemon-process.ts';
import { tarOf } from './fixtures/image-archive.ts';

let daemon: DaemonProcess;
/** A directory of the host that no container is given. */
let outside: string;

before(async () => {
  daemon = await DaemonProcess.start();
  outside = join(daemon.base, 'outside');
  await out('image', 'bootstrap', 'busybox');
});
after(() => daemon.dispose());
beforeEach(() => {
  fs.rmSync(outside, { recursive: true, force: true });
  fs.mkdirSync(outside);
  fs.writeFileSync(join(outside, 'secret'), 'of the host');
});

const out = (...args: string[]) => daemon.slipwayOut(...args);

function assertUntouched(): void {
  assert.deepEqual(fs.readdirSync(outside), ['secret']);
  assert.equal(fs.readFileSync(join(outside, 'secret'), 'utf8'), 'of the host');
}

const dataOf = (volume: string) => join(daemon.base, 'data/volumes', volume, '_data');

type Sent = { status: number; body: Buffer };

function send(method: string, path: string, body?: Buffer): Promise<Sent> {
  const socketPath = daemon.host.slice('unix://'.length);
  return new Promise((resolve, reject) => {
    const call = request({ socketPath, method, path, agent: false }, (response: IncomingMessage) => {
      buffer(response).then(content => resolve({ status: response.statusCode ?? 0, body: content }), reject);
    });
    call.on('error', reject).end(body);
  });
}

const archiveUrl = (name: string, path: string) =>
  `/containers/${name}/archive?path=${encodeURIComponent(path)}`;
const messageOf = ({ body }: Sent) => (JSON.parse(body.toString()) as { message: string }).message;

let count = 0;

/** A running container with these options that repeats something, removed at the end. */
async function racer(
  t: { after(task: () => unknown): void },
  options: string[],
  script: string,
): Promise<string> {
  const name = `racer${count++}`;
  t.after(() => daemon.slipway('rm', '-fv', name));
  const loop = `while :; do ${script}; done`;
  await out('run', '-d', '--name', name, '--net', 'none', ...options, 'busybox', 'sh', '-c', loop);
  return name;
}

/** Directory and link by turns. */
const swapping = (place: string, target: string) =>
  `mv ${place} ${place}.aside; ln -s ${target} ${place}; usleep 1000; rm ${place}; mv ${place}.aside ${place}; usleep 1000`;

describe('what is mounted', () => {
  test('a subpath of a volume never leads out of it, also where a container replaces it with a link', async t => {
    await out('volume', 'create', 'raced');
    fs.mkdirSync(join(dataOf('raced'), 'sub'));
    await racer(t, ['-v', 'raced:/v'], swapping('/v/sub', outside));
    const mount = { Type: 'volume', Source: 'raced', Target: '/x', VolumeOptions: { Subpath: 'sub' } };
    const results = await startMany(mount);
    assert.ok(results.includes('mounted'), results.join());
    assert.ok(!results.includes('secret'), results.join());
  });

  test('nor does a bind of what lies in a volume', async t => {
    await out('volume', 'create', 'bound');
    fs.mkdirSync(join(dataOf('bound'), 'sub'));
    await racer(t, ['-v', 'bound:/v'], swapping('/v/sub', outside));
    const results = await startMany({ Type: 'bind', Source: join(dataOf('bound'), 'sub'), Target: '/x' });
    assert.ok(results.includes('mounted'), results.join());
    assert.ok(!results.includes('secret'), results.join());
  });

  test('nor what is made for such a bind, or a volume that stands for such a directory', async () => {
    await out('volume', 'create', 'linked');
    fs.symlinkSync(outside, join(dataOf('linked'), 'link'));
    fs.symlinkSync('../../../../outside', join(dataOf('linked'), 'climbing'));
    for (const link of ['link', 'climbing']) {
      const source = join(dataOf('linked'), link);
      const bind = await daemon.slipway('run', '--rm', '-v', `${source}/made:/x`, 'busybox', 'ls', '/x');
      assert.match(bind.stderr, /bind source path leads out of its volume/);
      const device = ['--opt', 'type=none', '--opt', 'o=bind', '--opt', `device=${source}`];
      await out('volume', 'create', ...device, `to-${link}`);
      const volume = await daemon.slipway('run', '--rm', '-v', `to-${link}:/etc`, 'busybox', 'ls', '/etc');
      assert.match(volume.stderr, /path concatenation escapes the base directory/);
    }
    assertUntouched();
  });

  test('what is bound has the mounts below it, and its options', async () => {
    await out('volume', 'create', 'plain');
    fs.mkdirSync(join(dataOf('plain'), 'dir/in'), { recursive: true });
    fs.writeFileSync(join(dataOf('plain'), 'file'), 'one');
    fs.symlinkSync('dir/in', join(dataOf('plain'), 'link'));
    const mounts = [
      ['--mount', 'type=volume,src=plain,dst=/x,volume-subpath=link,readonly'],
      ['--mount', 'type=volume,src=plain,dst=/y/file,volume-subpath=file'],
      ['-v', `${dataOf('plain')}/made/by/itself:/z`],
    ].flat();
    const command =
      'touch /x/f 2>/dev/null || echo readonly; cat /y/file; touch /z/f; grep -c shared /proc/self/mountinfo';
    const { stdout } = await daemon.slipway(
      'run',
      '--rm',
      '--net',
      'none',
      ...mounts,
      'busybox',
      'sh',
      '-c',
      command,
    );
    assert.equal(stdout, 'readonly\none0\n');
    assert.ok(fs.existsSync(join(dataOf('plain'), 'made/by/itself/f')));
    for (const [subpath, words] of [
      ['missing', /cannot access path .*missing: lstat .*missing: no such file or directory/],
      ['file/x', /error while resolving symlinks in combined path ".*file\/x": not a directory/],
    ] as const) {
      const mount = `type=volume,src=plain,dst=/x,volume-subpath=${subpath}`;
      const { code, stderr } = await daemon.slipway('run', '--rm', '--mount', mount, 'busybox', 'true');
      assert.notEqual(code, 0);
      assert.match(stderr, words);
    }
  });

  /** What the container found, for each of a number of starts. */
  async function startMany(mount: object): Promise<string[]> {
    const body = {
      Image: 'busybox',
      Cmd: ['sh', '-c', 'test -e /x/secret'],
      HostConfig: { NetworkMode: 'none', Mounts: [mount] },
    };
    const results: string[] = [];
    for (let round = 0; round < 40; round++) {
      let id = '';
      try {
        ({ Id: id } = (await daemon.api('POST', '/containers/create', body)) as { Id: string });
        await daemon.api('POST', `/containers/${id}/start`);
        const { StatusCode } = (await daemon.api('POST', `/containers/${id}/wait`)) as { StatusCode: number };
        results.push(StatusCode === 0 ? 'secret' : 'mounted');
      } catch (error) {
        // It was not there at that moment.
        results.push((error as Error).message);
      }
      if (id !== '') await daemon.api('DELETE', `/containers/${id}?force=1`);
    }
    return results;
  }
});

describe('what fills a new volume', () => {
  before(async () => {
    const make =
      'for i in $(seq 100); do mkdir -p /data/d$i/sub; touch /data/d$i/f /data/d$i/sub/f; done; ln /data/d1/f /data/d1/g';
    await out('run', '--name', 'maker', '--net', 'none', 'busybox', 'sh', '-c', make);
    await out('commit', 'maker', 'filled');
    await out('rm', 'maker');
  });

  test('goes into the volume only, while a container swaps its directories for links', async t => {
    for (let round = 0; round < 4; round++) {
      await out('volume', 'create', `fresh${round}`);
      const swap = `for d in /v/d*; do i=$((i+1)); mv $d /v/.aside$i 2>/dev/null && ln -sn ${outside} $d; done`;
      await racer(t, ['-v', `fresh${round}:/v`], swap);
      await delay(100);
      const body = { Image: 'filled', HostConfig: { NetworkMode: 'none', Binds: [`fresh${round}:/data`] } };
      // It may be that it cannot be filled.
      await daemon.api('POST', '/containers/create', body).catch((error: Error) => {
        assert.match(error.message, /were moved/);
      });
      assertUntouched();
    }
  });

  test('has all that the image has there, its owner too, and nothing goes into one that has something', async () => {
    for (const name of ['whole', 'taken']) await out('volume', 'create', name);
    fs.writeFileSync(join(dataOf('taken'), 'mine'), '');
    for (const name of ['whole', 'taken'])
      await out('create', '--net', 'none', '-v', `${name}:/data`, 'filled', 'true');
    assert.equal(fs.readdirSync(dataOf('whole'), { recursive: true }).length, 401);
    assert.deepEqual(fs.readdirSync(dataOf('taken')), ['mine']);
    await out('create', '--net', 'none', '-v', 'spool:/var/spool/mail', 'busybox', 'true');
    await out('create', '--net', 'none', '-v', 'tmp:/tmp', 'busybox', 'true');
    assert.equal(fs.statSync(dataOf('tmp')).mode & 0o7777, 0o1777);
  });
});

describe('files to and from a container that sees the host’s processes', () => {
  /** Of a process whose root is the host's. */
  const host = `/hostproc/${process.pid}`;
  const link = () => `${host}/root${outside}`;

  for (const state of ['stopped', 'running'] as const) {
    test(`are not the host’s, of a ${state} one`, async t => {
      const name = `proc-${state}`;
      t.after(() => daemon.slipway('rm', '-fv', name));
      await out(
        'create',
        '--name',
        name,
        '--net',
        'none',
        '-v',
        '/proc:/hostproc',
        'busybox',
        'sleep',
        '1000',
      );
      if (state === 'running') await out('start', name);
      for (const path of [
        `${link()}/secret`,
        link(),
        `${host}/root/`,
        `${host}/task/${process.pid}/root/.`,
        `${host}/cwd/x`,
      ]) {
        for (const method of ['GET', 'HEAD'] as const) {
          const answer = await send(method, archiveUrl(name, path));
          assert.equal(answer.status, 400, `${method} ${path}`);
          if (method === 'GET')
            assert.match(messageOf(answer), /one of a mounted \/proc, which is not followed/);
        }
      }
      const put = await send('PUT', archiveUrl(name, link()), tarOf([['written', Buffer.from('x')]]));
      assert.deepEqual([put.status, /not followed/.test(messageOf(put))], [400, true]);
      const through = await send(
        'PUT',
        archiveUrl(name, '/'),
        tarOf([[`${link().slice(1)}/written`, Buffer.from('x')]]),
      );
      assert.ok(through.status >= 400, String(through.status));
      const beside = Buffer.concat([
        encodeTarEntry(tarEntry({ path: 'evil', type: 'symlink', linkPath: link() })),
        encodeTarEntry(tarEntry({ path: 'hard', type: 'hardlink', linkPath: `${link().slice(1)}/secret` })),
        tarOf([['evil/written', Buffer.from('x')]]),
      ]);
      assert.ok((await send('PUT', archiveUrl(name, '/'), beside)).status >= 400);
      assertUntouched();
      // The rest of it is as good as ever, and the link itself is a link.
      assert.equal((await send('GET', archiveUrl(name, `${host}/root`))).status, 200);
      assert.equal((await send('GET', archiveUrl(name, '/hostproc/version'))).status, 200);
    });
  }

  test('are not the host’s either while directories become links to it', async t => {
    const name = await racer(
      t,
      ['-v', '/proc:/hostproc:ro'],
      `mkdir -p /w/d/e; ${swapping('/w/d/e', link())}`,
    );
    await delay(200);
    for (let round = 0; round < 30; round++) {
      const files = Array.from(
        { length: 30 },
        (_, index) => [`d/e/x${index}`, Buffer.from('x')] as [string, Buffer],
      );
      await send('PUT', archiveUrl(name, '/w'), tarOf(files));
      const packed = await send('GET', archiveUrl(name, '/w'));
      assert.ok(!packed.body.includes('of the host'));
      const exact = await send('GET', archiveUrl(name, '/w/d/e/secret'));
      assert.ok(!exact.body.includes('of the host'));
    }
    assertUntouched();
  });

  test('nothing is made on the host for the mounts of a stopped one', async t => {
    const image = Buffer.concat([
      encodeTarEntry(tarEntry({ path: 'place', type: 'symlink', linkPath: link() })),
      tarOf([]),
    ]);
    const imported = await send('POST', '/images/create?fromSrc=-&repo=placed', image);
    assert.equal(imported.status, 200);
    t.after(() => daemon.slipway('rm', '-fv', 'placed'));
    const mounts = ['-v', '/proc:/hostproc', '-v', `${daemon.base}:/place/made`];
    await out('create', '--name', 'placed', '--net', 'none', ...mounts, 'placed', 'true');
    await send('GET', archiveUrl('placed', '/'));
    assertUntouched();
  });
});
