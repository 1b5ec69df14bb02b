import { createHash } from 'node:crypto';
import type { Digest } from '../../base/digest.ts';
import { GrowthWriter } from '../growth.ts';
import { readArchive } from '../read-archive.ts';
import type { RewriteTimesJob } from './rooted-jobs.ts';
import type { TarEntry } from '../tar/tar-entry.ts';
import { TarReader } from '../tar/tar-reader.ts';
import { dataBytes, encodeTarEntry, TAR_END, tarPadding } from '../tar/tar-writer.ts';
import { descriptorSink } from '../trees/tree-packer.ts';

/**
 * Writes an archive anew, uncompressed, in which no time is later than `timeNs`. The same files with other times after
 * it give the same bytes. For a rooted thread, which names no path for this.
 */
export async function rewriteTimes({ archive, timeNs, output }: RewriteTimesJob): Promise<{
  digest: Digest;
  sizeBytes: number;
}> {
  const hash = createHash('sha256');
  const [sink, written] = [descriptorSink(output.fd), new GrowthWriter(output.growth)];
  let sizeBytes = 0;
  const put = (chunk: Buffer): void => {
    sink(chunk);
    hash.update(chunk);
    written.grow(chunk.length);
    sizeBytes += chunk.length;
  };
  let current: TarEntry | undefined;
  const reader = new TarReader({
    entry: entry => {
      current = entry.mtimeNs > timeNs ? { ...entry, mtimeNs: timeNs } : entry;
      put(encodeTarEntry(current));
    },
    data: put,
    end: () => {
      if (current?.type === 'file') put(tarPadding(dataBytes(current)));
    },
  });
  await readArchive(
    archive,
    chunk => reader.write(chunk),
    () => undefined,
  );
  put(TAR_END);
  return { digest: `sha256:${hash.digest('hex')}`, sizeBytes };
}
