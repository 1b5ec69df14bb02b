import { PassThrough } from 'node:stream';
import { writeAll } from '../../api/frames.ts';
import type { AuthConfig } from '../../api/types.ts';
import type { Descriptor } from '../../oci/image-spec.ts';
import { parseReference, withDefaultTag } from '../../oci/reference.ts';
import { downloadBlob } from '../../registry/client/download-blob.ts';
import { Repository } from '../../registry/client/repository.ts';
import type { Session } from '../../registry/client/session.ts';
import type { Daemon } from '../container/daemon.ts';
import { withSession } from '../image/distribution/registry-session.ts';

export type RemoteContent = {
  /** The manifest of the name. @throws RegistryError not-found, data-loss */
  top(): Promise<Buffer>;
  /** A manifest that another one names. */
  manifest(descriptor: Descriptor): Promise<Buffer>;
  /** The bytes of a blob, not verified. */
  read(descriptor: Descriptor, signal: AbortSignal): AsyncIterable<Buffer>;
};

type Access = {
  credentials: (registry: string, signal: AbortSignal) => Promise<AuthConfig>;
  signal: AbortSignal;
};

/** What a registry has under a name. Asked for when it is needed. @throws EngineError invalid-parameter for what is no name */
export async function remoteContent(
  daemon: Daemon,
  name: string,
  { credentials, signal }: Access,
): Promise<RemoteContent> {
  const reference = withDefaultTag(parseReference(name));
  const auth = await credentials(reference.domain, signal);
  const within = <T>(own: AbortSignal, task: (repository: Repository, session: Session) => Promise<T>) =>
    withSession(daemon, { auth, signal: own }, async session =>
      task(await Repository.open(session, reference, ['pull']), session),
    );
  return {
    top: () => within(signal, async repository => (await repository.manifest(reference)).raw),
    manifest: descriptor =>
      within(signal, async repository => (await repository.childManifest(descriptor)).raw),
    read: (descriptor, own) =>
      piped(own, (pipe, ending) =>
        within(ending, repository => downloadBlob(repository, descriptor, sinkOf(pipe))),
      ),
  };
}

/** What `task` writes; it is ended when its reader has gone. */
async function* piped(
  signal: AbortSignal,
  task: (pipe: PassThrough, signal: AbortSignal) => Promise<void>,
): AsyncGenerator<Buffer> {
  const pipe = new PassThrough();
  const over = new AbortController();
  const written = task(pipe, AbortSignal.any([signal, over.signal])).then(
    () => void pipe.end(),
    (error: Error) => void pipe.destroy(error),
  );
  try {
    yield* pipe.iterator() as AsyncIterable<Buffer>;
  } finally {
    over.abort();
    pipe.destroy();
    await written;
  }
}

function sinkOf(pipe: PassThrough) {
  return {
    receivedBytes: 0,
    async write(chunk: Uint8Array): Promise<void> {
      await writeAll(pipe, Buffer.from(chunk));
      this.receivedBytes += chunk.length;
    },
  };
}
