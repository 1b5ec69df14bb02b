import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digestOf } from '../../base/digest.ts';
import { OCI_MANIFEST } from '../../oci/image-spec.ts';
import type { StoredContent } from '../builder-parts.ts';
import { CACHE_CONFIG } from './cache-config.ts';
import { importCache } from './import-cache.ts';

const KEY = digestOf(Buffer.from('key'));
const DIFF_ID = digestOf(Buffer.from('layer'));

function stored(createdAt: string): StoredContent {
  const cache = { layers: [], records: [{ digest: KEY, elsewhere: { diffID: DIFF_ID, createdAt } }] };
  const raw = Buffer.from(JSON.stringify(cache));
  const config = { mediaType: CACHE_CONFIG, digest: digestOf(raw), size: raw.length };
  const manifest = { schemaVersion: 2, mediaType: OCI_MANIFEST, config, layers: [] };
  return {
    top: async () => Buffer.from(JSON.stringify(manifest)),
    manifest: () => assert.fail(),
    async *read() {
      yield raw;
    },
  };
}

test('when a layer was made is a moment that engines can read, whatever a cache says', async () => {
  const { signal } = new AbortController();
  const madeAt = async (text: string) => (await importCache(stored(text), signal)).get(KEY)?.[0]?.createdAt;
  assert.equal(await madeAt('2026-01-02T03:04:05.678901234+01:00'), '2026-01-02T03:04:05.678901234+01:00');
  for (const text of ['', '1', '99999', 'yesterday', '2026-01-02', 'Fri, 02 Jan 2026 03:04:05 GMT'])
    assert.equal(await madeAt(text), '1970-01-01T00:00:00.000Z', text);
});
