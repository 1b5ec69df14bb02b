import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeCacheConfig, decodeInlineCache } from './cache-config.ts';

const digest = (letter: string) => `sha256:${letter.repeat(64)}` as const;
const createdAt = '2026-01-02T03:04:05Z';

test("a cache's configuration is read as BuildKit writes it, where zeros are left out", () => {
  const layers = [
    { blob: digest('a'), parent: -1, annotations: { mediaType: 'x', diffID: digest('b'), size: 1 } },
    { blob: digest('c') },
  ];
  const inputs = [[{ selector: 'sha256:x', link: 1 }], [{ link: 0 }]];
  const records = [
    { digest: digest('d'), layers: [{ layer: 1, createdAt }], inputs, chains: [] },
    { digest: digest('e') },
  ];
  assert.deepEqual(decodeCacheConfig(Buffer.from(JSON.stringify({ layers, records }))), {
    layers: [
      { blob: digest('a'), diffId: digest('b') },
      { blob: digest('c'), diffId: undefined },
    ],
    records: [{ key: digest('d'), layer: 1, createdAt }],
    elsewhere: [],
  });
});

test('an image carries a list of records, some of layers that it has not got', () => {
  const records = [
    { digest: digest('d'), layers: [{ createdAt }] },
    { digest: digest('e'), elsewhere: { diffID: digest('f'), createdAt } },
  ];
  assert.deepEqual(decodeInlineCache(Buffer.from(JSON.stringify(records))), {
    records: [{ key: digest('d'), layer: 0, createdAt }],
    elsewhere: [{ key: digest('e'), diffId: digest('f'), createdAt }],
  });
});

test('what is no configuration is refused', () => {
  assert.throws(() => decodeCacheConfig(Buffer.from('[]')), { kind: 'invalid-parameter' });
  assert.throws(() => decodeInlineCache(Buffer.from('{}')), { kind: 'invalid-parameter' });
});
