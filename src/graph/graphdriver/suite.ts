import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { after, before, suite, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { packStream } from '../../archive/rooted/pack-stream.ts';
import { RootedThreads } from '../../archive/rooted/rooted-threads.ts';
import { type TarEntry, tarEntry } from '../../archive/tar/tar-entry.ts';
import { TarReader } from '../../archive/tar/tar-reader.ts';
import { encodeTarEntry, TAR_END, tarPadding } from '../../archive/tar/tar-writer.ts';
import { type Digest, digestOf } from '../../base/digest.ts';
import { EngineError, errorCode } from '../../base/errors.ts';
import { openDetachedOverlay } from '../../kernel/detached-overlay.ts';
import { makeNode, S_IFCHR, S_IFIFO } from '../../kernel/make-node.ts';
import { getXattr, setXattr } from '../../kernel/xattr.ts';
import { lookUpFile } from './look-up-file.ts';
import type { GraphDriver, StorageDriver } from './graph-driver.ts';

export type SuiteOptions = {
  /** Where the tests make their directories: on a file system that the driver works on. */
  directory?: () => string;
  /** Whether devices and others' files may be made: not so in a user namespace. */
  isPrivileged?: boolean;
};

/** What each graph driver must do, as tests of node:test. They need root. */
export function graphDriverSuite(
  storageDriver: StorageDriver,
  { directory = tmpdir, isPrivileged = true }: SuiteOptions = {},
): void {
  suite(`the graph driver ${storageDriver.name}`, () => {
    let threads: RootedThreads;
    before(async () => {
      threads = await RootedThreads.open();
    });
    after(() => threads.close());
    const withDriver: WithDriver = task => inDirectory({ storageDriver, directory, threads }, task);
    layerTests(withDriver);
    containerTests(withDriver);
    changeTests(withDriver);
    recoveryTests(withDriver);
    if (isPrivileged) metadataTests(withDriver);
  });
}

type WithDriver = (task: (context: Context) => Promise<void>) => Promise<void>;

function layerTests(withDriver: WithDriver): void {
  test('merges layers: later ones add, replace, remove and hide', () =>
    withDriver(async context => {
      const chain = await threeLayers(context);
      await context.driver.createContainer('c', chain);
      assert.deepEqual(await treeOf(context, chain), {
        'dir/': '',
        'dir/new': 'three',
        'etc/': '',
        'etc/passwd': 'changed',
        'etc/untouched': 'one',
        'hidden/': '',
        'hidden/fresh': 'two',
        keep: 'one',
      });
    }));

  test('shows the container the same as is exported', () =>
    withDriver(async context => {
      const chain = await threeLayers(context);
      await context.driver.createContainer('c', chain);
      await inContainer(context, chain, root => {
        assert.deepEqual(fs.readdirSync(root).sort(), ['dir', 'etc', 'hidden', 'keep']);
        assert.deepEqual(fs.readdirSync(`${root}/hidden`), ['fresh']);
        assert.deepEqual(fs.readdirSync(`${root}/dir`), ['new']);
        assert.equal(fs.readFileSync(`${root}/etc/passwd`, 'utf8'), 'changed');
        assert.throws(() => fs.statSync(`${root}/gone`), { code: 'ENOENT' });
      });
    }));

  test('finds single files as the whole tree has them', () =>
    withDriver(async context => {
      const chain = await threeLayers(context);
      await context.driver.createContainer('c', chain);
      const { directories, opaqueXattr } = context.driver.openContainer('c', chain);
      const read = (path: string) => lookUpFile(directories, path, opaqueXattr).content?.toString();
      assert.equal(read('/etc/passwd'), 'changed');
      assert.equal(read('etc/../etc/untouched'), 'one');
      for (const path of ['gone', '/hidden/old', '/etc', '/nothing/there', '/keep/x', '/dir/old'])
        assert.equal(read(path), undefined, path);
    }));

  test('stacks 135 layers, the topmost of which counts', () =>
    withDriver(async context => {
      const { driver } = context;
      const chain: Digest[] = [];
      for (let number = 1; number <= 135; number++) {
        const staged = await driver.stageLayer(chain[0]);
        fs.writeFileSync(`${staged.directory}/last`, String(number));
        if (number % 9 === 0) fs.writeFileSync(`${staged.directory}/only-${number}`, '');
        const chainId = digestOf(`layer ${number}`);
        staged.commit(chainId);
        chain.unshift(chainId);
      }
      await driver.createContainer('c', chain);
      const expected: Record<string, string> = { last: '135' };
      for (let number = 9; number <= 135; number += 9) expected[`only-${number}`] = '';
      assert.deepEqual(await treeOf(context, chain), expected);
      await inContainer(context, chain, root => {
        assert.deepEqual(fs.readdirSync(root).sort(), Object.keys(expected).sort());
        fs.writeFileSync(`${root}/own`, 'container');
      });
      assert.deepEqual(await treeOf(context, chain), { ...expected, own: 'container' });
    }));

  test('tells where the files of a layer are, and what in its directory is not its own', () =>
    withDriver(async context => {
      const { driver, root } = context;
      const layer = await addLayer(context, undefined, { 'etc/f': 'in the layer' });
      await driver.createContainer('c', [layer]);
      assert.equal(fs.readFileSync(`${driver.layerDirectory(layer)}/etc/f`, 'utf8'), 'in the layer');
      assert.deepEqual(driver.unknownFiles(), []);
      fs.writeFileSync(`${root}/layers.db-wal`, 'the records of the graph');
      fs.mkdirSync(`${root}/unknown`);
      assert.deepEqual(driver.unknownFiles(), [`${root}/unknown`]);
    }));

  test('takes a layer that is committed twice at once', () =>
    withDriver(async context => {
      const entries = [fileEntry('f', 'same')];
      const [one, two] = await Promise.all([0, 1].map(() => addEntries(context, undefined, entries)));
      assert.equal(one, two);
      assert.deepEqual(context.driver.layers(), [one]);
      await context.driver.createContainer('c', context.driver.layers());
      assert.deepEqual(await treeOf(context, context.driver.layers()), { f: 'same' });
    }));
}

function containerTests(withDriver: WithDriver): void {
  test('keeps what a container writes from its layers and from other containers', () =>
    withDriver(async context => {
      const chain = await threeLayers(context);
      for (const id of ['a', 'b']) await context.driver.createContainer(id, chain);
      await inContainer(
        context,
        chain,
        root => {
          fs.writeFileSync(`${root}/written`, 'by a');
          fs.appendFileSync(`${root}/keep`, ', and a');
        },
        'a',
      );
      const [a, b] = [await treeOf(context, chain, 'a'), await treeOf(context, chain, 'b')];
      assert.deepEqual([a.written, a.keep], ['by a', 'one, and a']);
      assert.deepEqual([b.written, b.keep], [undefined, 'one']);
    }));

  test('makes a container of no layers at all, which everybody may look into', () =>
    withDriver(async context => {
      const umask = process.umask(0o077);
      try {
        await context.driver.createContainer('c', []);
      } finally {
        process.umask(umask);
      }
      assert.deepEqual(await treeOf(context, []), {});
      await inContainer(context, [], root => {
        assert.equal(fs.statSync(root).mode & 0o777, 0o755);
        fs.writeFileSync(`${root}/f`, 'written');
      });
      assert.deepEqual(await treeOf(context, []), { f: 'written' });
    }));

  test('refuses a second container of one id, and ids that are paths', () =>
    withDriver(async ({ driver }) => {
      await driver.createContainer('c', []);
      await assert.rejects(driver.createContainer('c', []), { kind: 'conflict' });
      for (const id of ['..', '../x', 'a/b', ''])
        await assert.rejects(async () => driver.createContainer(id, []), { kind: 'invalid-parameter' });
    }));

  test('refuses options that it does not know, and leaves nothing', () =>
    withDriver(async ({ driver }) => {
      const wrong: Record<string, string>[] = [{ colour: 'red' }, { size: 'large' }];
      for (const options of wrong)
        await assert.rejects(driver.createContainer('c', [], options), { kind: 'invalid-parameter' });
      assert.deepEqual(driver.containers(), []);
      await driver.createContainer('c', []);
    }));

  test('makes and removes many containers at once', () =>
    withDriver(async context => {
      const { driver } = context;
      const chain = await threeLayers(context);
      const ids = Array.from({ length: 24 }, (_, index) => `c${index}`);
      await Promise.all(
        ids.map(async (id, index) => {
          await driver.createContainer(id, chain);
          if (index % 2 === 0) await driver.removeContainer(id);
        }),
      );
      const kept = ids.filter((_, index) => index % 2 === 1);
      assert.deepEqual(driver.containers().sort(), kept.sort());
      assert.equal((await treeOf(context, chain, 'c23')).keep, 'one');
      await Promise.all([...kept, ...kept].map(id => driver.removeContainer(id)));
      assert.deepEqual(driver.containers(), []);
      assert.deepEqual(driver.layers().sort(), [...chain].sort());
    }));

  test('removes layers and containers, and does not mind when they are gone', () =>
    withDriver(async context => {
      const chain = await threeLayers(context);
      await context.driver.createContainer('c', chain);
      for (let times = 0; times < 2; times++) {
        await context.driver.removeContainer('c');
        for (const layer of chain) await context.driver.removeLayer(layer);
      }
      assert.deepEqual(context.driver.layers(), []);
      assert.deepEqual(context.driver.containers(), []);
      assert.equal(context.driver.hasContainer('c'), false);
    }));

  test('removes a container with more files than are removed at once', () =>
    withDriver(async context => {
      const { driver } = context;
      await driver.createContainer('c', []);
      const own = driver.openContainer('c', []).directories[0] as string;
      await inContainer(context, [], root => {
        for (let index = 0; index < 300; index++) fs.writeFileSync(`${root}/${index}`, '');
      });
      assert.ok(fs.existsSync(own));
      await driver.removeContainer('c');
      assert.equal(fs.existsSync(own), false);
    }));
}

function changeTests(withDriver: WithDriver): void {
  test('remembers what a container removes, replaces and renames', () =>
    withDriver(async context => {
      const chain = [
        await addLayer(context, undefined, {
          'removed/in/it': 'image',
          'file-to-directory': 'image',
          'directory-to-file/in': 'image',
          'again/old': 'image',
          'moved/deep/file': 'image',
          'moved/link-target': 'image',
          linked: 'image',
        }),
      ];
      await context.driver.createContainer('c', chain);
      await inContainer(context, chain, change);
      const expected = {
        'again/': '',
        'again/new': 'container',
        'directory-to-file': 'container',
        'file-to-directory/': '',
        'file-to-directory/in': 'container',
        hard: 'image',
        linked: '-> hard',
        'target/': '',
        'target/deep/': '',
        'target/deep/file': 'image',
        'target/link-target': 'image',
      };
      assert.deepEqual(await treeOf(context, chain), expected);
      await inContainer(context, chain, root => {
        const paths = Object.keys(expected).map(path => path.replace(/\/$/, ''));
        assert.deepEqual(fs.readdirSync(root, { recursive: true }).map(String).sort(), paths.sort());
        assert.equal(fs.statSync(`${root}/linked`).ino, fs.statSync(`${root}/hard`).ino);
      });
    }));

  function change(root: string): void {
    fs.rmSync(`${root}/removed`, { recursive: true });
    fs.rmSync(`${root}/file-to-directory`);
    fs.mkdirSync(`${root}/file-to-directory`);
    fs.writeFileSync(`${root}/file-to-directory/in`, 'container');
    fs.rmSync(`${root}/directory-to-file`, { recursive: true });
    fs.writeFileSync(`${root}/directory-to-file`, 'container');
    fs.rmSync(`${root}/again`, { recursive: true });
    fs.mkdirSync(`${root}/again`);
    fs.writeFileSync(`${root}/again/new`, 'container');
    fs.linkSync(`${root}/linked`, `${root}/hard`);
    move(`${root}/moved`, `${root}/target`);
    // What the container made itself, and over an empty directory.
    fs.mkdirSync(`${root}/own/sub`, { recursive: true });
    fs.mkdirSync(`${root}/empty`);
    move(`${root}/own`, `${root}/empty`);
    fs.rmSync(`${root}/empty`, { recursive: true });
  }
}

/** As mv(1) does: an overlay may refuse to rename a directory of a lower layer. */
function move(from: string, to: string): void {
  try {
    fs.renameSync(from, to);
  } catch (error) {
    if (errorCode(error) !== 'EXDEV') throw error;
    fs.cpSync(from, to, { recursive: true });
    fs.rmSync(from, { recursive: true });
  }
}

function recoveryTests(withDriver: WithDriver): void {
  test('knows its layers and containers, also after it is opened again', () =>
    withDriver(async context => {
      const chain = await threeLayers(context);
      await context.driver.createContainer('c', chain);
      const before = await treeOf(context, chain);
      context.driver = await context.openAgain();
      assert.deepEqual(context.driver.layers().sort(), [...chain].sort());
      assert.deepEqual(context.driver.containers(), ['c']);
      assert.equal(context.driver.hasContainer('c'), true);
      assert.deepEqual(await treeOf(context, chain), before);
    }));

  test('forgets a layer that was staged and not committed, and has its files removed', () =>
    withDriver(async context => {
      const chain = await threeLayers(context);
      const staged = await context.driver.stageLayer(chain[0]);
      for (let index = 0; index < 200; index++) fs.writeFileSync(`${staged.directory}/${index}`, '');
      const again = await context.openAgain();
      assert.deepEqual(again.layers().sort(), [...chain].sort());
      assert.equal(fs.existsSync(staged.directory), false);
      const isThere = () => spawnSync('find', [context.root, '-name', '199']).stdout.length > 0;
      for (let tries = 0; isThere(); tries++) {
        assert.ok(tries < 500, 'its files are still there');
        await delay(20);
      }
    }));
}

function metadataTests(withDriver: WithDriver): void {
  const capability = Buffer.from('0100000200200000000000000000000000000000', 'hex');
  const nanoseconds = 1_234_567_890_987_654_321n;

  test('keeps what a layer says of its files', () =>
    withDriver(async context => {
      const chain = [await addEntries(context, undefined, everyKind())];
      await context.driver.createContainer('c', chain);
      await inContainer(context, chain, checkEveryKind);
      assert.deepEqual(describe(await entriesOf(context, chain)), describe(everyKind()));
    }));

  test('keeps what a container says of its files, in the export too', () =>
    withDriver(async context => {
      const chain = [await addEntries(context, undefined, everyKind())];
      await context.driver.createContainer('c', chain);
      await inContainer(context, chain, root => {
        // These are the image's files, so that the driver has to copy them first.
        fs.chownSync(`${root}/d/suid`, 2000, 2001);
        fs.chmodSync(`${root}/d/suid`, 0o2751);
        setXattr(`${root}/d/cap`, 'user.added', Buffer.from([0, 255]));
        makeNode(`${root}/d/new-node`, S_IFCHR | 0o600, 1, 7);
        makeNode(`${root}/d/new-fifo`, S_IFIFO | 0o600);
        fs.writeFileSync(Buffer.from(`${root}/d/\xff`, 'latin1'), 'bytes');
      });
      const entries = new Map((await entriesOf(context, chain)).map(entry => [entry.path, entry]));
      const suid = entries.get('d/suid');
      assert.deepEqual([suid?.uid, suid?.gid, suid?.mode, suid?.data], [2000, 2001, 0o2751, 'x']);
      const cap = entries.get('d/cap')?.xattrs;
      assert.deepEqual(cap?.get('user.added'), Buffer.from([0, 255]));
      assert.deepEqual(cap?.get('security.capability')?.subarray(0, 20), capability);
      const node = entries.get('d/new-node');
      assert.deepEqual([node?.type, node?.major, node?.minor], ['character-device', 1, 7]);
      assert.equal(entries.get('d/new-fifo')?.type, 'fifo');
      assert.equal(entries.get('d/\xff')?.data, 'bytes');
    }));

  function everyKind(): Given[] {
    const more = { mtimeNs: nanoseconds };
    return [
      tarEntry({ path: 'd/', type: 'directory', mode: 0o2775, uid: 5, gid: 6, ...more }),
      { ...fileEntry('d/cap', 'y'), ...more, xattrs: new Map([['security.capability', capability]]) },
      tarEntry({ path: 'd/disk', type: 'block-device', major: 259, minor: 70_000, mode: 0o600, ...more }),
      tarEntry({ path: 'd/fifo', type: 'fifo', mode: 0o622, ...more }),
      { ...fileEntry('d/first', 'linked'), ...more },
      tarEntry({ path: 'd/hard', type: 'hardlink', linkPath: 'd/first', ...more }),
      tarEntry({ path: 'd/link', type: 'symlink', linkPath: 'nowhere', uid: 8, mode: 0o777, ...more }),
      tarEntry({ path: 'd/null', type: 'character-device', major: 1, minor: 3, mode: 0o666, ...more }),
      { ...fileEntry('d/suid', 'x'), mode: 0o4755, uid: 1000, gid: 1001, ...more },
      { ...fileEntry('d/xattr', 'z'), ...more, xattrs: new Map([['user.binary', Buffer.from([0, 1, 255])]]) },
    ];
  }

  function checkEveryKind(root: string): void {
    const stat = (name: string) => fs.lstatSync(`${root}/d/${name}`, { bigint: true });
    assert.equal(stat('.').mode & 0o7777n, 0o2775n);
    assert.deepEqual(
      [stat('suid').uid, stat('suid').gid, stat('suid').mode & 0o7777n],
      [1000n, 1001n, 0o4755n],
    );
    assert.equal(stat('suid').mtimeNs, nanoseconds);
    assert.deepEqual(getXattr(`${root}/d/cap`, 'security.capability')?.subarray(0, 20), capability);
    assert.deepEqual(getXattr(`${root}/d/xattr`, 'user.binary'), Buffer.from([0, 1, 255]));
    assert.ok(stat('null').isCharacterDevice() && stat('disk').isBlockDevice() && stat('fifo').isFIFO());
    assert.equal(stat('link').uid, 8n);
    assert.equal(stat('hard').ino, stat('first').ino);
  }

  /** What there is to compare of entries. */
  function describe(entries: Given[]): unknown[] {
    return entries.map(({ path, type, mode, uid, gid, mtimeNs, linkPath, major, minor, data, xattrs }) => ({
      path,
      type,
      linkPath,
      ...(type === 'hardlink'
        ? {}
        : { mode, uid, gid, mtimeNs, major, minor, data, xattrs: [...xattrs.keys()] }),
    }));
  }
}

type Given = TarEntry & { data?: string };

type Context = {
  driver: GraphDriver;
  threads: RootedThreads;
  root: string;
  /** What the next process would have. */
  openAgain(): Promise<GraphDriver>;
};

type Place = { storageDriver: StorageDriver; directory: () => string; threads: RootedThreads };

async function inDirectory(
  { storageDriver, directory, threads }: Place,
  task: (context: Context) => Promise<void>,
): Promise<void> {
  const root = fs.mkdtempSync(`${directory()}/slipway-driver-`);
  const openAgain = () => storageDriver.open({ root, threads, options: [], EngineError });
  const context = { driver: await openAgain(), threads, root, openAgain };
  try {
    await task(context);
  } finally {
    // A driver may keep what only it can remove.
    for (const id of context.driver.containers()) await context.driver.removeContainer(id);
    for (const layer of context.driver.layers()) await context.driver.removeLayer(layer);
    fs.rmSync(root, { recursive: true, force: true });
  }
}

/** Calls back with the path at which the container would have its root. */
async function inContainer(
  { driver }: Context,
  chain: readonly Digest[],
  task: (root: string) => void,
  id = 'c',
): Promise<void> {
  const { rootfs } = driver.openContainer(id, chain);
  if (rootfs.type === 'bind') return task(rootfs.path);
  const mount = rootfs.type === 'mount' ? await rootfs.open() : openDetachedOverlay(rootfs);
  try {
    task(`/proc/self/fd/${mount}`);
  } finally {
    fs.closeSync(mount);
  }
}

/** Topmost first. */
async function threeLayers(context: Context): Promise<Digest[]> {
  const one = await addLayer(context, undefined, {
    keep: 'one',
    gone: 'one',
    'etc/passwd': 'one',
    'etc/untouched': 'one',
    'hidden/old': 'one',
    'dir/old': 'one',
  });
  const two = await addLayer(context, one, {
    'hidden/.wh..wh..opq': '',
    'hidden/fresh': 'two',
    '.wh.dir': '',
  });
  const three = await addLayer(context, two, { 'etc/passwd': 'changed', '.wh.gone': '', 'dir/new': 'three' });
  return [three, two, one];
}

function addLayer(
  context: Context,
  parent: Digest | undefined,
  files: Record<string, string>,
): Promise<Digest> {
  return addEntries(
    context,
    parent,
    Object.entries(files).map(([path, data]) => fileEntry(path, data)),
  );
}

function fileEntry(path: string, data: string): Given {
  return { ...tarEntry({ path, size: data.length }), data };
}

let archives = 0;

async function addEntries(
  { driver, threads, root }: Context,
  parent: Digest | undefined,
  entries: Given[],
): Promise<Digest> {
  const chunks = entries.flatMap(entry => {
    const data = Buffer.from(entry.data ?? '');
    return [encodeTarEntry(entry), data, tarPadding(data.length)];
  });
  const archive = Buffer.concat([...chunks, TAR_END]);
  const chainId = digestOf(`${parent} ${digestOf(archive)}`);
  const path = `${root}/archive-${archives++}.tar`;
  fs.writeFileSync(path, archive);
  const archiveFd = fs.openSync(path, 'r');
  const staged = await driver.stageLayer(parent);
  try {
    const { whiteouts } = driver;
    await threads.run({ kind: 'unpack', root: staged.directory, archiveFd, compression: 'none', whiteouts });
    staged.commit(chainId);
  } finally {
    await staged.discard();
    fs.closeSync(archiveFd);
    fs.rmSync(path);
  }
  return chainId;
}

/** Directories with a slash after their names, files with their content, hard links with what they link to. */
async function treeOf(context: Context, chain: readonly Digest[], id = 'c'): Promise<Record<string, string>> {
  const entries = await entriesOf(context, chain, id);
  return Object.fromEntries(
    entries.map(({ path, type, linkPath, data = '' }) => [
      path,
      type === 'hardlink' ? `-> ${linkPath}` : data,
    ]),
  );
}

/** A container's whole file system, as `export` has it. */
async function entriesOf({ driver, threads }: Context, chain: readonly Digest[], id = 'c'): Promise<Given[]> {
  const entries: Given[] = [];
  const reader = new TarReader({
    entry: entry => entries.push(entry.type === 'file' ? { ...entry, data: '' } : entry),
    data: chunk => {
      const last = entries.at(-1);
      if (last !== undefined) last.data += chunk.toString();
    },
    end: () => undefined,
  });
  for await (const chunk of packStream(threads, driver.openContainer(id, chain).tree))
    reader.write(chunk as Buffer);
  reader.finish();
  return entries;
}
