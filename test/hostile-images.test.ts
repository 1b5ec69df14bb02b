/** Images that were made to do harm, and requests that go wrong: nothing hangs, nothing is left, other containers are not disturbed. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { digestOf, hexOf } from '../src/base/digest.ts';
import { makeBusyboxRoot } from './fixtures/busybox-root.ts';
import { DaemonProcess } from './fixtures/daemon-process.ts';
import { imageOf } from './fixtures/image-archive.ts';

/** Long enough for a loaded machine, and much shorter than for ever. */
const PATIENCE_MS = 30_000;
const DENY_EVERYTHING = `seccomp=${JSON.stringify({ defaultAction: 'SCMP_ACT_ERRNO' })}`;

describe('with hostile images', () => {
  let daemon: DaemonProcess;
  let root: string;

  before(async () => {
    daemon = await DaemonProcess.start();
    root = join(daemon.base, 'root');
    makeBusyboxRoot(root);
  });

  after(() => daemon.dispose());

  /** A tar of the root file system, with some files of it replaced. */
  function layer(files: Record<string, string> = {}): Buffer {
    for (const [path, content] of Object.entries(files)) fs.writeFileSync(join(root, path), content);
    return execFileSync('tar', ['-cf', '-', '-C', root, '.'], { maxBuffer: 64 << 20 });
  }

  async function load(name: string, image: object, files?: Record<string, string>): Promise<string> {
    const path = join(daemon.base, 'image.tar');
    fs.writeFileSync(path, imageOf(`${name}:latest`, [layer(files)], undefined, image).archive);
    const { stderr } = await daemon.slipway('load', '-qi', path);
    return stderr;
  }

  async function inTime<T>(what: string, task: Promise<T>): Promise<T> {
    const over = new AbortController();
    const late = delay(PATIENCE_MS, undefined, { signal: over.signal }).then(() =>
      assert.fail(`${what} hangs`),
    );
    late.catch(() => undefined);
    try {
      return await Promise.race([task, late]);
    } finally {
      over.abort();
    }
  }

  /** The status and the message of a start that must fail, or '' for one that does not. */
  async function startFailure(id: string): Promise<string> {
    const start = daemon.api('POST', `/containers/${id}/start`).then(() => '', String);
    return inTime('the start', start);
  }

  async function remove(id: string): Promise<void> {
    await inTime('the removal', daemon.api('DELETE', `/containers/${id}?force=1&v=1`));
  }

  async function create(body: object): Promise<string> {
    return ((await daemon.api('POST', '/containers/create', body)) as { Id: string }).Id;
  }

  /** Processes of the daemon that wait for a container. */
  function idleShims(): number {
    return fs
      .readdirSync('/proc')
      .filter(name => /^\d+$/.test(name))
      .filter(pid => {
        try {
          const [, parent] = /\) . (\d+) /.exec(fs.readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? [];
          const command = fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8');
          return Number(parent) === daemon.pid && command.includes('-----');
        } catch {
          return false;
        }
      }).length;
  }

  const UNSTARTABLE: [string, object, RegExp][] = [
    ['a command with a NUL byte', { Cmd: ['sh', 'a\0b'] }, /400 .*nul byte/],
    ['an entrypoint with a NUL byte', { Entrypoint: ['/bin/s\0h'] }, /400 .*nul byte/],
    ['a working directory with a NUL byte', { Cmd: ['sh'], WorkingDir: '/a\0b' }, /400 .*nul byte/],
    ['a relative working directory', { Cmd: ['sh'], WorkingDir: 'a' }, /400 .*Cwd must be an absolute path/],
    ['a variable with a NUL byte', { Cmd: ['sh'], Env: ['A=\0'] }, /400 .*nul byte/],
    ['a variable without a name', { Cmd: ['sh'], Env: ['=x'] }, /400 .*name cannot be empty/],
    ['a volume over its root', { Cmd: ['sh'], Volumes: { '/': {} } }, /400 .*rootfs at/],
    ['a command that is empty', { Cmd: [''] }, /400 .*executable file not found/],
    ['a user of a billion digits', { Cmd: ['sh'], User: '9'.repeat(1000) }, /400 .*must be in range/],
  ];

  for (const [what, config, message] of UNSTARTABLE) {
    test(`${what} fails the start at once, and leaves no shim`, async () => {
      assert.equal(await load('hostile', { config }), '');
      const id = await create({ Image: 'hostile' });
      for (let attempt = 0; attempt < 4; attempt++) assert.match(await startFailure(id), message);
      await remove(id);
      assert.ok(idleShims() <= 2, `${idleShims()} shims wait`);
    });
  }

  const UNDECODABLE: [string, object, RegExp][] = [
    ['a command of numbers', { config: { Cmd: [1, 2] } }, /cannot unmarshal number/],
    [
      'labels of numbers',
      { config: { Labels: { a: 1 } } },
      /cannot unmarshal number .*Labels\.a of type string/,
    ],
    ['a configuration of a number', { config: 7 }, /cannot unmarshal number .*of type container\.Config/],
    ['a day that is none', { created: 'yesterday' }, /parsing time "yesterday"/],
    ['a million steps', { history: Array(1_000_000).fill(null) }, /too large|more than 70000 values/],
  ];

  for (const [what, image, message] of UNDECODABLE) {
    test(`an image with ${what} is not loaded`, async () => {
      assert.match(await load('undecodable', image), message);
    });
  }

  test('accounts of any kind start a container, or are told of', async () => {
    const passwd = 'web:x:abc:5::/h:/bin/sh\nfew:x:7\nbig:x:4294967301:1::/h:\n';
    const group = 'few:x\ng:x:abc:web\n';
    assert.equal(
      await load('accounts', { config: { Cmd: ['id', '-u'] } }, { 'etc/passwd': passwd, 'etc/group': group }),
      '',
    );
    for (const [user, expected] of [
      ['web', '0\n'],
      ['few', '7\n'],
      ['few:g', '7\n'],
    ] as const) {
      const { stdout, stderr } = await inTime('run', daemon.slipway('run', '--rm', '-u', user, 'accounts'));
      assert.equal(stdout, expected, stderr);
    }
    const { stderr } = await inTime('run', daemon.slipway('run', '--rm', '-u', 'big', 'accounts'));
    assert.match(stderr, /uids and gids must be in range 0-2147483647/);
  });

  test('an image that an earlier version let in breaks no list, no prune, and can be removed', async () => {
    assert.equal(await load('fine', { config: { Cmd: ['true'] } }), '');
    await daemon.kill('SIGTERM');
    const hostile = plantImage();
    await daemon.start();
    const [, name] = ['sha256:', hexOf(hostile)];
    for (const args of [
      ['images', '-a'],
      ['image', 'inspect', name],
      ['history', name],
      ['system', 'df'],
      ['ps', '-a', '--filter', `ancestor=${name}`],
      ['images', '--filter', 'until=24h', '--filter', `since=fine`],
    ]) {
      const { code, stderr } = await inTime(args.join(' '), daemon.slipway(...args));
      assert.equal(code, 0, `${args.join(' ')}: ${stderr}`);
    }
    const until = encodeURIComponent(JSON.stringify({ until: ['2400-01-01'] }));
    for (const path of ['containers', 'images'])
      await inTime('prune', daemon.api('POST', `/${path}/prune?filters=${until}`));
    // Its date is none, and so before no other.
    await inTime('prune', daemon.api('POST', '/images/prune'));
    const { stdout } = await daemon.slipway('images', '-aq', '--no-trunc');
    assert.ok(!stdout.includes(hostile), 'it was not pruned');
  });

  /** A second image of the content of `fine`, with a configuration that nothing of today would let in. */
  function plantImage(): `sha256:${string}` {
    const graph = join(daemon.base, 'data/graph');
    const database = new DatabaseSync(join(graph, 'graph.db'));
    const fine = database.prepare('SELECT image_id FROM image_references').all().at(-1)?.image_id;
    const row = database.prepare('SELECT * FROM images WHERE id = ?').get(fine as string) ?? {};
    const good = JSON.parse(
      fs.readFileSync(join(graph, 'content/blobs/sha256', String(row.id).slice(7)), 'utf8'),
    ) as object;
    const raw = JSON.stringify({
      ...good,
      created: '99999-01-01T00:00:00Z',
      history: [{ created: 'x' }, { created_by: 5 }, 7],
      config: { Cmd: [1], Labels: { a: 1 }, ExposedPorts: 5, Volumes: ['x'], StopTimeout: 'x' },
    });
    const id = digestOf(raw);
    fs.writeFileSync(join(graph, 'content/blobs/sha256', hexOf(id)), raw);
    const columns = Object.keys(row);
    database
      .prepare(`INSERT INTO images (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`)
      .run(...(Object.values({ ...row, id }) as (string | number)[]));
    database.prepare('INSERT INTO image_blobs (image_id, digest) VALUES (?, ?)').run(id, id);
    database
      .prepare(
        'INSERT OR IGNORE INTO image_blobs SELECT ?, digest FROM image_blobs WHERE image_id = ? AND digest != ?',
      )
      .run(id, fine as string, fine as string);
    database.close();
    return id;
  }

  test('a start that cannot come to an end is given up when its container is removed by force', async () => {
    assert.equal(await load('plain', { config: { Cmd: ['true'] } }), '');
    const id = await create({ Image: 'plain', HostConfig: { SecurityOpt: [DENY_EVERYTHING] } });
    const start = daemon.api('POST', `/containers/${id}/start`).then(() => '', String);
    await delay(500);
    await remove(id);
    assert.match(await inTime('the start', start), /40\d|500/);
    const left = fs
      .readdirSync('/sys/fs/cgroup')
      .map(hierarchy => join('/sys/fs/cgroup', hierarchy, daemon.cgroupParent, id))
      .filter(path => fs.existsSync(path));
    assert.deepEqual(left, []);
  });

  test('the daemon ends when it is told to, at any step of a start', async () => {
    const id = await create({ Image: 'plain', HostConfig: { SecurityOpt: [DENY_EVERYTHING] } });
    const start = daemon.api('POST', `/containers/${id}/start`).catch(String);
    await delay(500);
    await inTime('the daemon', daemon.kill('SIGTERM'));
    await start;
    await daemon.start();
    await remove(id);
  });
});
