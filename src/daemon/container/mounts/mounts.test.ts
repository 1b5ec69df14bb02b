import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Mount } from '../../../api/types.ts';
import { parseBind } from './parse-bind.ts';
import { checkTmpfs, parseMount } from './parse-mount.ts';
import { TestDaemon } from '../../testing/test-daemon.ts';

test('a bind is told from a volume by its slash', () => {
  assert.equal(parseBind('/path/file/:/x').source, '/path/file');
  assert.equal(parseMount({ Type: 'bind', Source: '/tmp/', Target: '/x' }).source, '/tmp');
  const bind = parseBind('/host/../tmp:/in/side/:ro,rslave');
  assert.equal(bind.type, 'bind');
  assert.equal(bind.source, '/tmp');
  assert.equal(bind.destination, '/in/side');
  assert.equal(bind.writable, false);
  assert.equal(bind.propagation, 'rslave');
  assert.ok(bind.createSource);
  const volume = parseBind('data:/data:nocopy');
  assert.deepEqual(
    [volume.type, volume.name, volume.copyUp, volume.writable],
    ['volume', 'data', false, true],
  );
  assert.ok(parseBind('/data').anonymous);
});

test('bad binds are refused in Docker’s words', () => {
  const cases = {
    '/a:/b:/c:/d': "invalid volume specification: '/a:/b:/c:/d'",
    'a:/b:zzz': 'invalid mode: zzz',
    '/tmp:/b:ro,rw': 'invalid mode: ro,rw',
    'a:/b:shared': `invalid volume specification: 'a:/b:shared': invalid mount config for type "volume": field BindOptions must not be specified`,
    '/tmp:/x:ro,nocopy': `invalid volume specification: '/tmp:/x:ro,nocopy': invalid mount config for type "bind": field VolumeOptions must not be specified`,
    '/a:/b:default': 'invalid mode: default',
    '/foo:rw': "invalid volume specification: '/foo:rw'",
    '/nonexist/rel:rel': `invalid volume specification: '/nonexist/rel:rel': invalid mount config for type "bind": invalid mount path: 'rel' mount path must be absolute`,
    '/:/': `invalid volume specification: '/:/': invalid mount config for type "bind": invalid specification: destination can't be '/'`,
    ':/b': "invalid volume specification: ':/b'",
  };
  for (const [spec, message] of Object.entries(cases)) {
    assert.throws(() => parseBind(spec), { kind: 'invalid-parameter', message });
  }
});

test('a path that the kernel would not take is refused', () => {
  const path = `/${'a'.repeat(1 << 20)}${'/b/..'.repeat(5000)}`;
  const error = { kind: 'invalid-parameter', message: /file name too long/ };
  for (const spec of [path, `${path}:/x`, `/x:${path}`, `volume:${path}:ro`])
    assert.throws(() => parseBind(spec), error);
  assert.throws(() => parseMount({ Type: 'bind', Source: path, Target: '/x' }), error);
  assert.throws(() => parseMount({ Type: 'tmpfs', Target: path }), error);
  const VolumeOptions = { Subpath: path.slice(1) };
  assert.throws(() => parseMount({ Type: 'volume', Source: 'v', Target: '/x', VolumeOptions }), error);
});

test('an empty directory of a volume is filled with what the image has, too', () => {
  const copies = (VolumeOptions: object) =>
    parseMount({ Type: 'volume', Source: 'v', Target: '/x', VolumeOptions }).copyUp;
  assert.deepEqual([{ Subpath: 'a' }, { Subpath: 'a', NoCopy: true }].map(copies), [true, false]);
});

test('bad mounts are refused in Docker’s words', () => {
  const cases = [
    [{ Type: 'bind', Source: '/nope/x', Target: '/x' }, 'bind', 'bind source path does not exist: /nope/x'],
    [
      { Type: 'bind', Source: 'rel', Target: '/x' },
      'bind',
      "invalid mount path: 'rel' mount path must be absolute",
    ],
    [{ Type: 'bind', Source: '/tmp' }, 'bind', 'field Target must not be empty'],
    [{ Type: 'tmpfs', Source: 'x', Target: '/x' }, 'tmpfs', 'field Source must not be specified'],
    [{ Type: 'foo' as 'bind', Target: '/x' }, 'foo', 'mount type unknown'],
    [{ Type: 'bind', Target: '/x' }, 'bind', 'field Source must not be empty'],
  ] as const;
  for (const [mount, type, message] of cases) {
    assert.throws(() => parseMount(mount), {
      message: `invalid mount config for type "${type}": ${message}`,
    });
  }
  assert.deepEqual(
    parseMount({ Type: 'tmpfs', Target: '/t', TmpfsOptions: { SizeBytes: 4096, Mode: 0o1777 } }).tmpfsOptions,
    ['size=4096', 'mode=1777'],
  );
});

test('options of another type of mount are refused, and those that contradict each other', () => {
  const refused = (mount: Mount, message: string) =>
    assert.throws(() => parseMount({ Source: '/tmp', Target: '/x', ...mount }), {
      kind: 'invalid-parameter',
      message,
    });
  refused({ Type: 'bind', VolumeOptions: {} }, 'VolumeOptions must not be specified on mount type "bind"');
  refused({ Type: 'volume', TmpfsOptions: {} }, 'TmpfsOptions must not be specified on mount type "volume"');
  refused({ Type: 'tmpfs', BindOptions: {} }, 'BindOptions must not be specified on mount type "tmpfs"');
  refused(
    { Type: 'bind', ImageOptions: {} },
    'invalid mount config for type "bind": field ImageOptions must not be specified',
  );
  const both = { ReadOnlyNonRecursive: true, ReadOnlyForceRecursive: true };
  refused(
    { Type: 'bind', ReadOnly: true, BindOptions: both },
    'invalid mount config for type "bind": mount options conflict: ReadOnlyNonRecursive && ReadOnlyForceRecursive',
  );
  const bind = { Type: 'bind', Source: '/tmp', Target: '/x' } as const;
  assert.equal(parseMount({ ...bind, BindOptions: both }).readonlyRecursion, 'when-possible');
});

test('tmpfs options are checked', () => {
  checkTmpfs({ '/t': 'size=64m,noexec,mode=1777', '/u': '' });
  for (const option of ['foo', 'constructor', '__proto__', 'toString=x'])
    assert.throws(() => checkTmpfs({ '/t': option }), {
      kind: 'invalid-parameter',
      message: `invalid tmpfs option "${option}"`,
    });
  assert.throws(() => checkTmpfs({ '/t': 'ro,'.repeat(2000) }), /invalid tmpfs options: too long/);
  assert.throws(() => checkTmpfs({ rel: '' }), /invalid mount path: 'rel' mount path must be absolute/);
});

test('volumes of another container are named by it alone, in a mode that there is', async t => {
  const engine = await TestDaemon.open(t);
  await engine.create('source', { HostConfig: { Binds: ['vol:/v:nocopy'] }, Volumes: { '/data': {} } });
  const from = async (reference: string) => {
    const id = await engine.create('', { HostConfig: { VolumesFrom: [reference] } });
    return engine.daemon.containers.find(id).record.mounts.map(({ mode, writable }) => [mode, writable]);
  };
  assert.deepEqual(await from('source'), [
    ['', true],
    ['', true],
  ]);
  assert.deepEqual(await from('source:ro'), [
    ['ro', false],
    ['ro', false],
  ]);
  await assert.rejects(from(''), { message: 'volumes-from specification cannot be an empty string' });
  await assert.rejects(from('source:ro:x'), { message: 'invalid mode: ro:x' });
});

test('read-only binds of older clients leave the mounts below them as they are', async t => {
  const engine = await TestDaemon.open(t);
  const HostConfig = {
    Binds: ['/tmp:/a:ro'],
    Mounts: [{ Type: 'bind', Source: '/tmp', Target: '/b', ReadOnly: true } as const],
  };
  const recursions = async (options: { flatReadonlyMounts: boolean }) => {
    const { Id } = await engine.backend.containerCreate('', { Image: 'box', HostConfig }, options);
    return engine.daemon.containers.find(Id).record.mounts.map(mount => mount.readonlyRecursion);
  };
  assert.deepEqual(await recursions({ flatReadonlyMounts: true }), ['never', 'never']);
  assert.deepEqual(await recursions({ flatReadonlyMounts: false }), ['when-possible', 'when-possible']);
});

test('binds of what has the engine’s own directory in it, or lies in that, pass on that mounts have gone', async t => {
  const engine = await TestDaemon.open(t);
  const { dataRoot } = engine.daemon.options;
  const made = async (bind: string) => {
    const id = await engine.create('', { HostConfig: { Binds: [bind] } });
    const [mount] = engine.daemon.containers.find(id).record.mounts;
    return [mount?.propagation, mount?.propagatesIfPossible];
  };
  for (const source of [dataRoot, `${dataRoot}/containers`, engine.directory, '/']) {
    assert.deepEqual(await made(`${source}:/x`), ['rslave', true]);
    assert.deepEqual(await made(`${source}:/x:ro,rslave`), ['rslave', undefined]);
    await assert.rejects(made(`${source}:/x:private`), {
      kind: 'invalid-parameter',
      message: `invalid mount config: must use either propagation mode "rslave" or "rshared" when mount source is within the daemon root, daemon root: "${dataRoot}", bind mount source: "${source}", propagation: "private"`,
    });
  }
  assert.deepEqual(await made(`${dataRoot}x:/x`), ['rprivate', undefined]);
  assert.deepEqual(await made('/usr:/x:private'), ['private', undefined]);
});
