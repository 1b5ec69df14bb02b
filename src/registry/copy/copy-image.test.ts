import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { digestOf } from '../../base/digest.ts';
import { OCI_LAYER } from '../../oci/image-spec.ts';
import { parseReference } from '../../oci/reference.ts';
import { FakeRegistry } from '../testing/fake-registry.ts';
import { openRepository } from '../testing/open-repository.ts';
import { archiveDestination, archiveSource } from './archive-place.ts';
import { type CopyEvent, copyImage } from './copy-image.ts';
import type { ImageDestination, ImageSource } from './image-place.ts';
import { layoutDestination, layoutSource } from './layout-place.ts';
import { registryDestination, registrySource } from './registry-place.ts';

const LAYERS = [randomBytes(300_000), Buffer.from('small')];

function directory(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'slipway-copy-'));
  t.after(() => rmSync(path, { recursive: true }));
  return path;
}

/** An index of two platforms and an attestation. */
async function origin(t: TestContext) {
  const registry = await FakeRegistry.start(t);
  const images = ['amd64', 'arm64'].map(architecture => ({
    ...registry.addImage(`a:${architecture}`, [...LAYERS, Buffer.from(architecture)], { architecture })
      .manifest,
    platform: { os: 'linux', architecture },
  }));
  const attestation = {
    ...registry.addImage('a:attestation', [Buffer.from('provenance')]).manifest,
    platform: { os: 'unknown', architecture: 'unknown' },
  };
  const index = registry.addIndex('a:latest', [...images, attestation]);
  return { registry, index, images, manifests: [...images, attestation] };
}

async function sourceIn(t: TestContext, name: string): Promise<ImageSource> {
  return registrySource(await openRepository(t, name), parseReference(name));
}

async function destinationIn(t: TestContext, name: string): Promise<ImageDestination> {
  return registryDestination(await openRepository(t, name), parseReference(name));
}

async function copy(source: ImageSource, destination: ImageDestination, architecture?: string) {
  const events: CopyEvent[] = [];
  const platform = architecture === undefined ? undefined : { os: 'linux', architecture };
  const signal = new AbortController().signal;
  const { digest } = await copyImage(source, destination, {
    platform,
    signal,
    onEvent: event => void events.push(event),
  });
  return {
    digest,
    events,
    count: (kind: CopyEvent['kind']) => events.filter(event => event.kind === kind).length,
  };
}

test('an index goes whole from registry to layout to archive to registry, every digest as it was', async t => {
  const { registry, index, manifests } = await origin(t);
  const place = directory(t);
  const first = await copy(
    await sourceIn(t, `${registry.host}/a:latest`),
    await layoutDestination(place, 'one'),
  );
  assert.equal(first.digest, index.digest);
  assert.equal(first.count('manifest'), 4);
  const archive = join(place, 'image.tar');
  const [last] = [await copy(layoutSource(place, 'one'), await archiveDestination(archive, 'reg.io/x:2'))];
  assert.equal(last.digest, index.digest);
  const other = await FakeRegistry.start(t);
  const end = await copy(
    await archiveSource(archive, undefined),
    await destinationIn(t, `${other.host}/b/c:3`),
  );
  assert.equal(end.digest, index.digest);
  assert.ok(other.manifests.get('b/c:3')?.raw.equals(registry.manifests.get('a:latest')!.raw));
  for (const { digest } of manifests) assert.ok(other.manifests.has(`b/c@${digest}`));
  for (const [digest, data] of registry.blobs) assert.ok(other.blobs.get(digest)?.equals(data), digest);
  assert.deepEqual(readdirSync(place).sort(), ['blobs', 'image.tar', 'index.json', 'oci-layout']);
});

test('the image for one platform is copied alone', async t => {
  const { registry, images } = await origin(t);
  const place = directory(t);
  const { digest } = await copy(
    await sourceIn(t, `${registry.host}/a:latest`),
    await layoutDestination(place, undefined),
    'arm64',
  );
  assert.equal(digest, images[1]?.digest);
  assert.equal(readdirSync(join(place, 'blobs/sha256')).length, 5);
  const { manifests } = JSON.parse(readFileSync(join(place, 'index.json'), 'utf8'));
  assert.deepEqual(manifests[0].annotations, {
    'io.containerd.image.name': `${registry.host}/a:latest`,
    'org.opencontainers.image.ref.name': 'latest',
  });
});

test('what is there is not sent again, and a name goes to the new image', async t => {
  const { registry, index } = await origin(t);
  const place = directory(t);
  const into = async (tag: string) =>
    copy(await sourceIn(t, `${registry.host}/a:${tag}`), await layoutDestination(place, 'one'));
  await into('amd64');
  const second = await into('latest');
  assert.equal(second.count('exists'), 4);
  const { manifests } = JSON.parse(readFileSync(join(place, 'index.json'), 'utf8'));
  assert.deepEqual(
    manifests.map((entry: { digest: string }) => entry.digest),
    [index.digest],
  );
});

test('within one registry blobs are mounted', async t => {
  const { registry } = await origin(t);
  await copy(await sourceIn(t, `${registry.host}/a:latest`), await destinationIn(t, `${registry.host}/b:1`));
  assert.equal(registry.count('PATCH', '/b/'), 0);
});

test('bytes that are others than the descriptor says are never stored, and leave nothing', async t => {
  const { registry } = await origin(t);
  const digest = digestOf(LAYERS[0]!);
  registry.blobs.set(digest, randomBytes(300_000));
  const source = await sourceIn(t, `${registry.host}/a:latest`);
  const place = directory(t);
  const wrong = { kind: 'data-loss', message: `content verification failed for digest ${digest}` };
  await assert.rejects(copy(source, await layoutDestination(join(place, 'layout'), undefined)), wrong);
  assert.ok(!readdirSync(join(place, 'layout')).includes('index.json'));
  assert.ok(readdirSync(join(place, 'layout/blobs/sha256')).every(name => /^[0-9a-f]{64}$/.test(name)));
  await assert.rejects(copy(source, await archiveDestination(join(place, 'a.tar'), undefined)), wrong);
  assert.deepEqual(readdirSync(place), ['layout']);
  const other = await FakeRegistry.start(t);
  await assert.rejects(copy(source, await destinationIn(t, `${other.host}/b:1`)), wrong);
  assert.ok(!other.blobs.has(digest));
  assert.equal(other.manifests.size, 0);
});

test('an interrupted copy into an archive leaves no file', async t => {
  const { registry } = await origin(t);
  const interruption = new AbortController();
  const place = directory(t);
  const copying = copyImage(
    await sourceIn(t, `${registry.host}/a:latest`),
    await archiveDestination(join(place, 'a.tar'), undefined),
    {
      platform: undefined,
      signal: interruption.signal,
      onEvent: () => interruption.abort(new Error('enough')),
    },
  );
  await assert.rejects(copying, { message: 'enough' });
  assert.deepEqual(readdirSync(place), []);
});

test('an index that names itself, or too many within it, is refused', async t => {
  const { registry, index } = await origin(t);
  let inner = index;
  for (let depth = 0; depth < 5; depth++) inner = registry.addIndex(`a:deep${depth}`, [inner]);
  await assert.rejects(
    copy(await sourceIn(t, `${registry.host}/a:deep4`), await layoutDestination(directory(t), undefined)),
    { kind: 'invalid-parameter', message: /too many manifests within it/ },
  );
});

test('what is no layout, has no such image, or has several, is told', async t => {
  const { registry } = await origin(t);
  const place = directory(t);
  await assert.rejects(layoutSource(place, undefined).top(), {
    kind: 'not-found',
    message: /no OCI image layout/,
  });
  for (const tag of ['amd64', 'arm64'])
    await copy(await sourceIn(t, `${registry.host}/a:${tag}`), await layoutDestination(place, tag));
  await assert.rejects(layoutSource(place, undefined).top(), { message: /name one of amd64, arm64/ });
  await assert.rejects(layoutSource(place, 'other').top(), {
    kind: 'not-found',
    message: /no image named other/,
  });
  const plain = join(place, 'plain.tar');
  writeFileSync(plain, Buffer.alloc(10_240));
  await assert.rejects(archiveSource(plain, undefined), {
    kind: 'invalid-parameter',
    message: /no index\.json/,
  });
  writeFileSync(plain, 'no tar '.repeat(1000));
  await assert.rejects(archiveSource(plain, undefined), { kind: 'invalid-parameter' });
});

test('layers that may not be given away stay where they are', async t => {
  const registry = await FakeRegistry.start(t);
  const { layers } = registry.addImage('a:1', LAYERS);
  const foreign = { ...layers[0]!, mediaType: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip' };
  registry.blobs.delete(foreign.digest);
  registry.addManifest('a:2', {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: { ...layers[1]!, mediaType: OCI_LAYER },
    layers: [foreign],
  });
  const place = directory(t);
  await copy(await sourceIn(t, `${registry.host}/a:2`), await layoutDestination(place, undefined));
  assert.equal(readdirSync(join(place, 'blobs/sha256')).length, 2);
});
