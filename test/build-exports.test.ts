/** What builds give to their clients: directories, archives, images. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { digestOf } from '../src/base/digest.ts';
import type { Manifest } from '../src/oci/image-spec.ts';
import { type ClientBuild, type ClientExporter, clientBuild } from './fixtures/buildkit-client.ts';
import { DaemonProcess } from './fixtures/daemon-process.ts';

let daemon: DaemonProcess;

before(async () => {
  daemon = await DaemonProcess.startWithBusybox();
});
after(() => daemon.dispose());

const FILES = `
FROM busybox AS made
RUN mkdir -p /out/d && head -c 3000000 /dev/zero > /out/big && echo hi > /out/d/f
RUN ln -s f /out/d/link && ln /out/d/f /out/hard && mkfifo /out/pipe && chmod 4711 /out/d/f && touch "/out/d/umläut"
FROM scratch
COPY --from=made /out /
`;

const build = (
  Dockerfile: string,
  exporter: ClientExporter | ClientExporter[],
  more: Partial<ClientBuild> = {},
) =>
  clientBuild(join(daemon.base, 'slipway.sock'), {
    ...more,
    exporter,
    directories: { dockerfile: { Dockerfile }, context: {} },
  });

/** An archive, unpacked. */
function unpacked(data: Buffer): string {
  const directory = fs.mkdtempSync(join(daemon.base, 'export-'));
  execFileSync('tar', ['-x'], { cwd: directory, input: data });
  return directory;
}

type Layout = { manifests: { digest: string; mediaType: string; annotations?: Record<string, string> }[] };

/** The image in an OCI layout: its manifest, and the layers' first bytes (of a tar: a PAX header's name). */
function imageIn(directory: string) {
  const blob = (digest: string) => fs.readFileSync(join(directory, 'blobs', digest.replace(':', '/')));
  const index = JSON.parse(fs.readFileSync(join(directory, 'index.json'), 'utf8')) as Layout;
  const digest = index.manifests[0]?.digest ?? '';
  const manifest = JSON.parse(blob(digest).toString()) as Manifest;
  for (const each of [digest, manifest.config.digest, ...manifest.layers.map(layer => layer.digest)])
    assert.equal(digestOf(blob(each)), each);
  return { index, manifest, starts: manifest.layers.map(layer => blob(layer.digest).toString('hex', 0, 4)) };
}

test('a directory is exported with its files, links and modes', async () => {
  const { exported } = await build(FILES, { type: 'local', attributes: {} });
  const { big = '', ...files } = exported['0']?.files ?? {};
  assert.equal(big, '\0'.repeat(3_000_000));
  assert.deepEqual(files, {
    d: 'directory',
    'd/f': 'hi\n',
    'd/link': '-> f',
    'd/umläut': '',
    hard: '-> d/f',
    pipe: '',
  });
});

test('a tar has the files, and several exports of one build each get theirs', async () => {
  const { exported } = await build(FILES, [
    { type: 'tar', attributes: {} },
    { type: 'local', attributes: {} },
  ]);
  const listed = execFileSync('tar', ['-tv', '--numeric-owner'], { input: exported['0']?.data }).toString();
  assert.match(listed, /-rws--x--x 0\/0 +3 .* d\/f\n/);
  assert.match(listed, /h.* hard link to d\/f\n/);
  assert.equal(exported['1']?.files['d/f'], 'hi\n');
});

test('an OCI layout has the image under its names, compressed as it is wanted', async () => {
  const attributes = { name: 'docker.io/library/given:1', 'annotation.a': 'b' };
  const wanted = [
    ['gzip', '1f8b0800', '+gzip'],
    ['zstd', '28b52ffd', '+zstd'],
    ['uncompressed', '50617848', ''],
  ];
  for (const [compression = '', start = '', suffix = ''] of wanted) {
    const { exported, response } = await build(FILES, {
      type: 'oci',
      attributes: { ...attributes, compression },
    });
    const { index, manifest, starts } = imageIn(unpacked(exported['0']?.data as Buffer));
    assert.deepEqual(starts, [start]);
    assert.deepEqual(
      manifest.layers.map(({ mediaType }) => mediaType),
      [`application/vnd.oci.image.layer.v1.tar${suffix}`],
    );
    assert.deepEqual(manifest.annotations, { a: 'b' });
    assert.deepEqual(index.manifests[0]?.annotations, {
      'io.containerd.image.name': 'docker.io/library/given:1',
      'org.opencontainers.image.ref.name': '1',
    });
    assert.equal(response['containerimage.digest'], index.manifests[0]?.digest);
  }
});

test("the exporter docker makes what docker load takes, with Docker's media types throughout", async () => {
  const attributes = { name: 'docker.io/library/loaded:1' };
  const { exported, response } = await build(FILES, { type: 'docker', attributes });
  const directory = unpacked(exported['0']?.data as Buffer);
  const { manifest } = imageIn(directory);
  const types = [
    manifest.mediaType,
    manifest.config.mediaType,
    ...manifest.layers.map(each => each.mediaType),
  ];
  assert.ok(
    types.every(type => type?.startsWith('application/vnd.docker.')),
    String(types),
  );
  const file = join(directory, 'image.tar');
  fs.writeFileSync(file, exported['0']?.data as Buffer);
  const { code, stdout, stderr } = await daemon.slipway('load', '-i', file);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /Loaded image: loaded:1/);
  const loaded = (await daemon.api('GET', '/images/loaded:1/json')) as { Id: string };
  assert.equal(loaded.Id, response['containerimage.config.digest']);
});

test('two builds of one date have the same digests where times are rewritten, whiteouts included', async () => {
  const Dockerfile = 'FROM busybox\nRUN echo x > /made && rm /bin/true && mkdir /later\nRUN rm /made';
  const options = { 'build-arg:SOURCE_DATE_EPOCH': '1000000000', 'no-cache': '' };
  const exporter = { type: 'oci', attributes: { 'rewrite-timestamp': 'true' } };
  const once = async () => {
    const { exported } = await build(Dockerfile, exporter, { options });
    return exported['0']?.data as Buffer;
  };
  const [first, second] = [await once(), await once()];
  assert.equal(digestOf(first), digestOf(second));
});

const REFUSED: [string, ClientExporter, RegExp][] = [
  [
    'a push without a name',
    { type: 'image', attributes: { push: 'true' } },
    /tag is needed when pushing to registry/,
  ],
  [
    'an unknown compression',
    { type: 'oci', attributes: { compression: 'lzma' } },
    /unsupported layer compression type: lzma/,
  ],
  [
    'a level that is none',
    { type: 'oci', attributes: { 'compression-level': 'x' } },
    /invalid compression-level x/,
  ],
  [
    'zstd with Docker types',
    { type: 'oci', attributes: { compression: 'zstd', 'oci-mediatypes': 'false' } },
    /zstd/,
  ],
  [
    'what is neither true nor false',
    { type: 'image', attributes: { push: 'maybe' } },
    /non-bool value specified for push: maybe/,
  ],
];
for (const [what, exporter, message] of REFUSED) {
  test(`an export is refused for ${what}`, async () => {
    await assert.rejects(build('FROM busybox', exporter), { message });
  });
}

test('an image that is built again with other annotations has those', async () => {
  const annotationsOf = async (attributes: Record<string, string>) => {
    await build('FROM busybox\nLABEL again=1', {
      type: 'moby',
      attributes: { name: 'annotated', ...attributes },
    });
    const archive = join(daemon.base, 'annotated.tar');
    assert.equal((await daemon.slipway('save', '-o', archive, 'annotated')).code, 0);
    return imageIn(unpacked(fs.readFileSync(archive))).manifest.annotations;
  };
  assert.equal(await annotationsOf({}), undefined);
  assert.deepEqual(await annotationsOf({ 'annotation.a': 'first' }), { a: 'first' });
  assert.deepEqual(await annotationsOf({ 'annotation.a': 'second' }), { a: 'second' });
  const { code, stdout, stderr } = await daemon.slipway('system', 'check');
  assert.equal(code, 0, stdout + stderr);
});

test('a device that nobody has is left out, unless it is required', async () => {
  const run = (device: string) =>
    build(`FROM busybox\nRUN --device=${device} echo run`, { type: 'moby', attributes: {} });
  const { output } = await run('vendor.com/gpu=all');
  assert.equal(output, 'run\n');
  await assert.rejects(
    run('vendor.com/gpu,required'),
    /required device "vendor\.com\/gpu" is not registered/,
  );
});
