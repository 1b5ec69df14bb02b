import assert from 'node:assert/strict';
import { test } from 'node:test';
import { layerProgress } from './layer-progress.ts';

test('a layer that is half there looks as from Docker', () => {
  assert.deepEqual(layerProgress('Loading layer', '0123456789ab', 2_134_500, 4_269_000), {
    status: 'Loading layer',
    id: '0123456789ab',
    progressDetail: { current: 2_134_500, total: 4_269_000 },
    progress: '[=========================>                         ]  2.135MB/4.269MB',
  });
});

test('a complete one, and one of no bytes, have a full bar', () => {
  const full = `[${'='.repeat(50)}>]`;
  assert.equal(layerProgress('x', 'y', 999, 999).progress, `${full}     999B/999B`);
  assert.equal(layerProgress('x', 'y', 0, 0).progress, `${full}       0B/0B`);
});
