import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeImageConfig, readImageConfig } from './decode-image-config.ts';

const LAYER = `sha256:${'1'.repeat(64)}`;
const GOOD = {
  architecture: 'arm64',
  os: 'linux',
  created: '2024-01-01T00:00:00.123456789Z',
  config: { Cmd: ['sh'], Env: ['A=b'], Labels: { toString: 'x' }, Healthcheck: { Interval: 5 } },
  rootfs: { type: 'layers', diff_ids: [LAYER] },
  history: [{ created: '2024-01-01T00:00:00Z', created_by: 'x' }, { empty_layer: true }],
};

const encode = (image: unknown) => Buffer.from(JSON.stringify(image));

test('an image configuration is decoded unchanged, with keys in any case, and null is absent', async () => {
  assert.deepEqual(await decodeImageConfig(encode(GOOD)), GOOD);
  const { rootfs, ...rest } = GOOD;
  assert.deepEqual(await decodeImageConfig(encode({ ...rest, RootFS: rootfs, container: null })), GOOD);
  const history = [null, { empty_layer: true }];
  assert.deepEqual((await decodeImageConfig(encode({ ...GOOD, history }))).history, [
    {},
    { empty_layer: true },
  ]);
});

test('a system that is not named is Linux, and a command may be a string', async () => {
  const { os, config } = await decodeImageConfig(encode({ rootfs: {}, config: { Cmd: 'sh' } }));
  assert.deepEqual([os, config], ['linux', { Cmd: ['sh'] }]);
});

const REFUSED: [string, object, RegExp][] = [
  ['a command of numbers', { config: { Cmd: [1] } }, /cannot unmarshal number .*Image.config.Cmd.0 of type/],
  ['a command that is an object', { config: { Cmd: {} } }, /cannot unmarshal object .*Image.config.Cmd /],
  ['a label that is a number', { config: { Labels: { a: 1 } } }, /Image.config.Labels.a of type string/],
  ['a configuration that is a list', { config: [] }, /Image.config of type container.Config/],
  ['a timeout that is text', { config: { StopTimeout: 'x' } }, /Image.config.StopTimeout of type int/],
  ['a day that is none', { created: 'yesterday' }, /parsing time "yesterday" as/],
  ['a year of five digits', { created: '99999-01-01T00:00:00Z' }, /parsing time "99999-01-01T00:00:00Z" as/],
  [
    'a moment that is a number',
    { created: 5 },
    /number into Go struct field Image.created of type time.Time/,
  ],
  ['a step at a bad moment', { history: [{ created: 'x' }] }, /parsing time "x" as/],
  ['a step that is a number', { history: [5] }, /number .*Image.history.0 of type v1.History/],
  ['more steps than layers', { history: [{}, {}] }, /too many non-empty layers in History section/],
  ['an architecture that is a number', { architecture: 7 }, /Image.architecture of type string/],
  ['no root file system', { rootfs: null }, /no RootFS key/],
  ['a root file system that is a number', { rootfs: 5 }, /Image.rootfs of type image.RootFS/],
  ['a layer that is no digest', { rootfs: { diff_ids: ['../../x'] } }, /invalid diffID "..\/..\/x"/],
  ['a layer that is a number', { rootfs: { diff_ids: [7] } }, /Image.rootfs.diff_ids.0 of type layer.DiffID/],
  ['a thousand layers', { rootfs: { diff_ids: Array(1000).fill(LAYER) } }, /max depth exceeded/],
  ['a million steps', { history: Array(1_000_000).fill(null) }, /more than 70000 values/],
];

for (const [what, change, message] of REFUSED) {
  test(`${what} is refused in Docker's words`, async () => {
    await assert.rejects(decodeImageConfig(encode({ ...GOOD, ...change })), {
      kind: 'invalid-parameter',
      message,
    });
  });
}

for (const raw of ['', 'x', '[]', '5', 'null', '"x"'])
  test(`${JSON.stringify(raw)} is no image, and yet one that is here`, async () => {
    await assert.rejects(decodeImageConfig(Buffer.from(raw)), { kind: 'invalid-parameter' });
    const { config, rootfs } = readImageConfig(Buffer.from(raw));
    assert.deepEqual([config, rootfs], [undefined, { type: 'layers', diff_ids: [] }]);
  });

test('of an image that an earlier version has let in, what can be used is', async () => {
  const image = readImageConfig(
    encode({
      ...GOOD,
      created: '99999-01-01T00:00:00Z',
      author: 5,
      history: [{ created: 'x', created_by: 'y' }],
      config: { Cmd: [1], Env: ['A=b'], Labels: 5, Healthcheck: { Interval: 1.5 } },
    }),
  );
  assert.equal(image.created, undefined);
  assert.equal(image.author, undefined);
  assert.deepEqual(image.rootfs, GOOD.rootfs);
  assert.deepEqual(image.history, [{ created: undefined, created_by: 'y' }]);
  assert.deepEqual(JSON.parse(JSON.stringify(image.config)), { Env: ['A=b'] });
});
