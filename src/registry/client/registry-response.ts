import type { Readable } from 'node:stream';
import { RegistryError } from './registry-error.ts';

export type RegistryResponse = {
  status: number;
  /** Names in lower case; several of one name in one. */
  headers: Record<string, string>;
  /** Where it came from, after redirections: what a relative `Location` is relative to. */
  url: URL;
  /** To be read, or discarded with {@link discard}. */
  body: Readable;
};

/**
 * The whole body.
 * @throws RegistryError data-loss when there is more than that
 */
export async function readUpTo({ body, url }: RegistryResponse, maximumBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > maximumBytes)
      throw new RegistryError('data-loss', `the answer from ${url.host} has more than ${maximumBytes} bytes`);
  }
  return Buffer.concat(chunks);
}

/** Drops a body that is not needed. The connection is kept when little is left of the body. */
export async function discard({ body }: RegistryResponse): Promise<void> {
  if (body.destroyed || body.readableEnded) return;
  await (body as Readable & { dump(options: { limit: number }): Promise<void> })
    .dump({ limit: 64 * 1024 })
    .catch(() => undefined);
}
