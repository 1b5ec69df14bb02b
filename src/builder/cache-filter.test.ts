import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BuildCacheEntry } from '../api/classic-build.ts';
import { cacheFilter } from './cache-filter.ts';

const entry = (ID: string, more: Partial<BuildCacheEntry> = {}) =>
  ({
    ID,
    Type: 'regular',
    Description: `RUN ${ID}`,
    InUse: false,
    Shared: false,
    ...more,
  }) as BuildCacheEntry;
const ENTRIES = [entry('abc'), entry('abd', { Shared: true }), entry('xyz', { InUse: true })];

const meant = async (...filters: string[]) => ENTRIES.filter(await cacheFilter(filters)).map(({ ID }) => ID);

test('filters of the cache are BuildKit’s: any of them, with all of their conditions', async () => {
  assert.deepEqual(await meant(), ['abc', 'abd', 'xyz']);
  // What buildx sends when it is given none.
  assert.deepEqual(await meant(''), ['abc', 'abd', 'xyz']);
  assert.deepEqual(await meant('id==abc'), ['abc']);
  assert.deepEqual(await meant('id!=abc'), ['abd', 'xyz']);
  assert.deepEqual(await meant('id~=^ab'), ['abc', 'abd']);
  assert.deepEqual(await meant('id~=^ab,shared'), ['abd']);
  assert.deepEqual(await meant('inuse', 'description==RUN abc'), ['abc', 'xyz']);
  assert.deepEqual(await meant('private,immutable'), ['abc', 'xyz']);
  assert.deepEqual(await meant('type==exec.cachemount'), []);
});

test('a field that there is not means nothing, and what cannot be read is refused', async () => {
  assert.deepEqual(await meant('bad==1'), []);
  assert.deepEqual(await meant('constructor'), []);
  await assert.rejects(cacheFilter(['==1']), { kind: 'invalid-parameter' });
  await assert.rejects(cacheFilter(['id~=(']), { kind: 'invalid-parameter' });
});
