import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Digest } from '../../base/digest.ts';
import type { Image, RemoveOptions } from '../../graph/graph.ts';
import { TestDaemon } from '../testing/test-daemon.ts';

type Given = { names?: string[]; digests?: string[]; created?: string; layers?: string[]; parent?: string };

function image(id: string, { names = [], digests = [], created, layers = [], parent }: Given): Image {
  return {
    id: `sha256:${id}`,
    manifest: 'sha256:m',
    config: {
      architecture: 'amd64',
      os: 'linux',
      created: created ?? '2020-01-01T00:00:00Z',
      rootfs: { type: 'layers', diff_ids: [] },
    },
    rawConfig: Buffer.alloc(0),
    repoTags: names,
    repoDigests: digests,
    sizeBytes: 10 * layers.length,
    chainIds: layers as Digest[],
    ...(parent === undefined ? {} : { parent: `sha256:${parent}` as const }),
  };
}

const IMAGES = [
  image('a', { names: ['app:1', 'app:2'], layers: ['x', 'y'], created: '2021-01-01T00:00:00Z' }),
  image('b', { names: ['reg.io:5000/team/app:1'], layers: ['x'] }),
  image('c', { digests: ['app@sha256:0'] }),
  image('d', { layers: ['z'], parent: 'e' }),
  image('e', {}),
];

async function daemonWithImages(t: Parameters<typeof TestDaemon.open>[0]): Promise<TestDaemon> {
  const test = await TestDaemon.open(t);
  test.graph.list = async () => IMAGES;
  test.graph.layerSizes = () => new Map(['x', 'y', 'z'].map(layer => [layer, 10]));
  return test;
}

const LISTS: [string, Record<string, string[]>, string[]][] = [
  ['no filter leaves out what was only a step to another image', {}, ['a', 'b', 'c', 'd']],
  ['dangling images have no tag', { dangling: ['true'] }, ['c', 'd']],
  ['those that are not dangling have a name', { dangling: ['false'] }, ['a', 'b', 'c']],
  ['a pattern without a tag matches all tags, and digests', { reference: ['app'] }, ['a', 'c']],
  ['a pattern does not reach over slashes', { reference: ['*:1'] }, ['a']],
  ['the port of a registry is no tag', { reference: ['reg.io:5000/*/app'] }, ['b']],
  ['one of several patterns is enough', { reference: ['reg*/team/app', 'app:2'] }, ['a', 'b']],
  ['all moments count', { until: ['2030-01-01', '2020-06-01'] }, ['b', 'c', 'd']],
];

for (const [what, filters, expected] of LISTS) {
  test(`list: ${what}`, async t => {
    const { backend } = await daemonWithImages(t);
    const images = await backend.imageList({ filters: new Map(Object.entries(filters)) });
    assert.deepEqual(images.map(({ Id }) => Id.slice('sha256:'.length)).sort(), expected);
  });
}

test('list: only the names that match are shown, and what is shared when asked for', async t => {
  const { backend } = await daemonWithImages(t);
  const filters = new Map([['reference', ['app:2']]]);
  const [first] = await backend.imageList({ filters, sharedSize: true });
  assert.deepEqual([first?.RepoTags, first?.Size, first?.SharedSize], [['app:2'], 20, 10]);
  assert.equal((await backend.imageList({ filters }))[0]?.SharedSize, -1);
  assert.equal((await backend.imageList({ filters: new Map(), all: true })).length, IMAGES.length);
});

test('prune counts what has been freed on the disk', async t => {
  const { backend, graph } = await daemonWithImages(t);
  graph.resolve = async () => IMAGES[3] as Image;
  graph.remove = async (_reference: string, { onFreed }: RemoveOptions) => {
    onFreed?.(10);
    return [{ Deleted: 'sha256:d' }, { Deleted: 'z' }];
  };
  const { ImagesDeleted, SpaceReclaimed } = await backend.imagePrune(new Map([['until', ['2020-06-01']]]));
  assert.equal(SpaceReclaimed, 30);
  assert.equal(ImagesDeleted?.length, 6);
});

test('of an image that a container has, prune leaves the name that it has it by, or the last', async t => {
  const { backend, graph, daemon } = await daemonWithImages(t);
  const used = image('f', { names: ['q:z', 'q:a', 'q:latest', 'other:1'] });
  graph.list = async () => [used];
  graph.resolve = async () => used;
  const removed: string[] = [];
  graph.remove = async (reference: string) => {
    removed.push(reference);
    return [];
  };
  const by = (name: string) =>
    [{ id: 'c', record: { imageId: used.id, imageReference: name, mounts: [] } }] as never;
  const { containers } = daemon;
  const all = containers.all.bind(containers);
  for (const name of ['q', 'f']) {
    containers.all = () => by(name);
    await backend.imagePrune(new Map([['dangling', ['false']]]));
    removed.push('');
  }
  const mounts = [{ type: 'image', name: 'other:1', source: used.id }];
  containers.all = () =>
    [{ id: 'c', record: { imageId: 'another', imageReference: 'another', mounts } }] as never;
  await backend.imagePrune(new Map([['dangling', ['false']]]));
  containers.all = all;
  assert.deepEqual(removed, [
    'other:1',
    'q:a',
    'q:z',
    '',
    'other:1',
    'q:a',
    'q:latest',
    '',
    'q:a',
    'q:latest',
    'q:z',
  ]);
  await backend.imagePrune(new Map());
  assert.equal(removed.length, 11);
});

test('an image that does not say when it was made is never old enough, and a prune has one moment', async t => {
  const { backend, graph } = await daemonWithImages(t);
  const { created: _never, ...config } = IMAGES[0]!.config;
  graph.list = async () => [{ ...IMAGES[0]!, config }];
  assert.equal((await backend.imageList({ filters: new Map() }))[0]?.Created, 0);
  assert.deepEqual(await backend.imageList({ filters: new Map([['until', ['1h']]]) }), []);
  await assert.rejects(backend.imagePrune(new Map([['until', ['1h', '2h']]])), {
    kind: 'invalid-parameter',
    message: 'more than one until filter specified',
  });
});

test('patterns beyond all measure are refused', async t => {
  const { backend } = await daemonWithImages(t);
  const filters = new Map([['reference', Array<string>(100).fill('a'.repeat(1000))]]);
  await assert.rejects(backend.imageList({ filters, all: false, sharedSize: false }), {
    kind: 'invalid-parameter',
    message: 'too many reference patterns',
  });
});

test('a tag takes the place of one in the name, however long that is', async t => {
  const { backend, graph } = await daemonWithImages(t);
  const tagged: string[] = [];
  graph.tag = async (...names: string[]) => void tagged.push(names.at(-1) ?? '');
  for (const repository of ['app', 'app:1', 'reg.io:5000/app', 'reg.io:5000/app:1'])
    await backend.imageTag('box', repository, '2');
  assert.deepEqual(tagged, ['app:2', 'app:2', 'reg.io:5000/app:2', 'reg.io:5000/app:2']);
  await assert.rejects(backend.imageTag('box', `${':'.repeat(1 << 20)}/x`, '2'), {
    kind: 'invalid-parameter',
  });
});
