import { closeSync } from 'node:fs';
import type { AuthConfig } from '../../api/types.ts';
import { readRange } from '../../archive/read-descriptor.ts';
import type { ImageBlob, PushedImage } from '../../oci/pushed-image.ts';
import { parseReference } from '../../oci/reference.ts';
import { Repository } from '../../registry/client/repository.ts';
import { uploadBlob } from '../../registry/client/upload-blob.ts';
import type { Daemon } from '../container/daemon.ts';
import { withSession } from '../image/distribution/registry-session.ts';

type PushBuilt = {
  credentials: (registry: string, signal: AbortSignal) => Promise<AuthConfig>;
  signal: AbortSignal;
};

/** Brings what a build has made to a registry. A name without a tag gets none. @throws as `docker push` does */
export async function pushBuilt(
  daemon: Daemon,
  name: string,
  { blobs, documents }: PushedImage,
  { credentials, signal }: PushBuilt,
): Promise<void> {
  const reference = parseReference(name);
  const auth = await credentials(reference.domain, signal);
  await withSession(daemon, { auth, signal }, async session => {
    const repository = await Repository.open(session, reference, ['push']);
    for (const blob of blobs) await daemon.distribution.uploads.run(signal, () => pushBlob(repository, blob));
    for (const { descriptor, raw } of documents) {
      const isLast = descriptor === documents.at(-1)?.descriptor;
      const tag = isLast ? reference.tag : undefined;
      await repository.putManifest(tag ?? descriptor.digest, raw, descriptor.mediaType);
    }
  });
}

async function pushBlob(repository: Repository, blob: ImageBlob): Promise<void> {
  const { descriptor } = blob;
  if (await repository.hasBlob(descriptor)) return;
  const fd = await blob.open();
  try {
    await uploadBlob(repository, {
      source: {
        digest: descriptor.digest,
        size: descriptor.size,
        read: (start, end) => readRange(fd, start, end),
      },
      mountFrom: [],
      onProgress: () => undefined,
      onRetry: async () => undefined,
    });
  } finally {
    closeSync(fd);
  }
}
