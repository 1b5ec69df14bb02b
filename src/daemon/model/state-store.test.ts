import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StateStore } from './state-store.ts';

test('of the layers that were compressed for a push the last few thousand are known', () => {
  const store = new StateStore(':memory:');
  const descriptor = (size: number) => ({ mediaType: 'x', digest: `sha256:${size}`, size });
  for (let index = 0; index < 4200; index++) store.saveCompressedLayer(`layer${index}`, descriptor(index));
  assert.deepEqual(store.compressedLayer('layer4199'), descriptor(4199));
  assert.deepEqual(store.compressedLayer('layer104'), descriptor(104));
  assert.equal(store.compressedLayer('layer103'), undefined);
  store.saveCompressedLayer('layer104', descriptor(5));
  assert.deepEqual(store.compressedLayer('layer104'), descriptor(5));
  store.close();
});
