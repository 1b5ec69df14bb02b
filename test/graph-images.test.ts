import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { type TestContext, test } from 'node:test';
import { tarEntry } from '../src/archive/tar/tar-entry.ts';
import { encodeTarEntry, TAR_END, tarPadding } from '../src/archive/tar/tar-writer.ts';
import { digestOf, hexOf } from '../src/base/digest.ts';
import type { Graph, ProgressMessage, RemoveOptions } from '../src/graph/graph.ts';
import { openGraph } from '../src/graph/open-graph.ts';

const NO_USERS: RemoveOptions = { force: false, noPrune: false, usersOf: () => [] };

type Scratch = { graph: Graph; root: string; reopen: (storageDriver?: string) => Promise<Graph> };

async function scratchGraph(t: TestContext, storageDriver?: string): Promise<Scratch> {
  const root = fs.mkdtempSync(`${tmpdir()}/slipway-graph-`);
  const graphs: Graph[] = [];
  t.after(async () => {
    for (const graph of graphs) await graph.close();
    fs.rmSync(root, { recursive: true, force: true });
  });
  const open = async (storageDriver?: string) => {
    const graph = await openGraph({ root, storageDriver });
    graphs.push(graph);
    return graph;
  };
  return { graph: await open(storageDriver), root, reopen: open };
}

function tarOf(files: Record<string, string | Buffer>): Buffer {
  const chunks = Object.entries(files).flatMap(([path, data]) => [
    encodeTarEntry(tarEntry({ path, size: Buffer.from(data).length })),
    Buffer.from(data),
    tarPadding(Buffer.from(data).length),
  ]);
  return Buffer.concat([...chunks, TAR_END]);
}

async function load(graph: Graph, archive: Buffer): Promise<ProgressMessage[]> {
  const messages: ProgressMessage[] = [];
  await graph.load(Readable.from([archive]), message => void messages.push(message));
  return messages;
}

async function save(graph: Graph, ...references: string[]): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync((await graph.save(references)) as AsyncIterable<Buffer>));
}

function importTar(graph: Graph, archive: Buffer, reference = '', changes: string[] = []) {
  return graph.import(Readable.from([archive]), { reference, message: 'made for a test', changes });
}

/** Image files as `docker save` of before Docker 25 lays them out. */
function dockerArchive(
  names: string[],
  layers: Buffer[],
  more: object = {},
): Record<string, string | Buffer> {
  const config = JSON.stringify({
    architecture: 'amd64',
    os: 'linux',
    config: {},
    rootfs: { type: 'layers', diff_ids: layers.map(layer => digestOf(layer)) },
    ...more,
  });
  const files: Record<string, string | Buffer> = { 'c.json': config };
  layers.forEach((layer, index) => {
    files[`${index}/layer.tar`] = layer;
  });
  const paths = layers.map((_, index) => `${index}/layer.tar`);
  return {
    ...files,
    'manifest.json': JSON.stringify([{ Config: 'c.json', RepoTags: names, Layers: paths }]),
  };
}

/** Everything below a graph's root that belongs to images. */
function leftovers(root: string): string[] {
  const blobs = fs.readdirSync(`${root}/content/blobs/sha256`);
  const ingests = fs.readdirSync(`${root}/content/ingest`);
  const layers = fs.readdirSync(`${root}/overlay2`).filter(name => /^[0-9a-f]{64}$/.test(name));
  return [...blobs, ...ingests, ...layers, ...fs.readdirSync(`${root}/overlay2/l`)];
}

test('hello comes out of nothing, and the same each time', async t => {
  const { graph } = await scratchGraph(t);
  await assert.rejects(graph.resolve('hello'), { kind: 'not-found', message: 'No such image: hello:latest' });
  const id = await graph.bootstrap('hello', () => undefined);
  const image = await graph.resolve('hello');
  assert.equal(image.id, id);
  assert.deepEqual(image.config.config?.Cmd, ['/hello']);
  const { graph: other } = await scratchGraph(t);
  assert.equal(await other.bootstrap('hello', () => undefined), id);
});

test('busybox has all applets, and users', async t => {
  const { graph } = await scratchGraph(t);
  const id = await graph.bootstrap('busybox', () => undefined);
  const layer = await graph.createContainerLayer('c', id);
  assert.match(String(await layer.readFile('/etc/passwd')), /^root:x:0:0:root:\/root:\/bin\/sh$/m);
  assert.equal(await layer.readFile('/bin/no-such-applet'), undefined);
  assert.ok((await layer.readFile('/usr/bin/env'))?.subarray(0, 4).equals(Buffer.from('\x7fELF')));
  assert.equal(await layer.sizeBytes(), 0);
});

test('there is no recipe for other images', async t => {
  const { graph } = await scratchGraph(t);
  for (const what of ['alpine', 'hello:1', 'busybox:2'])
    await assert.rejects(
      graph.bootstrap(what, () => undefined),
      { kind: 'not-found' },
    );
});

test('what is saved and loaded elsewhere has the same digests, and is saved to the same bytes', async t => {
  const { graph } = await scratchGraph(t);
  await graph.bootstrap('hello', () => undefined);
  await importTar(graph, tarOf({ 'etc/motd': 'hi' }), 'my/app:1', ['CMD ["/x"]']);
  await graph.tag('my/app:1', 'my/app:2');
  const archive = await save(graph, 'hello', 'my/app');
  for (const driver of ['overlay2', 'vfs']) {
    const { graph: other } = await scratchGraph(t, driver);
    const messages = await load(other, archive);
    const lines = messages.flatMap(({ stream }) => stream ?? []);
    assert.deepEqual(
      lines,
      ['hello:latest', 'my/app:1', 'my/app:2'].map(name => `Loaded image: ${name}\n`),
    );
    assert.deepEqual(await imagesOf(other), await imagesOf(graph));
    assert.deepEqual(await save(other, 'hello', 'my/app'), archive);
  }
});

async function imagesOf(graph: Graph) {
  const images = await graph.list();
  return images.map(({ id, manifest, repoTags, sizeBytes, chainIds }) => ({
    id,
    manifest,
    repoTags,
    sizeBytes,
    chainIds,
  }));
}

test('an image is saved by id without a name, and then loaded by its id', async t => {
  const { graph } = await scratchGraph(t);
  const id = await graph.bootstrap('hello', () => undefined);
  const archive = await save(graph, hexOf(id).slice(0, 12));
  await graph.remove('hello', NO_USERS);
  assert.deepEqual((await load(graph, archive)).at(-1), { stream: `Loaded image ID: ${id}\n` });
  assert.deepEqual((await graph.resolve(id)).repoTags, []);
  await assert.rejects(graph.save(['nothing']), {
    kind: 'not-found',
    message: 'No such image: nothing',
  });
  const missing = { none: 'No such image: none', 'none:1': 'reference does not exist' };
  for (const [name, message] of Object.entries(missing))
    await assert.rejects(graph.save([name]), { kind: 'not-found', message });
});

for (const program of ['cat', 'gzip', 'zstd', 'xz', 'bzip2']) {
  test(`an old archive through ${program} is loaded, its layers through it, too`, async t => {
    const { graph, root } = await scratchGraph(t);
    const filter = (input: Buffer) => execFileSync(program, program === 'cat' ? [] : ['-c'], { input });
    const layers = [tarOf({ one: '1' }), tarOf({ two: '2', '.wh.one': '' })];
    const files = dockerArchive(['old:1'], layers);
    layers.forEach((layer, index) => {
      files[`${index}/layer.tar`] = filter(layer);
    });
    const messages = await load(graph, filter(tarOf(files)));
    assert.deepEqual(messages.at(-1), { stream: 'Loaded image: old:1\n' });
    const progress = messages.filter(({ status }) => status === 'Loading layer');
    assert.ok(progress.some(({ id }) => id === hexOf(digestOf(layers[0] as Buffer)).slice(0, 12)));
    const { id } = await graph.resolve('old:1');
    const layer = await graph.createContainerLayer('c', id);
    assert.equal(await layer.readFile('one'), undefined);
    assert.equal(String(await layer.readFile('two')), '2');
    assert.deepEqual(fs.readdirSync(`${root}/content/ingest`), []);
  });
}

test('an archive from before Docker 1.10 is loaded', async t => {
  const { graph } = await scratchGraph(t);
  const [base, top] = ['a'.repeat(64), 'b'.repeat(64)];
  await load(
    graph,
    tarOf({
      repositories: JSON.stringify({ ancient: { v1: top } }),
      [`${base}/json`]: JSON.stringify({ id: base, created: '2014-01-01T00:00:00Z', os: 'linux' }),
      [`${base}/layer.tar`]: tarOf({ one: '1' }),
      [`${top}/json`]: JSON.stringify({
        id: top,
        parent: base,
        os: 'linux',
        architecture: 'amd64',
        config: { Cmd: ['/one'] },
      }),
      [`${top}/layer.tar`]: tarOf({ two: '2' }),
    }),
  );
  const image = await graph.resolve('ancient:v1');
  assert.deepEqual(image.config.config?.Cmd, ['/one']);
  assert.equal(image.chainIds.length, 2);
  assert.equal((await graph.history('ancient:v1')).length, 2);
});

test("an OCI layout keeps its manifest; other platforms' and attestations are passed over", async t => {
  const { graph } = await scratchGraph(t);
  const { graph: source } = await scratchGraph(t);
  await source.bootstrap('hello', () => undefined);
  const { manifest, config } = await source.resolve('hello');
  const directory = fs.mkdtempSync(`${tmpdir()}/slipway-oci-`);
  t.after(() => fs.rmSync(directory, { recursive: true, force: true }));
  execFileSync('tar', ['-xf', '-', '-C', directory], { input: await save(source, 'hello') });
  for (const name of ['manifest.json', 'repositories']) fs.rmSync(`${directory}/${name}`);
  const size = fs.statSync(`${directory}/blobs/sha256/${hexOf(manifest)}`).size;
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  const nested = JSON.stringify({
    schemaVersion: 2,
    manifests: [
      {
        mediaType,
        digest: `sha256:${'0'.repeat(64)}`,
        size: 1,
        platform: { os: 'linux', architecture: 'vax' },
      },
      {
        mediaType,
        digest: `sha256:${'1'.repeat(64)}`,
        size: 1,
        platform: { os: 'unknown', architecture: 'unknown' },
      },
      { mediaType, digest: manifest, size, platform: { os: 'linux', architecture: config.architecture } },
    ],
  });
  fs.writeFileSync(`${directory}/blobs/sha256/${hexOf(digestOf(nested))}`, nested);
  const annotations = { 'org.opencontainers.image.ref.name': 'registry.example/hi:there' };
  const indexType = 'application/vnd.oci.image.index.v1+json';
  const entry = { mediaType: indexType, digest: digestOf(nested), size: nested.length, annotations };
  fs.writeFileSync(`${directory}/index.json`, JSON.stringify({ schemaVersion: 2, manifests: [entry] }));
  await load(graph, execFileSync('tar', ['-cf', '-', '-C', directory, '.']));
  assert.equal((await graph.resolve('registry.example/hi:there')).manifest, manifest);
});

const BAD_ARCHIVES: [string, () => Buffer, RegExp][] = [
  ['an archive that is none', () => Buffer.alloc(2000, 65), /invalid tar header/],
  ['an empty stream', () => Buffer.alloc(0), /no manifest.json/],
  ['a root file system', () => tarOf({ 'etc/passwd': '' }), /no manifest.json/],
  ['a manifest that is no JSON', () => tarOf({ 'manifest.json': '[{' }), /invalid JSON in manifest.json/],
  [
    'a manifest without its configuration',
    () => tarOf({ 'manifest.json': '[{"Config":"x","Layers":[]}]' }),
    /has no x/,
  ],
  [
    'an archive of more files than images have',
    () => tarOf(Object.fromEntries(Array.from({ length: 33_000 }, (_, index) => [`${index}`, '']))),
    /at most 32768 files/,
  ],
  [
    'an archive of more links than images have',
    () => {
      const link = (index: number) => tarEntry({ path: `${index}`, type: 'symlink', linkPath: 'x' });
      return Buffer.concat([
        ...Array.from({ length: 33_000 }, (_, index) => encodeTarEntry(link(index))),
        TAR_END,
      ]);
    },
    /at most 32768 files/,
  ],
  [
    'a path out of the archive',
    () => tarOf({ 'manifest.json': '[{"Config":"../../etc/passwd","Layers":[]}]' }),
    /outside/,
  ],
  [
    'fewer layers than diffIDs',
    () =>
      tarOf({
        ...dockerArchive(['x'], [tarOf({ a: '' })]),
        'manifest.json': '[{"Config":"c.json","Layers":[]}]',
      }),
    /layers length mismatch: expected 0, got 1/,
  ],
  [
    'a layer that is another',
    () => tarOf({ ...dockerArchive(['x'], [tarOf({ a: '' })]), '0/layer.tar': tarOf({ b: '' }) }),
    /invalid diffID/,
  ],
  ['a layer that leads outside', () => tarOf(dockerArchive(['x'], [tarOf({ '../a': '' })])), /outside/],
  [
    'an image of another system',
    () => tarOf(dockerArchive(['x'], [], { os: 'windows' })),
    /cannot load windows image on linux/,
  ],
  ['a bad name', () => tarOf(dockerArchive(['UPPER:x'], [tarOf({ a: '' })])), /must be lowercase/],
];

for (const [what, archive, message] of BAD_ARCHIVES) {
  test(`${what} is refused, and leaves nothing behind`, async t => {
    const { graph, root } = await scratchGraph(t);
    await assert.rejects(load(graph, archive()), (error: Error & { kind?: string }) => {
      assert.equal(error.kind, 'invalid-parameter', String(error));
      assert.match(error.message, message);
      return true;
    });
    assert.deepEqual(await graph.list(), []);
    assert.deepEqual(leftovers(root), []);
  });
}

test('an archive of thousands of files is loaded without as many open ones', async t => {
  const { graph } = await scratchGraph(t);
  const others = Object.fromEntries(Array.from({ length: 3000 }, (_, index) => [`other/${index}`, 'x']));
  const archive = tarOf({
    ...dockerArchive(['app:latest'], [tarOf({ a: 'a' }), tarOf({ b: 'b' })]),
    ...others,
  });
  const openFiles = () => fs.readdirSync('/proc/self/fd').length;
  const before = openFiles();
  async function* pieces() {
    yield archive.subarray(0, -1024);
    await setImmediate();
    assert.ok(openFiles() < before + 100, `${openFiles() - before} files are open`);
    yield archive.subarray(-1024);
  }
  await graph.load(Readable.from(pieces()), () => undefined);
  assert.deepEqual((await graph.resolve('app')).repoTags, ['app:latest']);
  assert.ok(openFiles() < before + 100);
});

test('a name that is loaded again goes to the new image', async t => {
  const { graph } = await scratchGraph(t);
  const old = await importTar(graph, tarOf({ a: 'old' }), 'app');
  const messages = await load(graph, tarOf(dockerArchive(['app:latest'], [tarOf({ a: 'new' })])));
  const text = `The image app:latest already exists, renaming the old one with ID ${old} to empty string\n`;
  assert.ok(messages.some(({ stream }) => stream === text));
  assert.deepEqual((await graph.resolve(old)).repoTags, []);
});

test('import takes changes, a message and a platform', async t => {
  const { graph } = await scratchGraph(t);
  const changes = ['ENV A=1 B="two words"', 'ENTRYPOINT ["/run"]', 'WORKDIR /srv', 'EXPOSE 80', 'LABEL x=$A'];
  const id = await graph.import(Readable.from([tarOf({ run: '' })]), {
    reference: 'imported',
    message: 'hand-made',
    changes,
    platform: 'linux/arm64/v8',
  });
  const { config } = await graph.resolve('imported');
  assert.deepEqual(config.config, {
    Env: ['A=1', 'B=two words'],
    Cmd: null,
    Entrypoint: ['/run'],
    WorkingDir: '/srv',
    ExposedPorts: { '80/tcp': {} },
    Labels: { x: '1' },
  });
  assert.deepEqual([config.architecture, config.variant, config.comment], ['arm64', 'v8', 'hand-made']);
  assert.equal((await graph.history(id))[0]?.Comment, 'hand-made');
  await assert.rejects(importTar(graph, tarOf({}), 'x', ['FROM y']), /FROM is not a valid change command/);
});

test('an image is found by name, by name and digest, by id and by the beginning of one', async t => {
  const { graph } = await scratchGraph(t);
  const id = await graph.bootstrap('hello', () => undefined);
  const { manifest } = await graph.resolve('hello');
  for (const text of [
    'hello',
    'hello:latest',
    'docker.io/library/hello',
    `hello@${manifest}`,
    id,
    hexOf(id),
    hexOf(id).slice(0, 3),
  ])
    assert.equal((await graph.resolve(text)).id, id, text);
  for (const text of ['hello:2', 'hell', `sha256:${'0'.repeat(64)}`])
    await assert.rejects(graph.resolve(text), { kind: 'not-found' });
  await assert.rejects(graph.resolve('Hello'), { kind: 'invalid-parameter' });
});

test('rmi untags one name after the other, and deletes with the last', async t => {
  const { graph, root } = await scratchGraph(t);
  const id = await graph.bootstrap('hello', () => undefined);
  const [chainId] = (await graph.resolve(id)).chainIds;
  await graph.tag('hello', 'other:name');
  assert.deepEqual(await graph.remove('hello', NO_USERS), [{ Untagged: 'hello:latest' }]);
  assert.deepEqual(await graph.remove('other:name', NO_USERS), [
    { Untagged: 'other:name' },
    { Deleted: id },
    { Deleted: chainId },
  ]);
  assert.deepEqual(leftovers(root), []);
  await assert.rejects(graph.remove('hello', NO_USERS), { message: 'No such image: hello:latest' });
});

test('rmi keeps what another image uses', async t => {
  const { graph } = await scratchGraph(t);
  const shared = tarOf({ shared: '1' });
  await load(graph, tarOf(dockerArchive(['one'], [shared])));
  await load(graph, tarOf(dockerArchive(['two'], [shared, tarOf({ own: '2' })])));
  const two = await graph.resolve('two');
  assert.deepEqual(await graph.remove('two', NO_USERS), [
    { Untagged: 'two:latest' },
    { Deleted: two.id },
    { Deleted: two.chainIds[1] },
  ]);
  const layer = await graph.createContainerLayer('c', (await graph.resolve('one')).id);
  assert.equal(String(await layer.readFile('shared')), '1');
});

test('rmi refuses as Docker does', async t => {
  const { graph } = await scratchGraph(t);
  const id = await graph.bootstrap('hello', () => undefined);
  const short = hexOf(id).slice(0, 12);
  const usedBy = (running: boolean, force = false): RemoveOptions => ({
    force,
    noPrune: false,
    usersOf: () => [{ id: 'c'.repeat(64), running }],
  });
  const container = 'c'.repeat(12);
  const refuses = async (what: string, options: RemoveOptions, message: string) =>
    assert.rejects(graph.remove(what, options), {
      kind: 'conflict',
      message: `conflict: unable to ${message}`,
    });
  const byName = `remove repository reference "hello" (must force) - container ${container} is using its referenced image ${short}`;
  await refuses('hello', usedBy(true), byName);
  await refuses('hello', usedBy(false), byName);
  const running = `delete ${short} (cannot be forced) - image is being used by running container ${container}`;
  await refuses(id, usedBy(true), running);
  await refuses(id, usedBy(true, true), running);
  await refuses(
    id,
    usedBy(false),
    `delete ${short} (must be forced) - image is being used by stopped container ${container}`,
  );
  await graph.tag('hello', 'second:name');
  await refuses(
    id,
    NO_USERS,
    `delete ${short} (must be forced) - image is referenced in multiple repositories`,
  );
  assert.deepEqual(await graph.remove('hello', usedBy(true, true)), [{ Untagged: 'hello:latest' }]);
  assert.deepEqual(await graph.remove('second:name', usedBy(true, true)), [{ Untagged: 'second:name' }]);
  assert.deepEqual((await graph.resolve(id)).repoTags, []);
});

test('rmi for another platform than the image is of removes nothing', async t => {
  const { graph } = await scratchGraph(t);
  await load(graph, tarOf(dockerArchive(['one'], [tarOf({ f: '1' })])));
  const other = { os: 'linux', architecture: 'arm64' };
  for (const force of [false, true])
    await assert.rejects(graph.remove('one', { ...NO_USERS, force, platform: other }), {
      kind: 'not-found',
      message:
        'image with reference one was found but its platform (linux/amd64) does not match the specified platform (linux/arm64)',
    });
  const same = { os: 'linux', architecture: 'amd64' };
  const [untagged] = await graph.remove('one', { ...NO_USERS, platform: same });
  assert.deepEqual(untagged, { Untagged: 'one:latest' });
});

/** An archive of two images, the second made from the first. */
function parentAndChild(histories: [object[], object[]]): Buffer {
  const layer = tarOf({ f: '1' });
  const [parent, child] = histories.map((history, index) => {
    const files = dockerArchive([`of:${index + 1}`], [layer], { history });
    return { config: files['c.json'] as string, files };
  }) as [{ config: string; files: object }, { config: string }];
  const id = digestOf(Buffer.from(parent.config));
  const Layers = ['0/layer.tar'];
  return tarOf({
    ...parent.files,
    'child.json': child.config,
    'manifest.json': JSON.stringify([
      { Config: 'child.json', RepoTags: ['of:2'], Layers, Parent: id },
      { Config: 'c.json', RepoTags: ['of:1'], Layers },
    ]),
  });
}

const STEPS = [{ created_by: 'a' }, { created_by: 'b', empty_layer: true }] as const;

test('what an image was made from is known after save and load, when both are in the archive', async t => {
  const { graph } = await scratchGraph(t);
  await load(graph, parentAndChild([[STEPS[0]], [...STEPS]]));
  const [parent, child] = [await graph.resolve('of:1'), await graph.resolve('of:2')];
  assert.deepEqual([parent.parent, child.parent], [undefined, parent.id]);
  const { graph: other } = await scratchGraph(t);
  await load(other, await save(graph, 'of:2'));
  assert.equal((await other.resolve('of:2')).parent, undefined);
  await load(other, await save(graph, 'of:2', 'of:1'));
  assert.equal((await other.resolve('of:2')).parent, parent.id);
});

test('an image is not loaded as made from one that it does not follow', async t => {
  const { graph } = await scratchGraph(t);
  const [first, second] = STEPS;
  const archive = parentAndChild([[{ created_by: 'x' }], [first, second]]);
  await assert.rejects(load(graph, archive), { message: /is not a valid parent for image/ });
  await load(graph, parentAndChild([[], []]));
  assert.equal((await graph.resolve('of:2')).parent, undefined);
});

test('rmi takes the nameless images that one was made from with it, unless told not to', async t => {
  for (const noPrune of [true, false]) {
    const { graph } = await scratchGraph(t);
    await load(graph, parentAndChild([[STEPS[0]], [...STEPS]]));
    const { id } = await graph.resolve('of:1');
    await graph.remove('of:1', NO_USERS);
    await graph.remove('of:2', { ...NO_USERS, noPrune });
    assert.deepEqual(
      (await graph.list()).map(image => image.id),
      noPrune ? [id] : [],
    );
  }
});

test('an image without layers is loaded, saved and described', async t => {
  const { graph } = await scratchGraph(t);
  await load(graph, tarOf(dockerArchive(['none'], [])));
  const { id, chainIds, sizeBytes } = await graph.resolve('none');
  assert.deepEqual([chainIds, sizeBytes], [[], 0]);
  const { graph: other } = await scratchGraph(t);
  await load(other, await save(graph, 'none'));
  assert.equal((await other.resolve('none')).id, id);
});

test('a container keeps its layers when its image is removed by force', async t => {
  const { graph, root } = await scratchGraph(t);
  const id = await importTar(graph, tarOf({ file: 'kept' }), 'app');
  await graph.createContainerLayer('c', id);
  const used: RemoveOptions = { force: true, noPrune: false, usersOf: () => [{ id: 'c', running: false }] };
  assert.deepEqual(await graph.remove(id, used), [{ Untagged: 'app:latest' }, { Deleted: id }]);
  assert.equal(String(await (await graph.openContainerLayer('c')).readFile('file')), 'kept');
  await graph.removeContainerLayer('c');
  assert.deepEqual(leftovers(root), []);
  await assert.rejects(graph.openContainerLayer('c'), { kind: 'not-found' });
});

test('files of a container are those of its image and its own', async t => {
  const { graph } = await scratchGraph(t);
  const id = await importTar(graph, tarOf({ 'etc/a': 'image', 'etc/b': 'image' }), 'app');
  const layer = await graph.createContainerLayer('c', id);
  assert.ok(layer.rootfs.type === 'overlay');
  fs.mkdirSync(`${layer.rootfs.upperdir}/etc`);
  fs.writeFileSync(`${layer.rootfs.upperdir}/etc/a`, 'container');
  assert.equal(String(await layer.readFile('/etc/a')), 'container');
  assert.equal(String(await layer.readFile('/etc/b')), 'image');
  assert.equal(await layer.sizeBytes(), 'container'.length);
});

for (const driver of ['overlay2', 'vfs'])
  test(`the sizes of many containers are told at once, with ${driver}`, async t => {
    const { graph } = await scratchGraph(t, driver);
    await load(graph, tarOf(dockerArchive(['one'], [tarOf({ own: 'x'.repeat(1000) })])));
    const { id } = await graph.resolve('one');
    const ids = Array.from({ length: 250 }, (_, index) => `c${index}`);
    for (const containerId of ids) {
      const { rootfs } = await graph.createContainerLayer(containerId, id);
      const top = rootfs.type === 'bind' ? rootfs.path : rootfs.upperdir;
      fs.writeFileSync(`${top}/new`, containerId);
      fs.writeFileSync(`${top}/made`, 'not counted');
    }
    await graph.removeContainerLayer('c7');
    const sizes = await graph.containerSizes([...ids, 'unknown'], ['/made']);
    assert.equal(sizes.size, ids.length - 1);
    assert.deepEqual([sizes.get('c5'), sizes.get('c7'), sizes.get('c249')], [2, undefined, 4]);
  });

test("a link in a container does not lead readFile to the host's files", async t => {
  const { graph } = await scratchGraph(t);
  const id = await importTar(graph, tarOf({ 'real/passwd': 'image' }), 'app');
  const layer = await graph.createContainerLayer('c', id);
  assert.ok(layer.rootfs.type === 'overlay');
  const upper = layer.rootfs.upperdir;
  fs.symlinkSync('/real', `${upper}/etc`);
  assert.equal(String(await layer.readFile('/etc/passwd')), 'image');
  fs.rmSync(`${upper}/etc`);
  fs.mkdirSync(`${upper}/etc`);
  fs.symlinkSync('../../../../../../../../../../etc/passwd', `${upper}/etc/passwd`);
  assert.equal(await layer.readFile('/etc/passwd'), undefined);
  fs.symlinkSync('loop', `${upper}/loop`);
  assert.equal(await layer.readFile('/loop'), undefined);
});

test('a graph that is opened again has its images and containers, and no rest of what was unfinished', async t => {
  const { graph, root, reopen } = await scratchGraph(t);
  const id = await importTar(graph, tarOf({ file: 'x' }), 'app');
  await graph.createContainerLayer('kept', id);
  await graph.close();
  const [layer] = fs.readdirSync(`${root}/overlay2`).filter(name => /^[0-9a-f]{64}$/.test(name));
  fs.rmSync(`${root}/overlay2/${layer}`, { recursive: true });
  fs.writeFileSync(`${root}/content/ingest/half`, 'half a blob');
  fs.writeFileSync(`${root}/content/blobs/sha256/${'9'.repeat(64)}`, 'nobody knows it');
  fs.mkdirSync(`${root}/overlay2/${'8'.repeat(64)}/diff`, { recursive: true });
  fs.writeFileSync(`${root}/overlay2/${'8'.repeat(64)}/link`, 'zz');
  fs.mkdirSync(`${root}/overlay2/nobody/work`, { recursive: true });
  fs.symlinkSync('../nowhere/diff', `${root}/overlay2/l/stale`);
  const again = await reopen();
  assert.equal(String(await (await again.openContainerLayer('kept')).readFile('file')), 'x');
  assert.equal(fs.existsSync(`${root}/overlay2/nobody`), false);
  await again.removeContainerLayer('kept');
  await again.remove('app', NO_USERS);
  assert.deepEqual(leftovers(root), []);
});

test('images survive a change of the storage driver', async t => {
  const { graph, reopen } = await scratchGraph(t, 'overlay2');
  await importTar(graph, tarOf({ file: 'x' }), 'app');
  await graph.close();
  const again = await reopen('vfs');
  const layer = await again.createContainerLayer('c', (await again.resolve('app')).id);
  assert.equal(layer.rootfs.type, 'bind');
  assert.equal(String(await layer.readFile('file')), 'x');
});

test('many loads, imports and removals of the same things at once leave whole images', async t => {
  const { graph, root } = await scratchGraph(t);
  const archive = tarOf(dockerArchive(['same:1'], [tarOf({ a: '1' }), tarOf({ b: '2' })]));
  const remove = () => graph.remove('same:1', NO_USERS).catch(() => undefined);
  await Promise.all([load(graph, archive), load(graph, archive), remove(), load(graph, archive), remove()]);
  await load(graph, archive);
  const layer = await graph.createContainerLayer('c', (await graph.resolve('same:1')).id);
  assert.equal(String(await layer.readFile('b')), '2');
  await graph.removeContainerLayer('c');
  await graph.remove('same:1', NO_USERS);
  assert.deepEqual(leftovers(root), []);
});

test('an image that is loaded again in another form keeps the manifest it has, and nothing else stays', async t => {
  const { graph, root } = await scratchGraph(t);
  const layer = tarOf({ a: '1' });
  await load(graph, tarOf(dockerArchive(['app'], [layer])));
  const [before, files] = [await imagesOf(graph), leftovers(root)];
  const compressed = { '0/layer.tar': execFileSync('gzip', ['-c'], { input: layer }) };
  await load(graph, tarOf({ ...dockerArchive(['app'], [layer]), ...compressed }));
  assert.deepEqual(await imagesOf(graph), before);
  assert.deepEqual(leftovers(root), files);
});
