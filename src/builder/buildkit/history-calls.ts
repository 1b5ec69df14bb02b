import { EngineError } from '../../base/errors.ts';
import type { BuildHistory, HistoryEvent } from './build-history.ts';
import { type Call, type Methods, oneRequest } from '../../buildkit/grpc.ts';
import * as wire from '../../buildkit/messages.ts';

const CONTROL = '/moby.buildkit.v1.Control';
const CONTENT = '/containerd.services.content.v1.Content';
const TYPES = { started: 0, complete: 1, deleted: 2 };
const MAX_CHUNK_BYTES = 1024 * 1024;
/** Events that a listener has not taken yet; one that is slower is left alone. */
const MAX_WAITING = 1000;

/** What `docker buildx history` asks, and what it reads of builds that are over. */
export function historyCalls(history: BuildHistory, closing: AbortSignal): Methods {
  return {
    [`${CONTROL}/ListenBuildHistory`]: call => listen(history, call, closing),
    [`${CONTROL}/UpdateBuildHistory`]: call => update(history, call),
    [`${CONTENT}/Info`]: async call => {
      const { digest } = wire.CONTENT_INFO_REQUEST.decode(await oneRequest(call));
      const size = contentOf(history, digest).length;
      await call.send(wire.CONTENT_INFO_RESPONSE.encode({ info: { digest, size } }));
    },
    [`${CONTENT}/Read`]: call => read(history, call),
  };
}

async function listen(history: BuildHistory, call: Call, closing: AbortSignal): Promise<void> {
  const request = wire.HISTORY_REQUEST.decode(await oneRequest(call));
  const { ref, activeOnly, earlyExit, limit } = request;
  const waiting: HistoryEvent[] = [];
  let wake = (): void => undefined;
  const signal = AbortSignal.any([call.signal, closing]);
  const stop = history.listen(event => {
    const isMeant = ref === '' || event.record.ref === ref;
    if (isMeant && !earlyExit && waiting.length < MAX_WAITING) waiting.push(event);
    wake();
  });
  const send = ({ type, record }: HistoryEvent): Promise<void> =>
    call.send(wire.HISTORY_EVENT.encode({ type: TYPES[type], record }));
  try {
    const known = history.events({ ref, activeOnly });
    for (const event of limit > 0 ? known.slice(0, limit) : known) await send(event);
    if (earlyExit) return;
    while (!signal.aborted) {
      const event = waiting.shift();
      if (event !== undefined) {
        await send(event);
        continue;
      }
      const { promise, resolve } = Promise.withResolvers<void>();
      wake = resolve;
      signal.addEventListener('abort', () => resolve(), { once: true });
      await promise;
    }
  } finally {
    stop();
  }
}

async function update(history: BuildHistory, call: Call): Promise<void> {
  const request = wire.UPDATE_HISTORY_REQUEST.decode(await oneRequest(call));
  const { ref, pinned, isDelete, finalize } = request;
  // There is nothing that would have to be finalized: a record is whole when it is there.
  const isThere = finalize || (isDelete ? history.remove(ref) : history.pin(ref, pinned));
  if (!isThere) throw new EngineError('not-found', `build ${ref} not found`);
  await call.send(wire.NOTHING.encode({}));
}

async function read(history: BuildHistory, call: Call): Promise<void> {
  const { digest, offset, size } = wire.READ_CONTENT_REQUEST.decode(await oneRequest(call));
  const data = contentOf(history, digest);
  const end = size > 0 ? Math.min(offset + size, data.length) : data.length;
  for (let at = offset; at < end; at += MAX_CHUNK_BYTES)
    await call.send(
      wire.READ_CONTENT_RESPONSE.encode({
        offset: at,
        data: data.subarray(at, Math.min(at + MAX_CHUNK_BYTES, end)),
      }),
    );
}

function contentOf(history: BuildHistory, digest: string): Uint8Array {
  const data = history.content(digest);
  if (data === undefined) throw new EngineError('not-found', `content ${digest}: not found`);
  return data;
}
