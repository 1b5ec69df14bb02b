import { EngineError } from '../../base/errors.ts';
import type { Descriptor } from '../../oci/image-spec.ts';
import {
  READ_CONTENT_REQUEST,
  READ_CONTENT_RESPONSE,
  WRITE_CONTENT_REQUEST,
} from '../../buildkit/messages.ts';
import type { Session } from './sessions.ts';

/** containerd's content service, which a client has for directories of its own: image layouts, and local caches. */
const SERVICE = '/containerd.services.content.v1.Content';
const STORE = 'buildkit-attachable-store-id';
const [WRITE, COMMIT] = [1, 2];
const MAX_CHUNK_BYTES = 1024 * 1024;

export type ClientStore = { session: Session; store: string; signal: AbortSignal };

/** Not verified. @throws EngineError as the client says */
export async function* readContent(
  { session, store, signal }: ClientStore,
  digest: string,
): AsyncGenerator<Uint8Array> {
  signal.throwIfAborted();
  const call = session.client.call(`${SERVICE}/Read`, { [STORE]: store });
  const cancel = () => call.cancel();
  signal.addEventListener('abort', cancel, { once: true });
  try {
    await call.send(READ_CONTENT_REQUEST.encode({ digest }));
    call.end();
    for await (const response of call.responses) yield READ_CONTENT_RESPONSE.decode(response).data;
  } finally {
    signal.removeEventListener('abort', cancel);
    call.cancel();
  }
}

/** What the client has already it keeps. @throws EngineError as the client says */
export async function writeContent(
  { session, store, signal }: ClientStore,
  { digest, size }: Descriptor,
  chunks: AsyncIterable<Uint8Array>,
): Promise<void> {
  signal.throwIfAborted();
  const call = session.client.call(`${SERVICE}/Write`, { [STORE]: store });
  const cancel = () => call.cancel();
  signal.addEventListener('abort', cancel, { once: true });
  const target = { ref: digest, total: size, expected: digest };
  const answered = (async () => {
    for await (const _ of call.responses);
  })();
  // What the client refuses ends the sending, too.
  answered.catch(() => undefined);
  try {
    let offset = 0;
    for await (const chunk of chunks)
      for (let at = 0; at < chunk.length; at += MAX_CHUNK_BYTES) {
        const data = chunk.subarray(at, at + MAX_CHUNK_BYTES);
        await call.send(WRITE_CONTENT_REQUEST.encode({ ...target, action: WRITE, offset, data }));
        offset += data.length;
      }
    await call.send(WRITE_CONTENT_REQUEST.encode({ ...target, action: COMMIT, offset }));
    call.end();
  } catch (error) {
    // What the client has said tells more.
    await refused(answered);
    throw error;
  } finally {
    signal.removeEventListener('abort', cancel);
  }
  await refused(answered);
}

async function refused(answered: Promise<void>): Promise<void> {
  try {
    await answered;
  } catch (error) {
    if (!(error instanceof EngineError) || error.kind !== 'conflict') throw error;
  }
}
