import { Readable } from 'node:stream';
import { closeSync } from 'node:fs';
import { readDescriptor } from '../../archive/read-descriptor.ts';
import type { Build } from '../build.ts';
import type { Built } from '../build-image.ts';
import type { Credentials } from '../build-request.ts';
import type { StoredContent } from '../builder-parts.ts';
import { assembleCache } from '../caches/assemble-cache.ts';
import { importCache } from '../caches/import-cache.ts';
import { familiarString, parseReference, withDefaultTag } from '../../oci/reference.ts';
import type { ImportedCache } from '../solver/build-cache.ts';
import type { CacheExport, CacheImport, CacheOption } from './cache-options.ts';
import { cacheImportOf, cacheName } from './cache-options.ts';
import { readContent, writeContent } from './client-content.ts';
import type { Told } from './frontend-request.ts';
import type { Session } from './sessions.ts';

type Holder = Pick<Build, 'parts' | 'signal'> & { session: Session; credentials: Credentials; told: Told };

/** The caches that a client names. One that cannot be had is told of, and left out. */
export async function importedCaches(
  holder: Holder,
  options: readonly CacheOption[],
): Promise<ImportedCache[]> {
  const caches = await Promise.all(
    options.map(option =>
      holder
        .told(`importing cache manifest from ${cacheName(option)}`, async () =>
          importCache(await contentOf(holder, cacheImportOf(option)), holder.signal),
        )
        .catch(() => undefined),
    ),
  );
  holder.signal.throwIfAborted();
  return caches.filter(cache => cache !== undefined);
}

async function contentOf(holder: Holder, from: CacheImport): Promise<StoredContent> {
  const { parts, session, credentials, signal } = holder;
  if (from.kind === 'registry') return parts.remoteContent(from.reference, { credentials, signal });
  const read = (digest: string, own: AbortSignal): AsyncIterable<Buffer> =>
    Readable.from(readContent({ session, store: from.store, signal: own }, digest), { objectMode: false });
  const whole = async (digest: string) => Buffer.concat(await Array.fromAsync(read(digest, signal)));
  return {
    top: () => whole(from.digest),
    manifest: ({ digest }) => whole(digest),
    read: ({ digest }, own) => read(digest, own),
  };
}

const NAMES = {
  registry: 'exporting cache to registry',
  local: 'exporting cache to client directory',
};

type ExportHolder = Holder & Pick<Build, 'undo'>;

/** Gives a cache what builds have made. @returns what BuildKit answers */
export async function exportCache(
  holder: ExportHolder,
  builds: readonly Built[],
  target: Exclude<CacheExport, { kind: 'inline' }>,
): Promise<Record<string, string>> {
  const { told, parts, session, credentials, signal } = holder;
  return told(NAMES[target.kind], async (): Promise<Record<string, string>> => {
    const cache = await assembleCache(holder, builds, target.format);
    if (target.kind === 'registry') {
      const name = familiarString(withDefaultTag(parseReference(target.reference)));
      await parts.push(name, cache, { credentials, signal });
      return {};
    }
    const store = { session, store: target.store, signal };
    for (const blob of cache.blobs) {
      const fd = await blob.open();
      try {
        await writeContent(store, blob.descriptor, readDescriptor(fd));
      } finally {
        closeSync(fd);
      }
    }
    for (const { descriptor, raw } of cache.documents)
      await writeContent(store, descriptor, Readable.from([raw]));
    // The client writes it into the directory's index.
    return { 'cache.manifest': JSON.stringify(cache.top) };
  });
}
