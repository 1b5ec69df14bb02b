import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import type { EngineClient, Query } from '../../client/engine-client.ts';
import type { OutputStream } from '../context.ts';
import { counted } from './byte-progress.ts';

/** POSTs an archive; shows how much has gone, on a terminal, until the daemon answers. */
export async function sendArchive(
  output: OutputStream,
  client: EngineClient,
  archive: Readable,
  { path, query }: { path: string; query: Query },
): Promise<IncomingMessage> {
  const upload = counted(archive, output, 'Sending');
  try {
    return await client.stream('POST', path, { query, upload });
  } finally {
    upload.stop();
  }
}
