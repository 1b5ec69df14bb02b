/** Pulls into a graph, from a registry that does what it is told to. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import { type TestContext, test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import type { AuthConfig, ProgressMessage } from '../src/api/types.ts';
import { type Digest, digestOf, hexOf } from '../src/base/digest.ts';
import { pullImage } from '../src/daemon/image/distribution/pull-image.ts';
import { TestDaemon } from '../src/daemon/testing/test-daemon.ts';
import type { Graph } from '../src/graph/graph.ts';
import { openGraph } from '../src/graph/open-graph.ts';
import { type FakeImage, FakeRegistry, sendRegistryError } from '../src/registry/testing/fake-registry.ts';
import { tarOf } from './fixtures/image-archives.ts';

type Place = { graph: Graph; root: string; test: TestDaemon; registry: FakeRegistry };

async function place(
  t: TestContext,
  storageDriver?: string,
  root = fs.mkdtempSync('/tmp/slipway-pull-'),
): Promise<Place> {
  const graph = await openGraph({ root, storageDriver });
  t.after(async () => {
    await graph.close();
    fs.rmSync(root, { recursive: true, force: true });
  });
  return { graph, root, test: await TestDaemon.open(t, graph), registry: await FakeRegistry.start(t) };
}

type Asked = {
  platform?: string;
  auth?: AuthConfig;
  signal?: AbortSignal;
  onMessage?: (message: ProgressMessage) => void;
};

/** @returns what was said of the progress */
async function pull(
  { test, registry }: Place,
  name: string,
  { signal = new AbortController().signal, onMessage, ...asked }: Asked = {},
): Promise<ProgressMessage[]> {
  const messages: ProgressMessage[] = [];
  const request = { image: `${registry.host}/${name}`, tag: '', auth: {}, signal, ...asked };
  await pullImage(test.daemon, request, message => {
    messages.push(message);
    onMessage?.(message);
  });
  return messages;
}

const TARS = ['one', 'two', 'three'].map(name => tarOf({ [name]: randomBytes(100_000), shared: name }));
const DIFF_IDS = TARS.map(digestOf);
const PACKED = [gzipSync(TARS[0] ?? ''), zstdCompressSync(TARS[1] ?? ''), TARS[2] ?? Buffer.alloc(0)];

/** What the daemon's default is. */
const LAYERS_AT_ONCE = 3;

const addImage = ({ registry }: Place, name = 'team/app:1'): FakeImage =>
  registry.addImage(name, PACKED, { diffIds: DIFF_IDS });

async function fileOf(graph: Graph, reference: string, path: string): Promise<string | undefined> {
  const { id } = await graph.resolve(reference);
  const layer = await graph.createContainerLayer('c', id);
  const content = await layer.readFile(path);
  await graph.removeContainerLayer('c');
  return content?.toString();
}

/** Content, and what is on its way. */
const filesOf = (root: string) => ({
  blobs: fs.readdirSync(`${root}/content/blobs/sha256`).sort(),
  ingests: fs.readdirSync(`${root}/content/ingest`),
});
const NOTHING = { blobs: [], ingests: [] };
const short = (digest: string) => hexOf(digest as Digest).slice(0, 12);
const statuses = (messages: ProgressMessage[], id: string) =>
  messages.filter(message => message.id === id).map(({ status }) => status);

for (const driver of ['overlay2', 'vfs'])
  test(`an image comes whole, unpacked and under its names (${driver})`, async t => {
    const own = await place(t, driver);
    const { manifest, config, layers } = addImage(own);
    const messages = await pull(own, 'team/app:1');
    const { graph, registry } = own;
    const name = `${registry.host}/team/app`;
    const image = await graph.resolve(`${name}:1`);
    assert.deepEqual([image.id, image.manifest], [digestOf(config), manifest.digest]);
    assert.deepEqual([image.repoTags, image.repoDigests], [[`${name}:1`], [`${name}@${manifest.digest}`]]);
    assert.equal(await fileOf(graph, image.id, '/shared'), 'three');
    assert.equal((await fileOf(graph, image.id, '/one'))?.length !== undefined, true);
    assert.deepEqual(messages[0], { status: 'Pulling from team/app', id: '1' });
    assert.deepEqual(messages.slice(-2), [
      { status: `Digest: ${manifest.digest}` },
      { status: `Status: Downloaded newer image for ${name}:1` },
    ]);
    for (const { digest, size } of layers) {
      const seen = statuses(messages, short(digest));
      assert.deepEqual([seen[0], seen.at(-1)], ['Pulling fs layer', 'Pull complete']);
      assert.ok(seen.indexOf('Verifying Checksum') < seen.indexOf('Download complete'));
      for (const { id, progressDetail } of messages)
        if (id === short(digest) && progressDetail?.total !== undefined)
          assert.equal(progressDetail.total, size);
    }
    // A second time nothing is fetched, not even the manifest.
    const before = registry.count('GET', '/');
    assert.deepEqual((await pull(own, 'team/app:1')).at(-1), {
      status: `Status: Image is up to date for ${name}:1`,
    });
    assert.equal(registry.count('GET', '/'), before);
  });

test('of an image that shares layers only the others are fetched', async t => {
  const own = await place(t);
  addImage(own);
  const more = tarOf({ more: 'x' });
  own.registry.addImage('team/app:2', [...PACKED, more], { diffIds: [...DIFF_IDS, digestOf(more)] });
  await pull(own, 'team/app:1');
  const messages = await pull(own, 'team/app:2');
  for (const layer of PACKED) {
    assert.deepEqual(statuses(messages, short(digestOf(layer))), ['Already exists']);
    assert.equal(own.registry.count('GET', `/blobs/${digestOf(layer)}`), 1);
  }
  assert.equal(await fileOf(own.graph, `${own.registry.host}/team/app:2`, '/more'), 'x');
});

test('what is here under another name is only named', async t => {
  const own = await place(t);
  addImage(own);
  addImage(own, 'other/name:1');
  await pull(own, 'team/app:1');
  const messages = await pull(own, 'other/name:1');
  assert.deepEqual(
    messages.map(({ status }) => status?.replace(/sha256.*/, '')),
    [
      'Pulling from other/name',
      'Digest: ',
      `Status: Downloaded newer image for ${own.registry.host}/other/name:1`,
    ],
  );
});

test('by digest an image has no tag, and the digest wins over a tag', async t => {
  const own = await place(t);
  const { manifest } = addImage(own);
  await pull(own, `team/app:whatever@${manifest.digest}`);
  const { repoTags, repoDigests } = await own.graph.resolve(
    `${own.registry.host}/team/app@${manifest.digest}`,
  );
  assert.deepEqual([repoTags, repoDigests.length], [[], 1]);
});

test('without a tag all tags come', async t => {
  const own = await place(t);
  for (const tag of ['1', '2']) addImage(own, `team/app:${tag}`);
  const messages = await pull(own, 'team/app');
  const { repoTags } = await own.graph.resolve(`${own.registry.host}/team/app:1`);
  assert.equal(repoTags.length, 2);
  assert.equal(messages.at(-1)?.status, `Status: Downloaded newer image for ${own.registry.host}/team/app`);
});

test('of an index the image for the platform comes, under the digest of the index', async t => {
  const own = await place(t);
  const of = (architecture: string) => ({
    ...own.registry.addImage(`i:${architecture}`, PACKED, { diffIds: DIFF_IDS, architecture }).manifest,
    platform: { os: 'linux', architecture },
  });
  const index = own.registry.addIndex('i:1', [of('amd64'), of('arm64')]);
  const name = `${own.registry.host}/i`;
  await pull(own, 'i:1', { platform: 'linux/arm64' });
  const image = await own.graph.resolve(`${name}:1`);
  assert.deepEqual([image.config.architecture, image.repoDigests], ['arm64', [`${name}@${index.digest}`]]);
  await pull(own, 'i:1', { platform: 'linux/amd64' });
  assert.equal((await own.graph.resolve(`${name}:1`)).config.architecture, 'amd64');
  await assert.rejects(pull(own, 'i:1', { platform: 'linux/s390x' }), { kind: 'not-found' });
});

test('two pulls at once fetch each layer once', async t => {
  const own = await place(t);
  addImage(own);
  addImage(own, 'other/name:1');
  await Promise.all([pull(own, 'team/app:1'), pull(own, 'team/app:1'), pull(own, 'other/name:1')]);
  for (const layer of PACKED) assert.equal(own.registry.count('GET', `/blobs/${digestOf(layer)}`), 1);
  assert.equal((await own.graph.resolve(`${own.registry.host}/other/name:1`)).repoTags.length, 2);
  assert.deepEqual(filesOf(own.root).ingests, []);
});

/** Layers' bodies stop half-way until `goOn`. */
function halting({ registry }: Place): { halted: Promise<void>; goOn: () => void } {
  const halted = Promise.withResolvers<void>();
  const going = Promise.withResolvers<void>();
  registry.intercept = async (request, response) => {
    const data = registry.blobs.get(request.url?.split('/blobs/')[1] ?? '');
    if (data === undefined || data.length < 1000 || request.headers.range !== undefined) return false;
    response.writeHead(200, { 'Content-Length': data.length });
    response.write(data.subarray(0, 50_000));
    halted.resolve();
    await going.promise;
    response.end(data.subarray(50_000));
    return true;
  };
  return { halted: halted.promise, goOn: going.resolve };
}

test('so many layers come at once as --max-concurrent-downloads says, of all pulls together', async t => {
  const own = await place(t);
  const tars = Array.from({ length: 8 }, (_, index) => tarOf({ [`file${index}`]: 'x' }));
  const options = (some: Buffer[]) => ({ diffIds: some.map(digestOf) });
  const packed = tars.map(tar => gzipSync(tar));
  own.registry.addImage('a:1', packed.slice(0, 4), options(tars.slice(0, 4)));
  own.registry.addImage('b:1', packed.slice(4), options(tars.slice(4)));
  const digests = packed.map(digestOf);
  let active = 0;
  let most = 0;
  const gate = Promise.withResolvers<void>();
  own.registry.intercept = async ({ url = '' }, response) => {
    if (!digests.some(digest => url.endsWith(digest))) return false;
    most = Math.max(most, ++active);
    response.once('close', () => active--);
    if (most === LAYERS_AT_ONCE) gate.resolve();
    await gate.promise;
    return false;
  };
  await Promise.all([pull(own, 'a:1'), pull(own, 'b:1')]);
  assert.equal(most, LAYERS_AT_ONCE);
});

test('a pull that is cancelled takes nothing from another one of the same layers', async t => {
  const own = await place(t);
  addImage(own);
  const { halted, goOn } = halting(own);
  const controller = new AbortController();
  const first = pull(own, 'team/app:1', { signal: controller.signal });
  await halted;
  const { promise: joined, resolve } = Promise.withResolvers<void>();
  const second = pull(own, 'team/app:1', {
    onMessage: ({ status }) => status === 'Pulling fs layer' && resolve(),
  });
  await joined;
  controller.abort();
  await assert.rejects(first, { kind: 'cancelled' });
  goOn();
  await second;
  assert.equal(await fileOf(own.graph, `${own.registry.host}/team/app:1`, '/shared'), 'three');
});

test('a cancelled pull ends its transfers, and a later one brings what is missing only', async t => {
  const own = await place(t);
  addImage(own);
  const { goOn } = halting(own);
  const controller = new AbortController();
  const { promise: downloading, resolve } = Promise.withResolvers<void>();
  const aborted = pull(own, 'team/app:1', {
    signal: controller.signal,
    onMessage: ({ status }) => status === 'Downloading' && resolve(),
  });
  await downloading;
  controller.abort();
  await assert.rejects(aborted, { kind: 'cancelled', message: 'context canceled' });
  goOn();
  assert.deepEqual(filesOf(own.root).blobs, []);
  assert.deepEqual(own.graph.leases.list(), []);
  own.registry.intercept = () => false;
  await pull(own, 'team/app:1');
  const resumed = own.registry.seen.filter(({ headers }) => headers.range !== undefined);
  assert.ok(resumed.length > 0);
  assert.equal(await fileOf(own.graph, `${own.registry.host}/team/app:1`, '/shared'), 'three');
  assert.deepEqual(filesOf(own.root).ingests, []);
});

test('what is not what it should be is refused, is the reason that is told, and leaves nothing', async t => {
  const own = await place(t);
  const flipped = Buffer.from(PACKED[1] ?? '');
  flipped[flipped.length - 5] = (flipped[flipped.length - 5] ?? 0) ^ 1;
  const corrupt = Buffer.concat([(PACKED[0] ?? Buffer.alloc(0)).subarray(0, 5000), randomBytes(5000)]);
  const cases: [string, () => void, RegExp][] = [
    [
      'another content than its digest says',
      () => {
        addImage(own, 'bad:1');
        own.registry.blobs.set(digestOf(PACKED[1] ?? ''), flipped);
      },
      /^filesystem layer verification failed for digest sha256:/,
    ],
    [
      'another layer than the configuration says',
      () => void own.registry.addImage('bad:1', PACKED, { diffIds: DIFF_IDS.toReversed() }),
      /^invalid diffID for layer/,
    ],
    [
      'a corrupt archive',
      () => void own.registry.addImage('bad:1', [corrupt], { diffIds: DIFF_IDS.slice(0, 1) }),
      /corrupt compressed layer/,
    ],
    [
      'fewer layers',
      () => void own.registry.addImage('bad:1', PACKED, { diffIds: DIFF_IDS.slice(1) }),
      /layers length mismatch/,
    ],
  ];
  for (const [what, prepare, message] of cases) {
    own.registry.blobs.clear();
    prepare();
    await assert.rejects(pull(own, 'bad:1'), { message }, what);
    // Whole layers that came with it may go on another time.
    for (const { ref } of own.graph.content.unfinished()) (await own.graph.content.resume(ref)).discard();
    assert.deepEqual(filesOf(own.root), NOTHING, what);
    assert.deepEqual(await own.graph.list(), [], what);
    assert.deepEqual(own.graph.leases.list(), [], what);
  }
});

test('images for other systems and what is no image are refused in Docker’s words', async t => {
  const own = await place(t);
  own.registry.addImage('windows:1', [], { os: 'windows' } as object);
  await assert.rejects(pull(own, 'windows:1'), {
    kind: 'invalid-parameter',
    message:
      'image operating system "windows" cannot be used on this platform: operating system is not supported',
  });
  const chart = 'application/vnd.cncf.helm.config.v1+json';
  const config = { mediaType: chart, digest: own.registry.addBlob(Buffer.from('{}')), size: 2 };
  own.registry.addManifest('chart:1', { schemaVersion: 2, config, layers: [] });
  await assert.rejects(pull(own, 'chart:1'), {
    message: `Encountered remote "${chart}"(unknown) when fetching`,
  });
});

test('what is removed while a pull needs it stays until that is over', async t => {
  const own = await place(t);
  addImage(own);
  await pull(own, 'team/app:1');
  const more = tarOf({ more: randomBytes(100_000) });
  own.registry.addImage('team/app:2', [...PACKED, more], { diffIds: [...DIFF_IDS, digestOf(more)] });
  const { halted, goOn } = halting(own);
  const second = pull(own, 'team/app:2');
  await halted;
  const options = { force: true, noPrune: false, usersOf: () => [] };
  await own.graph.remove((await own.graph.resolve(`${own.registry.host}/team/app:1`)).id, options);
  goOn();
  await second;
  assert.equal(await fileOf(own.graph, `${own.registry.host}/team/app:2`, '/shared'), 'three');
});

test('the end of the engine gives a pull up', async t => {
  const own = await place(t);
  addImage(own);
  const { halted } = halting(own);
  const given = assert.rejects(pull(own, 'team/app:1'), { kind: 'cancelled' });
  await halted;
  await own.test.close();
  await given;
});

test('what is denied, is not there or has no such name is told as Docker does', async t => {
  const own = await place(t);
  const name = `${own.registry.host}/team/app`;
  const cases: [string, string][] = [
    [
      'DENIED',
      `pull access denied for ${name}, repository does not exist or may require 'docker login': denied: no`,
    ],
    ['MANIFEST_UNKNOWN', `manifest for ${name}:1 not found: manifest unknown: no`],
    ['NAME_UNKNOWN', `repository ${name} not found: name unknown: no`],
  ];
  for (const [code, message] of cases) {
    own.registry.intercept = (_request, response) => {
      sendRegistryError(response, code === 'DENIED' ? 403 : 404, code, 'no');
      return true;
    };
    const told: ProgressMessage[] = [];
    const refused = pull(own, 'team/app:1', { onMessage: one => void told.push(one) });
    await assert.rejects(refused, { kind: 'not-found', message });
    assert.deepEqual(told, []);
  }
});

test('what a token service refuses is told as its own words', async t => {
  const own = await place(t);
  addImage(own);
  own.registry.intercept = ({ url = '' }, response) => {
    response.setHeader('WWW-Authenticate', 'Bearer realm="/token",service="s"');
    if (url.startsWith('/token')) sendRegistryError(response, 403, 'DENIED', 'not from here');
    else sendRegistryError(response, 401, 'UNAUTHORIZED', 'authentication required');
    return true;
  };
  await assert.rejects(pull(own, 'team/app:1'), {
    kind: 'forbidden',
    message: /^Head "http:\/\/[^"]+\/manifests\/1": denied: not from here$/,
  });
});

test('a wrong password is told, and a right one is enough', async t => {
  const own = await place(t);
  addImage(own);
  own.registry.password = 'me:secret';
  await assert.rejects(pull(own, 'team/app:1'), {
    kind: 'forbidden',
    message: /^Head "http:\/\/[^"]+\/manifests\/[^"]+": no basic auth credentials$/,
  });
  const wrong = { username: 'me', password: 'wrong' };
  await assert.rejects(pull(own, 'team/app:1', { auth: wrong }), {
    kind: 'unauthorized',
    message: 'unauthorized',
  });
  await pull(own, 'team/app:1', { auth: { username: 'me', password: 'secret' } });
});

test('a mirror that has other bytes under a digest is passed over', async t => {
  const own = await place(t);
  const { manifest } = addImage(own);
  const mirror = await FakeRegistry.start(t);
  mirror.addImage('team/app:1', PACKED, { diffIds: DIFF_IDS });
  const [first = ''] = PACKED.map(digestOf);
  mirror.blobs.set(first, randomBytes(PACKED[0]?.length ?? 0));
  const hosts = `${own.root}/certs/${own.registry.host}`;
  fs.mkdirSync(hosts, { recursive: true });
  fs.writeFileSync(
    `${hosts}/hosts.toml`,
    `server = "http://${own.registry.host}"\n[host."http://${mirror.host}"]\ncapabilities = ["pull", "resolve"]\n`,
  );
  own.test.daemon.options.certificateDirectories = [`${own.root}/certs`];
  await pull(own, 'team/app:1');
  assert.equal((await own.graph.resolve(`${own.registry.host}/team/app:1`)).manifest, manifest.digest);
  assert.equal(mirror.count('GET', '/blobs/'), 4);
  assert.deepEqual(
    own.registry.seen.map(({ url }) => url),
    [`/v2/team/app/blobs/${first}`],
  );
});

test('what one registry could not give is brought from another that has it', async t => {
  const own = await place(t);
  addImage(own);
  const poor = { ...own, registry: await FakeRegistry.start(t) };
  addImage(poor);
  const { promise: asked, resolve: isAsked } = Promise.withResolvers<void>();
  const { promise: answered, resolve: answer } = Promise.withResolvers<void>();
  poor.registry.intercept = async (request, response) => {
    if (!PACKED.some(layer => request.url?.endsWith(digestOf(layer)))) return false;
    isAsked();
    await answered;
    response.writeHead(404).end();
    return true;
  };
  const failing = assert.rejects(pull(poor, 'team/app:1'), { kind: 'not-found' });
  await asked;
  const { promise: joined, resolve: isJoined } = Promise.withResolvers<void>();
  const working = pull(own, 'team/app:1', {
    onMessage: ({ status }) => status === 'Pulling fs layer' && isJoined(),
  });
  await joined;
  answer();
  await Promise.all([failing, working]);
  assert.equal(await fileOf(own.graph, `${own.registry.host}/team/app:1`, '/shared'), 'three');
});

test('on a disk that is full a pull fails clearly, and leaves all the room to the next one', async t => {
  const disk = fs.mkdtempSync('/tmp/slipway-pull-');
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', disk]);
  t.after(() => {
    execFileSync('umount', ['-l', disk]);
    fs.rmdirSync(disk);
  });
  const own = await place(t, undefined, `${disk}/graph`);
  const large = tarOf({ large: randomBytes(30_000_000) });
  own.registry.addImage('large:1', [large]);
  await assert.rejects(pull(own, 'large:1'), { message: /no space left on device/ });
  assert.deepEqual(filesOf(own.root), NOTHING);
  addImage(own);
  await pull(own, 'team/app:1');
  assert.equal(await fileOf(own.graph, `${own.registry.host}/team/app:1`, '/shared'), 'three');
});

test('pulls leave nothing open, however they end', async t => {
  const own = await place(t);
  addImage(own);
  const remove = async () => {
    const { id } = await own.graph.resolve(`${own.registry.host}/team/app:1`);
    await own.graph.remove(id, { force: true, noPrune: false, usersOf: () => [] });
  };
  const descriptors = () =>
    fs.readdirSync('/proc/self/fd').flatMap(fd => {
      try {
        return [fs.readlinkSync(`/proc/self/fd/${fd}`)].filter(path =>
          path.startsWith(`${own.root}/content/`),
        );
      } catch {
        return [];
      }
    });
  for (let round = 0; round < 3; round++) {
    await pull(own, 'team/app:1');
    await remove();
    own.registry.intercept = (request, response) => {
      if (!request.url?.endsWith(digestOf(PACKED[1] ?? ''))) return false;
      response.writeHead(404).end();
      return true;
    };
    await assert.rejects(pull(own, 'team/app:1'));
    own.registry.intercept = () => false;
    const controller = new AbortController();
    const onMessage = ({ status }: ProgressMessage) => status === 'Downloading' && controller.abort();
    await pull(own, 'team/app:1', { signal: controller.signal, onMessage }).then(remove, () => undefined);
  }
  assert.deepEqual(descriptors(), []);
});

test('what the image policy refuses is neither fetched nor named', async t => {
  const here = await place(t);
  addImage(here);
  const policyFile = `${here.root}/policy.json`;
  fs.writeFileSync(policyFile, JSON.stringify({ default: [{ type: 'reject' }] }));
  (here.test.daemon.options as { imagePolicyFile: string }).imagePolicyFile = policyFile;
  await assert.rejects(pull(here, 'team/app:1'), { kind: 'forbidden', message: /rule default/ });
  assert.equal(here.registry.count('GET', '/'), 0);
  assert.deepEqual(await here.graph.list(), []);
  fs.rmSync(policyFile);
  await pull(here, 'team/app:1');
  fs.writeFileSync(policyFile, JSON.stringify({ default: [{ type: 'reject' }] }));
  await assert.rejects(pull(here, 'team/app:1'), { kind: 'forbidden' });
});
