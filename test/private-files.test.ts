/** What local users get of the engine's files: nothing, as there are secrets and set-uid programs in them. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, lstatSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { DaemonProcess } from './fixtures/daemon-process.ts';

const NOBODY = 65534;
/** Everything that a user may do to the paths given as lines. */
const TRY = `while IFS= read -r path; do
  [ -d "$path" ] && ls "$path" >/dev/null 2>&1 && echo "lists $path"
  [ -d "$path" ] && (cd "$path") 2>/dev/null && echo "enters $path"
  [ -f "$path" ] && head -c 1 "$path" >/dev/null 2>&1 && echo "reads $path"
  [ -w "$path" ] && echo "writes $path"
done; true`;

type User = { uid: number; gid: number };

function run({ uid, gid }: User, command: string[], input = '') {
  const user = [`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', '--'];
  return spawnSync('setpriv', [...user, ...command], { input, encoding: 'utf8', maxBuffer: 64 << 20 });
}

function reachedByNobody(paths: readonly string[]): string[] {
  const { stdout, stderr, status } = run(
    { uid: NOBODY, gid: NOBODY },
    ['/bin/busybox', 'sh', '-c', TRY],
    paths.map(path => `${path}\n`).join(''),
  );
  assert.equal(status, 0, stderr);
  return stdout.split('\n').filter(Boolean);
}

function walk(directory: string): string[] {
  const entries = readdirSync(directory, { withFileTypes: true });
  return [
    directory,
    ...entries.flatMap(entry => {
      const path = join(directory, entry.name);
      return entry.isDirectory() ? walk(path) : [path];
    }),
  ];
}

const modeOf = (path: string) => (statSync(path).mode & 0o7777).toString(8);

describe('the engine’s files', () => {
  let daemon: DaemonProcess;
  const at = (path: string) => join(daemon.base, path);

  before(async () => {
    daemon = new DaemonProcess();
    // Or the test's own directory would be what protects them.
    chmodSync(daemon.base, 0o755);
    await daemon.start();
    await out('image', 'bootstrap', 'busybox');
    const setuid = 'cp /bin/busybox /v/root; chmod 4755 /v/root; echo secret; sleep 1000';
    await out('run', '-d', '--name', 'used', '-v', 'data:/v', '-e', 'TOKEN=x', 'busybox', 'sh', '-c', setuid);
    await out('exec', 'used', 'sh', '-c', 'until [ -u /v/root ]; do sleep 0.1; done; touch /made');
    await out('commit', 'used', 'committed');
    await out('create', '--name', 'unused', '-e', 'TOKEN=y', 'committed');
  });

  after(async () => {
    await daemon.dispose();
  });

  const out = (...args: string[]) => daemon.slipwayOut(...args);

  test('other users read, list, enter and write none of them', () => {
    const control = at('control');
    writeFileSync(control, 'for everybody', { mode: 0o644 });
    const paths = [at('data'), at('exec')].flatMap(walk);
    assert.ok(paths.includes(at('data/volumes/data/_data/root')));
    assert.ok(paths.some(path => path.endsWith('container.json')));
    assert.deepEqual(reachedByNobody([...paths, control]), [`reads ${control}`]);
  });

  test('files with secrets have closed modes of their own, independent of the directories above them', () => {
    const roots = [at('data'), at('exec')];
    const paths = roots.flatMap(walk);
    const modes = roots.map(modeOf);
    for (const root of roots) chmodSync(root, 0o755);
    const reached = reachedByNobody(paths);
    for (const [index, root] of roots.entries()) chmodSync(root, Number.parseInt(modes[index] ?? '', 8));
    assert.deepEqual(
      reached,
      roots.flatMap(root => [`lists ${root}`, `enters ${root}`]),
    );
    const secret = /(\.db|-wal|-shm|\.lock|\.log|\.json)$|\/blobs\/sha256\/.|\/recipes\/sha256\/./;
    const open = paths.filter(path => secret.test(path) && (lstatSync(path).mode & 0o007) !== 0);
    assert.deepEqual(
      open.filter(path => !/\/(diff|_data)\//.test(path)),
      [],
    );
  });

  test('those of an earlier version are closed when the daemon starts, and it goes on with them', async () => {
    await daemon.kill();
    const directories = [
      'data',
      'data/containers',
      'data/graph',
      'data/volumes',
      'data/graph/content',
      'exec',
      'exec/containers',
    ];
    const files = readdirSync(at('data')).filter(name => name.startsWith('state.db'));
    const databases = [...files, 'graph/graph.db', 'graph/graph.db-wal', 'graph/overlay2/layers.db']
      .map(name => `data/${name}`)
      .filter(name => existsSync(at(name)));
    assert.ok(databases.includes('data/state.db-wal'), 'a killed daemon leaves its log');
    for (const name of directories) chmodSync(at(name), 0o755);
    for (const name of databases) chmodSync(at(name), 0o644);
    await daemon.start();
    for (const name of directories) assert.equal(modeOf(at(name)), '700', name);
    for (const name of databases.filter(name => existsSync(at(name))))
      assert.equal(modeOf(at(name)), '600', name);
    assert.equal(await out('exec', 'used', 'stat', '-c', '%a', '/v/root'), '4755');
  });

  test('the umask that the daemon is started with changes nothing', async () => {
    const other = new DaemonProcess();
    try {
      const before = process.umask(0);
      await other.start().finally(() => process.umask(before));
      const { stderr } = await other.slipway('volume', 'create', 'data');
      assert.equal(stderr, '');
      for (const name of ['data', 'exec', 'data/volumes', 'data/volumes/data'])
        assert.equal(modeOf(join(other.base, name)), '700', name);
      assert.equal(modeOf(join(other.base, 'data/volumes/data/_data')), '755');
      assert.equal(modeOf(join(other.base, 'pid')), '644');
    } finally {
      await other.dispose();
    }
  });
});

test('a socket in the exec root is accessible for the members of its group only', async () => {
  const daemon = new DaemonProcess('--group', '65533');
  chmodSync(daemon.base, 0o755);
  const socket = join(daemon.base, 'exec/slipway.sock');
  try {
    await daemon.start('-H', `unix://${socket}`);
    // Who may write to a socket may connect to it.
    const reach = (gid: number) => run({ uid: NOBODY, gid }, ['/bin/busybox', 'test', '-w', socket]).status;
    assert.deepEqual([reach(65533), reach(NOBODY)], [0, 1]);
    assert.equal(modeOf(join(daemon.base, 'exec')), '710');
  } finally {
    await daemon.dispose();
  }
});
