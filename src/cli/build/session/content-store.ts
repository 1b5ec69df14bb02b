import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { EngineError } from '../../../base/errors.ts';
import type { Call, Methods } from '../../../buildkit/grpc.ts';
import { oneRequest } from '../../../buildkit/grpc.ts';
import {
  CONTENT_INFO_REQUEST,
  CONTENT_INFO_RESPONSE,
  READ_CONTENT_REQUEST,
  READ_CONTENT_RESPONSE,
  WRITE_CONTENT_REQUEST,
  WRITE_CONTENT_RESPONSE,
} from '../../../buildkit/messages.ts';

const SERVICE = '/containerd.services.content.v1.Content';
const STORE = 'buildkit-attachable-store-id';
const [WRITE, COMMIT] = [1, 2];
const CHUNK_BYTES = 1024 * 1024;
const DIGEST = /^sha256:[0-9a-f]{64}$/;

/** Serves directories with content by its digests (image layouts), by the names that the daemon is told of. */
export function contentMethods(stores: ReadonlyMap<string, string>): Methods {
  const directoryOf = ({ headers }: Call): string => {
    const name = String(headers[STORE] ?? '');
    const directory = stores.get(name);
    if (directory === undefined) throw new EngineError('not-found', `there is no content store ${name}`);
    return directory;
  };
  return {
    [`${SERVICE}/Info`]: async call => {
      const { digest } = CONTENT_INFO_REQUEST.decode(await oneRequest(call));
      const { size } = fs.statSync(existing(directoryOf(call), digest));
      await call.send(CONTENT_INFO_RESPONSE.encode({ info: { digest, size } }));
    },
    [`${SERVICE}/Read`]: call => read(call, directoryOf(call)),
    [`${SERVICE}/Write`]: call => write(call, directoryOf(call)),
  };
}

async function read(call: Call, directory: string): Promise<void> {
  const { digest, offset, size } = READ_CONTENT_REQUEST.decode(await oneRequest(call));
  const fd = fs.openSync(existing(directory, digest), 'r');
  try {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    const end = size > 0 ? offset + size : Number.MAX_SAFE_INTEGER;
    for (let at = offset; at < end; ) {
      const length = fs.readSync(fd, chunk, 0, Math.min(CHUNK_BYTES, end - at), at);
      if (length === 0) return;
      await call.send(READ_CONTENT_RESPONSE.encode({ offset: at, data: chunk.subarray(0, length) }));
      at += length;
    }
  } finally {
    fs.closeSync(fd);
  }
}

/** Content appears in the directory when it is complete, and has its digest. */
async function write(call: Call, directory: string): Promise<void> {
  let file: Arriving | undefined;
  try {
    for await (const message of call.requests) {
      const { action, expected, offset, data } = WRITE_CONTENT_REQUEST.decode(message);
      file ??= new Arriving(directory, expected);
      if (action === WRITE || action === COMMIT) file.write(offset, data);
      if (action === COMMIT) file.commit(expected);
      await call.send(WRITE_CONTENT_RESPONSE.encode({ action, offset: file.length, digest: expected }));
      if (action === COMMIT) return;
    }
  } finally {
    file?.discard();
  }
}

class Arriving {
  readonly #directory: string;
  readonly #temporary: string;
  readonly #fd: number;
  readonly #hash = createHash('sha256');
  length = 0;

  /** @throws EngineError conflict for content that is here */
  constructor(directory: string, digest: string) {
    if (digest !== '' && fs.existsSync(blobPath(directory, digest)))
      throw new EngineError('conflict', `content ${digest}: already exists`);
    this.#directory = directory;
    fs.mkdirSync(join(directory, 'blobs/sha256'), { recursive: true });
    this.#temporary = fs.mkdtempSync(join(directory, 'ingest-'));
    this.#fd = fs.openSync(join(this.#temporary, 'data'), 'wx', 0o644);
  }

  write(offset: number, data: Uint8Array): void {
    if (data.length > 0 && offset !== this.length)
      throw new EngineError('invalid-parameter', `content is written at ${offset}, but has ${this.length}`);
    this.#hash.update(data);
    for (let done = 0; done < data.length; ) done += fs.writeSync(this.#fd, data, done);
    this.length += data.length;
  }

  commit(expected: string): void {
    const digest = `sha256:${this.#hash.digest('hex')}`;
    if (expected !== '' && digest !== expected)
      throw new EngineError('invalid-parameter', `content has the digest ${digest}, not ${expected}`);
    fs.renameSync(join(this.#temporary, 'data'), blobPath(this.#directory, digest));
  }

  discard(): void {
    fs.closeSync(this.#fd);
    fs.rmSync(this.#temporary, { recursive: true });
  }
}

function existing(directory: string, digest: string): string {
  const path = blobPath(directory, digest);
  if (fs.existsSync(path)) return path;
  throw new EngineError('not-found', `content ${digest}: not found`);
}

function blobPath(directory: string, digest: string): string {
  if (!DIGEST.test(digest)) throw new EngineError('invalid-parameter', `invalid digest ${digest}`);
  return join(directory, 'blobs', digest.replace(':', '/'));
}
