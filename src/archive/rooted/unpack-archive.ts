import { createHash } from 'node:crypto';
import type { UnpackJob, UnpackResult } from './rooted-jobs.ts';
import { readArchive } from '../read-archive.ts';
import { TarReader } from '../tar/tar-reader.ts';
import { TreeUnpacker } from '../trees/tree-unpacker.ts';
import type { Digest } from '../../base/digest.ts';

/**
 * Does an {@link UnpackJob} in a thread that has entered its root already, of which `root` is a descriptor. `progress` gets the number of bytes
 * of the (compressed) archive that have been read so far, about once a megabyte.
 * @throws EngineError invalid-parameter for a bad archive, system when the file system refuses
 */
export async function unpackArchive(
  root: number,
  job: UnpackJob,
  progress: (bytes: number) => void,
): Promise<UnpackResult> {
  const unpacker = new TreeUnpacker(root, job);
  const reader = new TarReader(unpacker);
  const hash = (job.hashes ?? true) ? createHash('sha256') : undefined;
  const take = (chunk: Buffer) => {
    hash?.update(chunk);
    reader.write(chunk);
  };
  try {
    await readArchive(job, take, progress);
    reader.finish();
    unpacker.finish();
  } finally {
    unpacker.close();
  }
  const { sizeBytes, entryCount } = unpacker;
  const diffId: Digest | undefined = hash && `sha256:${hash.digest('hex')}`;
  return { diffId, sizeBytes, entryCount };
}
