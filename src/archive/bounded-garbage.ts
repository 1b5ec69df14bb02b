import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** How many bytes of buffers may be dropped before their memory is given back. */
const INTERVAL_BYTES = 4 * 1024 * 1024;

type Collect = (options: { type: 'minor' }) => void;
let collect: Collect | undefined;

/**
 * Passes a stream's chunks on, and has V8 give back those that are not referenced any more. By itself it would let tens
 * of megabytes of them pile up, as it sees little of the memory that they hold. A collection takes less than a
 * millisecond.
 */
export async function* boundedGarbage(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const chunk of source) {
    yield chunk;
    bytes += chunk.length;
    if (bytes < INTERVAL_BYTES) continue;
    bytes = 0;
    collectYoung();
  }
}

function collectYoung(): void {
  if (collect === undefined) {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as Collect;
  }
  collect({ type: 'minor' });
}
