import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { Readable } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { digestOf } from '../src/base/digest.ts';
import type { Graph } from '../src/graph/graph.ts';
import type { Descriptor } from '../src/oci/image-spec.ts';
import { OCI_CONFIG, OCI_LAYER, OCI_MANIFEST } from '../src/oci/image-spec.ts';
import { openGraph } from '../src/graph/open-graph.ts';
import { hostArchitecture } from '../src/oci/platform.ts';
import { type Files, Layout, named, tarOf } from './fixtures/image-archives.ts';

const HOST = { os: 'linux', architecture: hostArchitecture() };
const OTHER = { os: 'linux', architecture: HOST.architecture === 'arm64' ? 'amd64' : 'arm64' };
const NO_USERS = { force: false, noPrune: false, usersOf: () => [] };

async function scratchGraph(t: TestContext): Promise<{ graph: Graph; root: string }> {
  const root = fs.mkdtempSync(`${tmpdir()}/slipway-graph-`);
  const graph = await openGraph({ root });
  t.after(async () => {
    await graph.close();
    fs.rmSync(root, { recursive: true, force: true });
  });
  return { graph, root };
}

async function load(graph: Graph, archive: Buffer, platform?: typeof HOST): Promise<string[]> {
  const lines: string[] = [];
  await graph.load(
    Readable.from([archive]),
    ({ stream }) => lines.push(...(stream ? [stream] : [])),
    platform,
  );
  return lines;
}

async function save(graph: Graph, name: string, platform?: typeof HOST): Promise<Buffer> {
  const stream = await graph.save([name], { platform });
  return Buffer.concat(await Array.fromAsync(stream as AsyncIterable<Buffer>));
}

function fileIn(archive: Buffer, path: string): string {
  return execFileSync('tar', ['-xOf', '-', path], { input: archive, encoding: 'utf8' });
}

/** An image for two platforms with a provenance attestation, as buildx makes it. */
function twoPlatforms(): { layout: Layout; entry: Descriptor; images: Descriptor[] } {
  const layout = new Layout();
  const images = [HOST, OTHER].map(platform =>
    layout.image(
      [tarOf({ arch: platform.architecture })],
      { architecture: platform.architecture },
      { platform },
    ),
  );
  const statement = layout.blob(Buffer.from('{}'), 'application/vnd.in-toto+json');
  const unknown = { architecture: 'unknown', os: 'unknown' };
  const config = layout.blob({ ...unknown, rootfs: { type: 'layers', diff_ids: [] } }, OCI_CONFIG);
  const attestation = layout.blob({ schemaVersion: 2, config, layers: [statement] }, OCI_MANIFEST, {
    platform: unknown,
    annotations: { 'vnd.docker.reference.type': 'attestation-manifest' },
  });
  return { layout, images, entry: layout.index([...images, attestation], named('multi:1')) };
}

/** Everything below a graph's root that belongs to images. */
function leftovers(root: string): string[] {
  return ['content/blobs/sha256', 'content/ingest', 'overlay2/l'].flatMap(path =>
    fs.readdirSync(`${root}/${path}`),
  );
}

test("an index whose platforms are all there is kept whole, and this machine's image is taken", async t => {
  const { graph, root } = await scratchGraph(t);
  const { layout, entry, images } = twoPlatforms();
  assert.deepEqual(await load(graph, layout.tar([entry])), ['Loaded image: multi:1\n']);
  const image = await graph.resolve('multi:1');
  assert.equal(image.config.architecture, HOST.architecture);
  assert.equal((await graph.resolve(`multi@${entry.digest}`)).id, image.id);
  const archive = await save(graph, 'multi:1');
  const { manifests } = JSON.parse(fileIn(archive, 'index.json')) as { manifests: Descriptor[] };
  assert.deepEqual(
    manifests.map(({ digest }) => digest),
    [entry.digest],
  );
  const other = await scratchGraph(t);
  await load(other.graph, archive);
  assert.deepEqual(await save(other.graph, 'multi:1'), archive);
  assert.equal((await graph.resolve('multi:1', OTHER)).manifest, images[1]?.digest);
  assert.equal((await graph.history('multi:1', OTHER)).length, 0);
  await graph.remove('multi:1', NO_USERS);
  assert.deepEqual(leftovers(root), []);
});

test('one platform of an index can be saved, and loaded', async t => {
  const { graph } = await scratchGraph(t);
  const { layout, entry, images } = twoPlatforms();
  await load(graph, layout.tar([entry]));
  const archive = await save(graph, 'multi:1', OTHER);
  const { manifests } = JSON.parse(fileIn(archive, 'index.json')) as { manifests: Descriptor[] };
  assert.deepEqual(
    manifests.map(({ digest }) => digest),
    [images[1]?.digest],
  );
  const { graph: second } = await scratchGraph(t);
  assert.deepEqual(await load(second, archive, HOST), []);
  assert.deepEqual(await load(second, archive, OTHER), ['Loaded image: multi:1\n']);
  const { graph: third } = await scratchGraph(t);
  await load(third, await save(graph, 'multi:1'), OTHER);
  assert.equal((await third.resolve('multi:1')).config.architecture, OTHER.architecture);
  const nothing = { os: 'linux', architecture: 'vax' };
  await assert.rejects(graph.save(['multi:1'], { platform: nothing }), {
    kind: 'not-found',
    message: 'no suitable export target found for platform linux/vax',
  });
  await assert.rejects(graph.resolve('multi:1', nothing), {
    kind: 'not-found',
    message: `image with reference multi:1 was found but its platform (linux/${HOST.architecture}) does not match the specified platform (linux/vax)`,
  });
});

test('an index that is named twice in each index above it is looked through once', async t => {
  const { graph } = await scratchGraph(t);
  const { layout, entry } = twoPlatforms();
  let index = entry;
  for (let depth = 0; depth < 40; depth++) index = layout.index([index, index], named('multi:1'));
  await load(graph, layout.tar([index]));
  assert.equal((await graph.resolve('multi:1', OTHER)).config.architecture, OTHER.architecture);
  await assert.rejects(graph.resolve('multi:1', { os: 'linux', architecture: 'vax' }), { kind: 'not-found' });
});

test('of an index that is not whole, what is there is loaded', async t => {
  const { graph, root } = await scratchGraph(t);
  const { layout, entry, images } = twoPlatforms();
  await load(graph, layout.tar([entry], [images[1]?.digest ?? '']));
  const archive = await save(graph, 'multi:1');
  const { manifests } = JSON.parse(fileIn(archive, 'index.json')) as { manifests: Descriptor[] };
  assert.deepEqual(
    manifests.map(({ digest }) => digest),
    [images[0]?.digest],
  );
  await graph.remove('multi:1', NO_USERS);
  assert.deepEqual(leftovers(root), []);
  await load(graph, layout.tar([entry], [images[0]?.digest ?? '']), OTHER);
  assert.equal((await graph.resolve('multi:1')).config.architecture, OTHER.architecture);
});

test('an index for other machines only is loaded all the same', async t => {
  const { graph } = await scratchGraph(t);
  const layout = new Layout();
  const image = layout.image([tarOf({ a: '' })], OTHER, { platform: OTHER });
  await load(graph, layout.tar([layout.index([image], named('foreign:1'))]));
  assert.equal((await graph.resolve('foreign:1')).config.architecture, OTHER.architecture);
});

test("a manifest without layers, as Go's programs write it, is one of an image without any", async t => {
  for (const layers of [null, undefined]) {
    const { graph } = await scratchGraph(t);
    const layout = new Layout();
    const rootfs = { type: 'layers', diff_ids: null };
    const config = layout.blob({ ...HOST, rootfs }, OCI_CONFIG);
    const manifest = layout.blob({ schemaVersion: 2, config, layers }, OCI_MANIFEST, named('bare:1'));
    assert.deepEqual(await load(graph, layout.tar([manifest])), ['Loaded image: bare:1\n']);
    assert.deepEqual((await graph.resolve('bare:1')).chainIds, []);
  }
});

test('artifacts in a layout are passed over', async t => {
  const { graph, root } = await scratchGraph(t);
  const layout = new Layout();
  const config = layout.blob(Buffer.from('{}'), 'application/vnd.oci.empty.v1+json');
  const chart = layout.blob(Buffer.from('chart'), 'application/vnd.cncf.helm.chart.content.v1.tar+gzip');
  const artifact = layout.blob({ schemaVersion: 2, config, layers: [chart] }, OCI_MANIFEST, named('chart:1'));
  const image = layout.image([tarOf({ a: '' })], HOST, named('image:1'));
  assert.deepEqual(await load(graph, layout.tar([artifact, image])), ['Loaded image: image:1\n']);
  await graph.remove('image:1', NO_USERS);
  assert.deepEqual(leftovers(root), []);
});

/** zstd:chunked: frames to be skipped hold the table of contents. */
function zstdChunked(data: Buffer): Buffer {
  const skippable = (content: string) => {
    const header = Buffer.alloc(8);
    header.writeUInt32LE(0x184d2a50, 0);
    header.writeUInt32LE(content.length, 4);
    return Buffer.concat([header, Buffer.from(content)]);
  };
  const half = data.length >> 1;
  return Buffer.concat([
    zstdCompressSync(data.subarray(0, half)),
    zstdCompressSync(data.subarray(half)),
    skippable('{"version":1,"entries":[]}'),
    skippable('footer of 64 bytes'),
  ]);
}

const PACKINGS: [string, string, (data: Buffer) => Buffer][] = [
  ['gzip', `${OCI_LAYER}+gzip`, gzipSync],
  [
    'several gzip members',
    `${OCI_LAYER}+gzip`,
    data => Buffer.concat([gzipSync(data.subarray(0, 600)), gzipSync(data.subarray(600))]),
  ],
  ['zstd', `${OCI_LAYER}+zstd`, zstdCompressSync],
  ['zstd:chunked', `${OCI_LAYER}+zstd`, zstdChunked],
  ['nothing', OCI_LAYER, data => data],
];

for (const [what, mediaType, pack] of PACKINGS) {
  test(`a layer packed with ${what} is loaded, and keeps its bytes`, async t => {
    const { graph } = await scratchGraph(t);
    const tar = tarOf({ file: 'content', more: Buffer.alloc(5000, 'x') });
    const packed = pack(tar);
    const layout = new Layout();
    const image = layout.image([tar], HOST, { packed: [{ data: packed, mediaType }], ...named('packed:1') });
    await load(graph, layout.tar([image]));
    const { id, manifest } = await graph.resolve('packed:1');
    assert.equal(manifest, image.digest);
    const layer = await graph.createContainerLayer('c', id);
    assert.equal(String(await layer.readFile('file')), 'content');
    const saved = fileIn(await save(graph, 'packed:1'), `blobs/sha256/${digestOf(packed).slice(7)}`);
    assert.equal(saved.length, packed.toString().length);
  });
}

const LAYER = tarOf({ a: '1' });

/** A `docker save` archive of one image, with changes. */
function dockerFiles(changes: Files): Files {
  const config = JSON.stringify({
    ...HOST,
    config: {},
    rootfs: { type: 'layers', diff_ids: [digestOf(LAYER)] },
  });
  const manifest = JSON.stringify([{ Config: 'c.json', RepoTags: ['x:1'], Layers: ['l/layer.tar'] }]);
  return { 'c.json': config, 'manifest.json': manifest, 'l/layer.tar': LAYER, ...changes };
}

test('a layer that is a link to another file of the archive is that file', async t => {
  const { graph } = await scratchGraph(t);
  await load(
    graph,
    tarOf(dockerFiles({ 'real/layer.tar': LAYER, 'l/layer.tar': { link: '../real/layer.tar' } })),
  );
  assert.equal((await graph.resolve('x:1')).chainIds[0], digestOf(LAYER));
});

function brokenLayout(change: (layout: Layout, image: Descriptor) => Buffer): Buffer {
  const layout = new Layout();
  return change(layout, layout.image([LAYER], HOST, named('x:1')));
}

const BAD: [string, () => Buffer, RegExp][] = [
  [
    'a layer that is a link to a file of the machine',
    () => tarOf(dockerFiles({ 'l/layer.tar': { link: '/etc/passwd' } })),
    /has no l\/layer.tar/,
  ],
  [
    'a layer that is a link out of the archive',
    () => tarOf(dockerFiles({ 'l/layer.tar': { link: '../../../etc/passwd' } })),
    /outside/,
  ],
  [
    'a layer that is a link to itself',
    () => tarOf(dockerFiles({ 'l/layer.tar': { link: 'layer.tar' } })),
    /has no l\/layer.tar/,
  ],
  ['a manifest.json that is null', () => tarOf(dockerFiles({ 'manifest.json': 'null' })), /invalid JSON/],
  [
    'a manifest.json of 17 MB',
    () => tarOf(dockerFiles({ 'manifest.json': Buffer.alloc(17 << 20, ' ') })),
    /too large/,
  ],
  [
    'a name with a digest',
    () =>
      tarOf(
        dockerFiles({
          'manifest.json': JSON.stringify([
            { Config: 'c.json', RepoTags: [`x@${digestOf('')}`], Layers: ['l/layer.tar'] },
          ]),
        }),
      ),
    /invalid tag "x@sha256:/,
  ],
  [
    'a configuration without a root file system',
    () => tarOf(dockerFiles({ 'c.json': JSON.stringify(HOST) })),
    /no RootFS key/,
  ],
  ['an archive that is cut off', () => tarOf(dockerFiles({})).subarray(0, 4000), /unexpected EOF/],
  [
    'a gzipped archive that is cut off',
    () => gzipSync(tarOf(dockerFiles({}))).subarray(0, 150),
    /corrupt|unexpected/,
  ],
  ['an index that is no JSON', () => tarOf({ 'index.json': '{' }), /invalid JSON in index.json/],
  ['an index that lists nothing', () => tarOf({ 'index.json': '{}' }), /invalid OCI index/],
  [
    'a layout without a layer',
    () => brokenLayout((layout, image) => layout.tar([image], [digestOf(LAYER)])),
    /not found in the archive/,
  ],
  [
    'content under the digest of other content',
    () =>
      brokenLayout((layout, image) => {
        layout.files[`blobs/sha256/${digestOf(LAYER).slice(7)}`] = tarOf({ b: '' });
        return layout.tar([image]);
      }),
    /not found in the archive/,
  ],
  [
    'a descriptor of a wrong size',
    () => brokenLayout((layout, image) => layout.tar([{ ...image, size: image.size + 1 }])),
    /its descriptor says/,
  ],
  [
    'a digest of another kind',
    () => brokenLayout((layout, image) => layout.tar([{ ...image, digest: 'md5:0' }])),
    /invalid checksum digest format/,
  ],
  [
    'a foreign layer',
    () => {
      const layout = new Layout();
      const config = layout.blob(
        { ...HOST, rootfs: { type: 'layers', diff_ids: [digestOf(LAYER)] } },
        OCI_CONFIG,
      );
      const foreign = {
        mediaType: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
        digest: digestOf('far'),
        size: 3,
        urls: ['http://far/'],
      };
      return layout.tar([
        layout.blob({ schemaVersion: 2, config, layers: [foreign] }, OCI_MANIFEST, named('x:1')),
      ]);
    },
    /foreign layer/,
  ],
];

for (const [what, archive, message] of BAD) {
  test(`${what} is refused, and leaves nothing behind`, async t => {
    const { graph, root } = await scratchGraph(t);
    await assert.rejects(load(graph, archive()), { kind: 'invalid-parameter', message });
    assert.deepEqual(await graph.list(), []);
    assert.deepEqual(leftovers(root), []);
  });
}
