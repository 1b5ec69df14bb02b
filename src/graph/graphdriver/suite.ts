import assert from 'node:assert/strict';
import { closeSync, existsSync, mkdtempSync, openSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { suite, test } from 'node:test';
import { packStream } from '../../archive/pack-stream.ts';
import { RootedThreads } from '../../archive/rooted-threads.ts';
import { tarEntry } from '../../archive/tar-entry.ts';
import { TarReader } from '../../archive/tar-reader.ts';
import { encodeTarEntry, TAR_END, tarPadding } from '../../archive/tar-writer.ts';
import { type Digest, digestOf } from '../../base/digest.ts';
import { lookUpFile } from '../layers/look-up-file.ts';
import type { GraphDriver } from './graph-driver.ts';

type OpenDriver = (root: string, threads: RootedThreads) => GraphDriver;

/** What each graph driver must do. Tests of a driver call it; it needs root. */
export function graphDriverSuite(name: string, openDriver: OpenDriver): void {
  suite(`the graph driver ${name}`, () => {
    test('merges layers: later ones add, replace, remove and hide', async () => {
      await withDriver(openDriver, async context => {
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
      });
    });

    test('finds single files as the whole tree has them', async () => {
      await withDriver(openDriver, async context => {
        const chain = await threeLayers(context);
        await context.driver.createContainer('c', chain);
        const { directories } = context.driver.openContainer('c', chain);
        const read = (path: string) => lookUpFile(directories, path).content?.toString();
        assert.equal(read('/etc/passwd'), 'changed');
        assert.equal(read('etc/../etc/untouched'), 'one');
        for (const path of ['gone', '/hidden/old', '/etc', '/nothing/there', '/keep/x', '/dir/old'])
          assert.equal(read(path), undefined, path);
      });
    });

    test('keeps what a container writes from its layers and from other containers', async () => {
      await withDriver(openDriver, async context => {
        const chain = await threeLayers(context);
        for (const id of ['a', 'b']) await context.driver.createContainer(id, chain);
        const own = context.driver.openContainer('a', chain).directories[0] as string;
        writeFileSync(`${own}/written`, 'by a');
        assert.equal((await treeOf(context, chain, 'a')).written, 'by a');
        assert.equal((await treeOf(context, chain, 'b')).written, undefined);
      });
    });

    test('makes a container of no layers at all', async () => {
      await withDriver(openDriver, async context => {
        await context.driver.createContainer('c', []);
        assert.deepEqual(await treeOf(context, []), {});
        assert.equal(
          statSync(context.driver.openContainer('c', []).directories[0] as string).mode & 0o777,
          0o755,
        );
      });
    });

    test('refuses a second container of one id, and ids that are paths', async () => {
      await withDriver(openDriver, async ({ driver }) => {
        await driver.createContainer('c', []);
        await assert.rejects(driver.createContainer('c', []), { kind: 'conflict' });
        for (const id of ['..', '../x', 'a/b', ''])
          await assert.rejects(async () => driver.createContainer(id, []), { kind: 'invalid-parameter' });
      });
    });

    test('knows its layers and containers, also after it is opened again', async () => {
      await withDriver(openDriver, async context => {
        const chain = await threeLayers(context);
        await context.driver.createContainer('c', chain);
        const again = openDriver(context.root, context.threads);
        assert.deepEqual(again.layers().sort(), [...chain].sort());
        assert.deepEqual(again.containers(), ['c']);
        assert.equal(again.hasContainer('c'), true);
        assert.deepEqual(again.openContainer('c', chain), context.driver.openContainer('c', chain));
      });
    });

    test('forgets a layer that was staged and not committed', async () => {
      await withDriver(openDriver, async context => {
        const staged = await context.driver.stageLayer(undefined);
        writeFileSync(`${staged.directory}/f`, '');
        const again = openDriver(context.root, context.threads);
        assert.deepEqual(again.layers(), []);
        assert.equal(existsSync(staged.directory), false);
      });
    });

    test('removes layers and containers, and does not mind when they are gone', async () => {
      await withDriver(openDriver, async context => {
        const chain = await threeLayers(context);
        await context.driver.createContainer('c', chain);
        for (let times = 0; times < 2; times++) {
          await context.driver.removeContainer('c');
          for (const layer of chain) await context.driver.removeLayer(layer);
        }
        assert.deepEqual(context.driver.layers(), []);
        assert.deepEqual(context.driver.containers(), []);
        assert.equal(context.driver.hasContainer('c'), false);
      });
    });

    test('removes a container with more files than are removed at once', async () => {
      await withDriver(openDriver, async ({ driver }) => {
        await driver.createContainer('c', []);
        const own = driver.openContainer('c', []).directories[0] as string;
        for (let index = 0; index < 300; index++) writeFileSync(`${own}/${index}`, '');
        await driver.removeContainer('c');
        assert.equal(existsSync(own), false);
      });
    });
  });
}

type Context = { driver: GraphDriver; threads: RootedThreads; root: string };

async function withDriver(openDriver: OpenDriver, task: (context: Context) => Promise<void>): Promise<void> {
  const root = mkdtempSync(`${tmpdir()}/slipway-driver-`);
  const threads = await RootedThreads.open();
  try {
    await task({ driver: openDriver(root, threads), threads, root });
  } finally {
    await threads.close();
    rmSync(root, { recursive: true, force: true });
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

async function addLayer(
  { driver, threads, root }: Context,
  parent: Digest | undefined,
  files: Record<string, string>,
): Promise<Digest> {
  const chunks = Object.entries(files).flatMap(([path, data]) => [
    encodeTarEntry(tarEntry({ path, size: data.length })),
    Buffer.from(data),
    tarPadding(data.length),
  ]);
  const archive = Buffer.concat([...chunks, TAR_END]);
  const chainId = digestOf(`${parent} ${digestOf(archive)}`);
  writeFileSync(`${root}/archive.tar`, archive);
  const archiveFd = openSync(`${root}/archive.tar`, 'r');
  const staged = await driver.stageLayer(parent);
  try {
    const { whiteouts } = driver;
    await threads.run({ kind: 'unpack', root: staged.directory, archiveFd, compression: 'none', whiteouts });
    staged.commit(chainId);
  } finally {
    await staged.discard();
    closeSync(archiveFd);
    rmSync(`${root}/archive.tar`);
  }
  return chainId;
}

/** Directories with a slash after their names, files with their content. */
async function treeOf(
  { driver, threads }: Context,
  chain: Digest[],
  id = 'c',
): Promise<Record<string, string>> {
  const tree: Record<string, string> = {};
  let current = '';
  const reader = new TarReader({
    entry: entry => {
      current = entry.path;
      tree[current] = '';
    },
    data: chunk => {
      tree[current] += chunk.toString();
    },
    end: () => undefined,
  });
  for await (const chunk of packStream(threads, driver.openContainer(id, chain).tree))
    reader.write(chunk as Buffer);
  reader.finish();
  return tree;
}
