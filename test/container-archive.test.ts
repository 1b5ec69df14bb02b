/** Files to and from containers: `cp` of the docker CLI and of our own, and the API below them. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { constants, gunzipSync, gzipSync } from 'node:zlib';
import Docker from 'dockerode';
import { tarEntry } from '../src/archive/tar/tar-entry.ts';
import { encodeTarEntry, TAR_END, tarPadding } from '../src/archive/tar/tar-writer.ts';
import { noDocker } from './fixtures/docker-client.ts';
import { DaemonProcess } from './fixtures/daemon-process.ts';

let daemon: DaemonProcess;
/** A directory of the host with something of every kind in it. */
let work: string;

before(async () => {
  daemon = await DaemonProcess.startWithBusybox();
  work = join(daemon.base, 'work');
});

after(() => daemon.dispose());

function makeSource(): void {
  fs.rmSync(work, { recursive: true, force: true });
  fs.mkdirSync(join(work, 'src/dir/sub'), { recursive: true });
  const write = (name: string, content: string) => fs.writeFileSync(join(work, 'src', name), content);
  write('file', 'one\n');
  write('dir/a', 'two\n');
  write('dir/sub/b', 'three\n');
  fs.linkSync(join(work, 'src/dir/a'), join(work, 'src/dir/hard'));
  fs.chownSync(join(work, 'src/dir/a'), 1234, 5678);
  fs.chmodSync(join(work, 'src/file'), 0o4755);
  for (const [name, target] of [
    ['dirlink', 'dir'],
    ['filelink', 'file'],
    ['broken', 'nowhere'],
  ] as const)
    fs.symlinkSync(target, join(work, 'src', name));
}

const out = (...args: string[]) => daemon.slipwayOut(...args);

/** A container with a name of its own, removed at the end of the test. */
let count = 0;
async function container(t: { after(task: () => unknown): void }, ...args: string[]): Promise<string> {
  const name = `box${count++}`;
  t.after(() => send('DELETE', `/containers/${name}?force=1&v=1`));
  const [Image, ...Cmd] = args;
  if (Image === 'busybox') await daemon.api('POST', `/containers/create?name=${name}`, { Image, Cmd });
  else await out('create', '--name', name, '--net', 'none', ...args);
  return name;
}

/** What is new in a container, and /etc/passwd where that has changed. */
async function changesOf(name: string): Promise<string[]> {
  type Change = { Path: string; Kind: number };
  const changes = ((await daemon.api('GET', `/containers/${name}/changes`)) ?? []) as Change[];
  return changes.filter(({ Path, Kind }) => Kind === 1 || Path === '/etc/passwd').map(({ Path }) => Path);
}

async function running(t: { after(task: () => unknown): void }, ...args: string[]): Promise<string> {
  const name = await container(t, ...args, 'busybox', 'sleep', '1000');
  await out('start', name);
  return name;
}

type Sent = { status: number; headers: IncomingMessage['headers']; body: Buffer };

function send(
  method: string,
  path: string,
  options: { body?: Buffer; headers?: Record<string, string> } = {},
): Promise<Sent> {
  const socketPath = daemon.host.slice('unix://'.length);
  return new Promise((resolve, reject) => {
    const call = request({ socketPath, method, path, headers: options.headers, agent: false }, response => {
      const { statusCode: status = 0, headers } = response;
      buffer(response).then(body => resolve({ status, headers, body }), reject);
    });
    call.on('error', reject).end(options.body);
  });
}

const messageOf = ({ body }: Sent) => (JSON.parse(body.toString()) as { message: string }).message;
const archiveUrl = (name: string, path: string, more = '') =>
  `/containers/${name}/archive?path=${encodeURIComponent(path)}${more}`;

function tarOf(files: Record<string, string | null>): Buffer {
  const chunks = Object.entries(files).flatMap(([path, data]) =>
    data === null
      ? [encodeTarEntry(tarEntry({ path, type: 'directory' }))]
      : [
          encodeTarEntry(tarEntry({ path, size: Buffer.from(data).length })),
          Buffer.from(data),
          tarPadding(Buffer.from(data).length),
        ],
  );
  return Buffer.concat([...chunks, TAR_END]);
}

function listing(archive: Buffer): string[] {
  const lines = execFileSync('tar', ['-tPvf', '-', '--numeric-owner'], { input: archive }).toString();
  return lines
    .split('\n')
    .filter(Boolean)
    .map(line => line.replace(/^(\S+)\s+(\S+)\s+\S+\s+\S+ \S+ (.*)$/, '$1 $2 $3'));
}

/** What Docker 28.5 does, recorded from it: arguments, then exit code, error, and what is there afterwards. */
type CopyCase = { args: string[]; fails?: string; makes?: string[] };

const INTO: CopyCase[] = [
  { args: ['src/file', ':/tmp'], makes: ['tmp/file'] },
  { args: ['src/file', ':/tmp/new'], makes: ['tmp/new'] },
  { args: ['src/file', ':/tmp/new/'], fails: 'no such directory' },
  {
    args: ['src/file', ':/nope/x'],
    fails: 'Error response from daemon: Could not find the file /nope in container BOX',
  },
  {
    args: ['src/dir', ':/tmp'],
    makes: ['tmp/dir', 'tmp/dir/a', 'tmp/dir/hard', 'tmp/dir/sub', 'tmp/dir/sub/b'],
  },
  {
    args: ['src/dir/', ':/tmp'],
    makes: ['tmp/dir', 'tmp/dir/a', 'tmp/dir/hard', 'tmp/dir/sub', 'tmp/dir/sub/b'],
  },
  { args: ['src/dir/.', ':/tmp'], makes: ['tmp/a', 'tmp/hard', 'tmp/sub', 'tmp/sub/b'] },
  { args: ['src/dir', ':/new'], makes: ['new', 'new/a', 'new/hard', 'new/sub', 'new/sub/b'] },
  { args: ['src/dir', ':/new/'], makes: ['new', 'new/a', 'new/hard', 'new/sub', 'new/sub/b'] },
  { args: ['src/dir', ':/etc/passwd'], fails: 'cannot copy directory' },
  { args: ['src/file', ':/etc/passwd'], makes: ['etc/passwd'] },
  { args: ['src/file', ':/etc/passwd/'], fails: 'no such directory' },
  { args: ['src/filelink', ':/tmp/l'], makes: ['tmp/l -> file'] },
  { args: ['-L', 'src/filelink', ':/tmp'], makes: ['tmp/filelink'] },
  { args: ['src/dirlink', ':/tmp'], makes: ['tmp/dirlink -> dir'] },
  {
    args: ['src/dirlink/', ':/tmp'],
    makes: ['tmp/dirlink', 'tmp/dirlink/a', 'tmp/dirlink/hard', 'tmp/dirlink/sub', 'tmp/dirlink/sub/b'],
  },
  { args: ['src/dirlink/.', ':/tmp'], makes: ['tmp/a', 'tmp/hard', 'tmp/sub', 'tmp/sub/b'] },
  {
    args: ['-L', 'src/dirlink', ':/tmp/d'],
    makes: ['tmp/d', 'tmp/d/a', 'tmp/d/hard', 'tmp/d/sub', 'tmp/d/sub/b'],
  },
  { args: ['src/broken', ':/tmp'], makes: ['tmp/broken -> nowhere'] },
  { args: ['-L', 'src/broken', ':/tmp'], fails: 'lstat WORK/src/nowhere: no such file or directory' },
  { args: ['src/missing', ':/tmp'], fails: 'lstat WORK/src/missing: no such file or directory' },
  // What is in the way, one by one.
  { args: ['src/file', ':/var/spool'], makes: ['var/spool/file'] },
  { args: ['src/dir', ':/usr/bin/env'], fails: 'cannot copy directory' },
];

const OUT_OF: CopyCase[] = [
  { args: [':/etc/passwd', 'out'], makes: ['out'] },
  { args: [':/etc/passwd', 'out/'], fails: 'no such directory' },
  { args: [':/etc/passwd', 'exists'], makes: ['exists/passwd'] },
  { args: [':/etc/passwd', 'exists/.'], makes: ['exists/passwd'] },
  { args: [':/etc/passwd', 'nodir/x'], fails: 'invalid output path: directory "WORK/nodir" does not exist' },
  { args: [':/etc/passwd', 'src/file/'], fails: 'stat WORK/src/file/: not a directory' },
  { args: [':/var/spool', 'src/file'], fails: 'cannot copy directory' },
  { args: [':/var/spool', 'out'], makes: ['out', 'out/mail'] },
  { args: [':/var/spool/.', 'out'], makes: ['out', 'out/mail'] },
  { args: [':/var/spool/.', 'exists'], makes: ['exists/mail'] },
  { args: [':/var/spool/', 'exists'], makes: ['exists/spool', 'exists/spool/mail'] },
  { args: ['-L', ':/usr/bin/env', 'exists'], makes: ['exists/env'] },
  {
    args: [':/usr/bin/env/', 'out'],
    fails: 'Error response from daemon: lstat /usr/bin/env/: not a directory',
  },
  {
    args: [':/etc/passwd/x', 'out'],
    fails: 'Error response from daemon: lstat /etc/passwd/x: not a directory',
  },
  {
    args: [':/nope', 'out'],
    fails: 'Error response from daemon: Could not find the file /nope in container BOX',
  },
  {
    args: [':/proc/1', 'out'],
    fails: 'Error response from daemon: Could not find the file /proc/1 in container BOX',
  },
  { args: [':/proc', 'out'], makes: ['out'] },
  { args: [':', 'out'], fails: 'Error response from daemon: bad parameter: pathcannot be empty' },
];

const USAGE: CopyCase[] = [
  { args: ['a', 'b'], fails: 'must specify at least one container source' },
  { args: [':/a', ':/b'], fails: 'copying between containers is not supported' },
  { args: ['-', ':/etc/passwd'], fails: 'destination "BOX:/etc/passwd" must be a directory' },
  { args: ['', ':/a'], fails: 'source can not be empty' },
];

for (const client of ['docker', 'slipway'] as const) {
  describe(`cp of the ${client} CLI`, {
    skip: client === 'docker' && noDocker,
  }, () => {
    const copy = (name: string, args: string[]) => {
      const inWork = args.map(word =>
        word.startsWith(':') ? name + word : /^(?:-.*|)$/.test(word) ? word : join(work, '/').concat(word),
      );
      return client === 'docker' ? daemon.docker('cp', ...inWork) : daemon.slipway('cp', ...inWork);
    };
    const check = async (name: string, { args, fails }: CopyCase) => {
      const { code, stderr } = await copy(name, args);
      const words = stderr
        .split('\n')
        .filter(line => line !== '' && !line.includes('level=error'))
        .join('\n')
        .replaceAll(work, 'WORK')
        .replaceAll(name, 'BOX');
      assert.equal(words, fails ?? '', args.join(' '));
      assert.equal(code, fails === undefined ? 0 : 1, args.join(' '));
    };

    test('copies into a container that does not run as Docker does', async t => {
      makeSource();
      for (const item of INTO) {
        const name = await container(t, 'busybox');
        await check(name, item);
        const made = (item.makes ?? []).map(line => `/${line.replace(/ -> .*/, '')}`);
        assert.deepEqual(await changesOf(name), made.sort(), item.args.join(' '));
      }
    });

    test('copies out of a running container as Docker does', async t => {
      const name = await running(t);
      for (const item of OUT_OF) {
        makeSource();
        fs.mkdirSync(join(work, 'exists'));
        await check(name, item);
        const there = execFileSync('find', ['.', '-mindepth', '1', '-printf', '%P%l\n'], { cwd: work })
          .toString()
          .split('\n')
          .filter(line => line !== '' && line !== 'exists' && !line.startsWith('src'));
        assert.deepEqual(there.sort(), (item.makes ?? []).map(line => line.replace(' -> ', '')).sort());
      }
    });

    test('says what is wrong with its arguments', async t => {
      const name = await container(t, 'busybox');
      makeSource();
      for (const item of USAGE) await check(name, item);
    });

    test('keeps owners, modes, hard links and times, and gives the files to the user with -a', async t => {
      makeSource();
      const name = await container(t, '-u', '33:34', 'busybox');
      await copy(name, ['src/dir', ':/tmp/plain']);
      await copy(name, ['-a', 'src/dir', ':/tmp/mine']);
      const { body } = await send('GET', archiveUrl(name, '/tmp/plain'));
      assert.deepEqual(listing(body), [
        'drwxr-xr-x 0/0 plain/',
        '-rw-r--r-- 1234/5678 plain/a',
        'hrw-r--r-- 1234/5678 plain/hard link to plain/a',
        'drwxr-xr-x 0/0 plain/sub/',
        '-rw-r--r-- 0/0 plain/sub/b',
      ]);
      const mine = listing((await send('GET', archiveUrl(name, '/tmp/mine'))).body);
      assert.ok(mine.length === 5 && mine.every(line => line.includes(' 33/34 ')), mine.join('\n'));
    });

    test('streams a tar both ways', async t => {
      const name = await container(t, 'busybox');
      const program = client === 'docker' ? 'docker' : new URL('../bin/slipway', import.meta.url).pathname;
      const env = { ...process.env, DOCKER_HOST: daemon.host, SLIPWAY_HOST: daemon.host };
      const input = gzipSync(tarOf({ 'x/': null, 'x/y': 'z' }));
      execFileSync(program, ['cp', '-', `${name}:/tmp`], { env, input });
      const archive = execFileSync(program, ['cp', `${name}:/tmp/x`, '-'], { env });
      assert.deepEqual(listing(archive), ['drwxr-xr-x 0/0 x/', '-rw-r--r-- 0/0 x/y']);
    });
  });
}

test('the header with what a path is has Docker’s form', async t => {
  const name = await container(t, 'busybox');
  const statOf = async (method: string, path: string) => {
    const { status, headers } = await send(method, archiveUrl(name, path));
    assert.equal(status, 200);
    return Buffer.from(String(headers['x-docker-container-path-stat']), 'base64').toString();
  };
  assert.match(
    await statOf('HEAD', '/usr/bin/env'),
    /^\{"name":"env","size":13,"mode":134218239,"mtime":"[-\d]+T[\d:]+Z","linkTarget":"\/bin\/env"\}$/,
  );
  assert.match(
    await statOf('GET', '/tmp/'),
    /^\{"name":"tmp","size":4096,"mode":2148532735,.*"linkTarget":""\}$/,
  );
  assert.match(await statOf('HEAD', 'etc/passwd'), /^\{"name":"passwd","size":\d+,"mode":420,/);
  assert.match(await statOf('HEAD', '/'), /^\{"name":"\/",/);
  assert.equal((await send('HEAD', archiveUrl(name, '/nope'))).status, 404);
  assert.equal((await send('GET', archiveUrl('nobody', '/'))).status, 404);
});

test('entries of an archive are named as Docker names them', async t => {
  const name = await container(t, 'busybox');
  const first = async (path: string) =>
    listing((await send('GET', archiveUrl(name, path))).body)
      .slice(0, 2)
      .map(line => line.split(' ')[2]);
  assert.deepEqual(await first('/var/spool'), ['spool/', 'spool/mail/']);
  assert.deepEqual(await first('/var/spool/'), ['spool/', 'spool/mail/']);
  assert.deepEqual(await first('/var/spool/.'), ['./', './mail/']);
  assert.deepEqual((await first('/'))[0], '/');
  assert.match((await first('/'))[1] ?? '', /^\/[.\w]/);
  assert.deepEqual((await first('/.'))[0], './');
});

test('an archive is compressed for clients that ask for it', async t => {
  const name = await container(t, 'busybox');
  const { headers, body } = await send('GET', archiveUrl(name, '/etc/passwd'), {
    headers: { 'Accept-Encoding': 'deflate;q=0.5, gzip' },
  });
  assert.equal(headers['content-encoding'], 'gzip');
  assert.deepEqual(listing(gunzipSync(body)), ['-rw-r--r-- 0/0 passwd']);
});

test('links in a container lead nowhere but into the container', async t => {
  const name = await running(t);
  const secret = join(daemon.base, 'secret');
  fs.mkdirSync(secret, { recursive: true });
  fs.writeFileSync(join(secret, 'file'), 'of the host');
  await out(
    'exec',
    name,
    'sh',
    '-c',
    `ln -s ${secret} /tmp/out; ln -s / /tmp/root; ln -s ../../../.. /tmp/up`,
  );
  assert.equal((await send('GET', archiveUrl(name, '/tmp/out/file'))).status, 404);
  const put = (path: string) => send('PUT', archiveUrl(name, path), { body: tarOf({ written: 'x' }) });
  assert.equal((await put('/tmp/out')).status, 404);
  assert.equal((await put('/tmp/root/tmp')).status, 200);
  assert.equal((await put('/tmp/up/etc')).status, 200);
  assert.equal(await out('exec', name, 'cat', '/tmp/written', '/etc/written'), 'xx');
  // An archive with a link in it, and a file behind that.
  const evil = Buffer.concat([
    encodeTarEntry(tarEntry({ path: 'l', type: 'symlink', linkPath: secret })),
    tarOf({ 'l/evil': 'x' }),
  ]);
  await send('PUT', archiveUrl(name, '/tmp'), { body: evil });
  assert.deepEqual(fs.readdirSync(secret), ['file']);
});

test('a container that changes directories into links while files are copied gets nothing of the host', async t => {
  const name = await running(t);
  const target = join(daemon.base, 'target');
  fs.mkdirSync(target, { recursive: true });
  const loop = `mkdir -p /w${daemon.base} /w/d; cd /w; while :; do mv d e; ln -s ${target} d; rm d; mv e d; usleep 3000; done`;
  await out('exec', '-d', name, 'sh', '-c', loop);
  await delay(100);
  const sent = await Promise.all(
    Array.from({ length: 15 }, () =>
      send('PUT', archiveUrl(name, '/w/d'), { body: tarOf({ 'deep/': null, 'deep/x': 'y' }) }),
    ),
  );
  assert.ok(sent.some(({ status }) => status === 200));
  assert.deepEqual(fs.readdirSync(target), []);
});

test('a running container sees what is copied at once, also in a tmpfs and where it has looked before', async t => {
  const name = await running(t, '--tmpfs', '/fast');
  await out('exec', name, 'sh', '-c', 'cat /tmp/new /fast/new; true');
  for (const place of ['/tmp', '/fast'])
    assert.equal((await send('PUT', archiveUrl(name, place), { body: tarOf({ new: 'here' }) })).status, 200);
  assert.equal(await out('exec', name, 'cat', '/tmp/new', '/fast/new'), 'herehere');
  await out('pause', name);
  assert.match(listing((await send('GET', archiveUrl(name, '/fast/new'))).body)[0] ?? '', /new$/);
  await out('unpause', name);
});

for (const state of ['running', 'stopped']) {
  test(`volumes and binds of a ${state} container are copied to and from, and protected when read-only`, async t => {
    const bind = join(daemon.base, `bind-${state}`);
    fs.mkdirSync(bind);
    fs.writeFileSync(join(bind, 'b'), 'bound');
    const options = ['-v', `vol-${state}:/vol`, '-v', `${bind}:/bind`, '-v', `${bind}:/readonly:ro`];
    const name =
      state === 'running' ? await running(t, ...options) : await container(t, ...options, 'busybox', 'true');
    const put = (path: string) => send('PUT', archiveUrl(name, path), { body: tarOf({ f: 'x' }) });
    t.after(() => daemon.slipway('volume', 'rm', `vol-${state}`));
    assert.equal((await put('/vol')).status, 200);
    assert.equal((await put('/bind')).status, 200);
    assert.equal(fs.readFileSync(join(bind, 'f'), 'utf8'), 'x');
    const refused = await put('/readonly');
    assert.deepEqual([refused.status, messageOf(refused)], [400, 'mounted volume is marked read-only']);
    assert.equal(listing((await send('GET', archiveUrl(name, '/readonly/b'))).body).length, 1);
    const all = await out(
      'run',
      '--rm',
      '--net',
      'none',
      '-v',
      `vol-${state}:/vol`,
      'busybox',
      'cat',
      '/vol/f',
    );
    assert.equal(all, 'x');
    // An export has none of them.
    const { body } = await send('GET', `/containers/${name}/export`);
    assert.ok(!listing(body).some(line => /(?:bind|vol)\/./.test(line)));
  });
}

test('a read-only root is protected, its volumes are not', async t => {
  const name = await running(t, '--read-only', '-v', '/vol');
  const put = (path: string) => send('PUT', archiveUrl(name, path), { body: tarOf({ f: 'x' }) });
  const refused = await put('/tmp');
  assert.deepEqual([refused.status, messageOf(refused)], [400, 'container rootfs is marked read-only']);
  assert.equal((await put('/vol')).status, 200);
});

test('nor does a link in a volume lead to a read-only root that is to be copied to', async t => {
  for (const state of ['stopped', 'running'] as const) {
    const volume = `led-${state}`;
    await out('run', '--rm', '-v', `${volume}:/vol`, 'busybox', 'ln', '-s', '/etc', '/vol/link');
    const name = await container(t, '--read-only', '-v', `${volume}:/vol`, 'busybox', 'sleep', '1000');
    if (state === 'running') await out('start', name);
    const put = await send('PUT', archiveUrl(name, '/vol'), { body: tarOf({ 'link/written': 'x' }) });
    assert.deepEqual([put.status, messageOf(put)], [500, 'open /vol/link/written: read-only file system']);
    assert.equal((await send('GET', archiveUrl(name, '/etc/written'))).status, 404);
    assert.equal((await send('PUT', archiveUrl(name, '/vol'), { body: tarOf({ f: 'x' }) })).status, 200);
  }
});

test('kinds are not mixed up where the client asks for that, and what is no directory is none', async t => {
  const name = await container(t, 'busybox');
  const put = async (path: string, files: Record<string, string | null>) => {
    const answer = await send('PUT', archiveUrl(name, path, '&noOverwriteDirNonDir=true'), {
      body: tarOf(files),
    });
    return answer.status === 200 ? 200 : [answer.status, messageOf(answer)];
  };
  assert.deepEqual(await put('/', { tmp: 'x' }), [
    500,
    'cannot overwrite directory "tmp" with non-directory "/"',
  ]);
  assert.deepEqual(await put('/etc', { 'passwd/': null }), [
    500,
    'cannot overwrite non-directory "passwd" with directory "/etc"',
  ]);
  assert.deepEqual(await put('/etc/passwd', {}), [400, 'extraction point is not a directory']);
  assert.equal(await put('/', { 'tmp/': null, 'tmp/a/b/c': 'deep' }), 200);
});

test('a broken archive is refused, and what is mounted over a file cannot be replaced', async t => {
  const name = await running(t);
  const cut = await send('PUT', archiveUrl(name, '/tmp'), {
    body: tarOf({ f: 'x'.repeat(9000) }).subarray(0, 4000),
  });
  assert.deepEqual([cut.status, messageOf(cut)], [400, 'unexpected EOF']);
  const busy = await send('PUT', archiveUrl(name, '/etc'), { body: tarOf({ hosts: 'mine' }) });
  assert.deepEqual([busy.status, messageOf(busy)], [500, 'RemoveAll hosts: device or resource busy']);
  const garbage = await send('PUT', archiveUrl(name, '/tmp'), {
    body: gzipSync(Buffer.alloc(99)).subarray(0, 15),
  });
  assert.equal(garbage.status, 400);
});

test('nothing stays mounted, and a container that is read from waits to be started until it has been', async t => {
  const mounts = () => fs.readFileSync(`/proc/${daemon.pid}/mountinfo`, 'utf8').split('\n').length;
  const before = mounts();
  const name = await container(t, '-v', '/vol', 'busybox', 'sleep', '1000');
  await send('PUT', archiveUrl(name, '/tmp'), { body: tarOf({ big: 'x'.repeat(8 << 20) }) });
  const socketPath = daemon.host.slice('unix://'.length);
  const reading = await new Promise<IncomingMessage>((resolve, reject) => {
    const call = request({ socketPath, path: archiveUrl(name, '/tmp'), agent: false }, resolve);
    call.on('error', reject).end();
  });
  let isStarted = false;
  const starting = send('POST', `/containers/${name}/start`).then(() => {
    isStarted = true;
  });
  await delay(200);
  assert.equal(isStarted, false);
  // A reader who goes away in the middle lets it go.
  reading.destroy();
  await starting;
  assert.equal(await out('exec', name, 'cat', '/tmp/big').then(big => big.length), 8 << 20);
  await Promise.all(Array.from({ length: 20 }, () => send('HEAD', archiveUrl(name, '/vol'))));
  assert.equal(mounts(), before);
});

test('an upload whose client goes away ends, and leaves the container usable', async t => {
  const name = await container(t, 'busybox', 'true');
  const socketPath = daemon.host.slice('unix://'.length);
  const call = request({ socketPath, method: 'PUT', path: archiveUrl(name, '/tmp'), agent: false });
  call.on('error', () => undefined);
  call.write(tarOf({ part: 'x'.repeat(2 << 20) }).subarray(0, 1 << 20));
  await delay(200);
  call.destroy();
  await out('start', '-a', name);
});

test('who stops sending in the middle of an upload is told what is wrong with it', async t => {
  const [idle, busy] = [await container(t, 'busybox', 'true'), await running(t)];
  const socketPath = daemon.host.slice('unix://'.length);
  for (const name of [idle, busy])
    for (const [path, content, status] of [
      ['/nowhere', Buffer.from('begun'), 404],
      ['/etc/passwd', Buffer.alloc(1000), 400],
      ['/tmp', Buffer.alloc(1000, 'no header'), 400],
      ['/tmp', gzipSync(Buffer.alloc(1000, 'no header'), { finishFlush: constants.Z_SYNC_FLUSH }), 400],
    ] as const) {
      const headers = { 'Content-Length': 1_000_000 };
      const call = request({
        socketPath,
        method: 'PUT',
        path: archiveUrl(name, path),
        headers,
        agent: false,
      });
      const answer = once(call, 'response') as Promise<[IncomingMessage]>;
      call.write(content);
      const [{ statusCode }] = await answer;
      assert.equal(statusCode, status);
      call.on('error', () => undefined).destroy();
    }
  await out('start', '-a', idle);
});

test('a removal by force waits for no client that does not go on copying', async t => {
  const socketPath = daemon.host.slice('unix://'.length);
  const stalled = async (method: string, path: string) => {
    const call = request({ socketPath, method, path, agent: false });
    const ended = new Promise(resolve => call.once('close', resolve));
    call.on('error', () => undefined).on('response', answer => answer.on('error', () => undefined).pause());
    if (method === 'PUT') call.write(tarOf({ part: 'x'.repeat(1 << 20) }).subarray(0, 1 << 19));
    else call.end();
    await Promise.race([once(call, 'response'), delay(300)]);
    return { call, ended };
  };
  for (const [method, pathOf] of [
    ['PUT', (name: string) => archiveUrl(name, '/tmp')],
    ['GET', (name: string) => archiveUrl(name, '/')],
    ['GET', (name: string) => `/containers/${name}/export`],
  ] as const) {
    const name = await container(t, 'busybox', 'true');
    await send('PUT', archiveUrl(name, '/tmp'), { body: tarOf({ big: 'x'.repeat(8 << 20) }) });
    const copies = [await stalled(method, pathOf(name)), await stalled(method, pathOf(name))];
    assert.equal((await send('DELETE', `/containers/${name}?force=1`)).status, 204);
    for (const { call } of copies) call.destroy();
    await Promise.all(copies.map(({ ended }) => ended));
    assert.equal((await send('GET', `/containers/${name}/json`)).status, 404);
  }
  assert.equal((await send('GET', '/_ping')).status, 200);
});

test('an export has the whole file system, named without a leading dot', async t => {
  const name = await running(t);
  await out('exec', name, 'sh', '-c', 'echo new > /tmp/new; rm /etc/group; chmod 2750 /var/spool');
  const { headers, body } = await send('GET', `/containers/${name}/export`);
  assert.equal(headers['content-type'], 'application/octet-stream');
  const files = listing(body).map(line => line.replace(/ link to .*| -> .*/, ''));
  assert.ok(files.includes('drwxrwxrwt 0/0 tmp/') && files.includes('-rw-r--r-- 0/0 tmp/new'));
  assert.ok(files.includes('drwxr-s--- 0/0 var/spool/') && files.includes('-rw-r--r-- 0/0 etc/passwd'));
  assert.ok(!files.some(line => / \.?\//.test(line) || line.endsWith(' etc/group')));
  assert.ok(!files.some(line => /(?:proc|sys)\/./.test(line)));
});

test('what is done is told as events', async t => {
  const since = Math.floor(Date.now() / 1000);
  const name = await container(t, 'busybox');
  await send('GET', archiveUrl(name, '/etc'));
  await send('PUT', archiveUrl(name, '/tmp'), { body: tarOf({ f: 'x' }) });
  await send('GET', `/containers/${name}/export`);
  const until = String(Math.ceil(Date.now() / 1000) + 1);
  const selection = ['--since', String(since), '--until', until, '--filter', `container=${name}`];
  const { stdout } = await daemon.slipway('events', ...selection, '--format', '{{.Action}}');
  assert.deepEqual(stdout.trim().split('\n'), ['create', 'archive-path', 'extract-to-dir', 'export']);
});

test('dockerode gets and puts archives', async t => {
  const name = await running(t);
  const box = new Docker({ socketPath: daemon.host.slice('unix://'.length) }).getContainer(name);
  await box.putArchive(tarOf({ hello: 'from dockerode' }), { path: '/tmp' });
  assert.equal(await out('exec', name, 'cat', '/tmp/hello'), 'from dockerode');
  const archive = await buffer(await box.getArchive({ path: '/tmp/hello' }));
  assert.deepEqual(listing(archive), ['-rw-r--r-- 0/0 hello']);
  assert.equal(execFileSync('tar', ['-xOf', '-'], { input: archive }).toString(), 'from dockerode');
});
