import { close } from 'node:fs';
import { promisify } from 'node:util';
import { readRange } from '../../../archive/read-descriptor.ts';
import type { Digest } from '../../../base/digest.ts';
import type { Descriptor } from '../../../oci/image-spec.ts';
import type { Repository } from '../../../registry/client/repository.ts';
import { uploadBlob } from '../../../registry/client/upload-blob.ts';
import type { DistributionDaemon } from './distribution.ts';
import type { UploadState } from './progress.ts';
import type { TransferWaiter } from './shared-transfers.ts';

const closeFile = promisify(close);

type PushedBlob = {
  descriptor: Descriptor;
  /** Repositories of the same registry that may have it. */
  mountFrom: readonly string[];
  waiter: TransferWaiter<UploadState>;
};

/** Uploads a blob unless the repository has it; waits for the upload where another push is at it. */
export async function pushBlob(
  daemon: DistributionDaemon,
  repository: Repository,
  { descriptor, mountFrom, waiter }: PushedBlob,
): Promise<void> {
  const { sentBlobs, uploads } = daemon.distribution;
  const key = `${repository.name}@${descriptor.digest}`;
  const result = await sentBlobs.join(key, waiter, async (signal, onState) => {
    const session = repository.session.fork(signal);
    try {
      if (uploads.isFull) onState({ kind: 'waiting' });
      await uploads.run(signal, () =>
        sendBlob(daemon, repository.within(session), { descriptor, mountFrom, onState }),
      );
      return true;
    } finally {
      await session.close();
    }
  });
  await result.release();
}

async function sendBlob(
  { graph }: DistributionDaemon,
  repository: Repository,
  { descriptor, mountFrom, onState }: Omit<PushedBlob, 'waiter'> & { onState: (state: UploadState) => void },
): Promise<void> {
  if (await repository.hasBlob(descriptor)) return onState({ kind: 'exists' });
  const digest = descriptor.digest as Digest;
  const fd = await graph.content.open(digest);
  try {
    const { mountedFrom } = await uploadBlob(repository, {
      source: { digest, size: descriptor.size, read: (start, end) => readRange(fd, start, end) },
      mountFrom,
      onProgress: bytes => onState({ kind: 'pushing', bytes }),
      onRetry: async (waitMs, reason) => onState({ kind: 'retrying', waitMs, reason }),
    });
    onState(mountedFrom === undefined ? { kind: 'pushed' } : { kind: 'mounted', from: mountedFrom });
  } finally {
    await closeFile(fd);
  }
}
