import { type FileHandle, open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { DistributionError } from '../distribution-error.ts';
import type { LayoutBlob } from '../layout/layout-images.ts';
import type { RebuiltBlob } from '../layout/rebuilt-blobs.ts';
import { read, remove, type RegistryExchange, type RegistryRoute } from '../registry-exchange.ts';
import type { RegistryParts } from '../registry-parts.ts';
import { sendStatus } from '../respond.ts';
import type { ArrivingBlob } from '../storage/arriving-blob.ts';
import { type ContentDigest, parseContentDigest } from '../storage/content-digest.ts';
import type { BlobRecord } from '../storage/records.ts';
import { byteRange, type ByteRange } from './byte-range.ts';
import { isUnchanged, sendUnchanged } from './pages.ts';
import { sendFilePart } from './send-file-part.ts';

const PATH = '/v2/:name/blobs/:digest';

export function blobRoutes(parts: RegistryParts): RegistryRoute[] {
  return [
    ...read(PATH, exchange => getBlob(parts, exchange)),
    remove(PATH, exchange => deleteBlob(parts, exchange)),
  ];
}

async function getBlob(parts: RegistryParts, exchange: RegistryExchange): Promise<void> {
  const { repository, request, response } = exchange;
  parts.guard.require(exchange.identity, 'pull', repository);
  const digest = parseContentDigest(exchange.param('digest'));
  const isHead = request.method === 'HEAD';
  const found =
    (isHead && (await describeCached(parts, repository, digest))) ||
    (await findBlob(parts, repository, digest));
  if (found === undefined) throw unknownBlob(digest);
  const etag = `"${digest}"`;
  if (isUnchanged(request.headers['if-none-match'], etag)) return sendUnchanged(response, etag);
  const { sizeBytes } = found;
  const range = byteRange(request.headers, { sizeBytes, etag });
  const { start, end } = range ?? { start: 0, end: sizeBytes };
  const head = blobHead({ digest, etag, sizeBytes, range });
  const status = range === undefined ? 200 : 206;
  if (isHead) return void response.writeHead(status, head).end();
  if ('read' in found) return pipeline(found.read(start, end), response.writeHead(status, head));
  // Before the head goes out: a blob that cannot be sent has an answer of its own.
  const file = await openBlob(parts, found);
  try {
    response.writeHead(status, head);
    await sendFilePart(exchange, file, { start, end });
  } finally {
    await file.close();
  }
}

function blobHead(blob: {
  digest: ContentDigest;
  etag: string;
  sizeBytes: number;
  range: ByteRange | undefined;
}): Record<string, string | number> {
  const { digest, etag, sizeBytes, range } = blob;
  return {
    'Content-Type': 'application/octet-stream',
    'Content-Length': range === undefined ? sizeBytes : range.end - range.start,
    ...(range && { 'Content-Range': `bytes ${range.start}-${range.end - 1}/${sizeBytes}` }),
    'Docker-Content-Digest': digest,
    ETag: etag,
    'Accept-Ranges': 'bytes',
    // It is its name.
    'Cache-Control': 'max-age=31536000, immutable',
  };
}

/** A blob that is here, on its way here from an upstream, in a file elsewhere, or to be made again. */
type FoundBlob = BlobRecord | ArrivingBlob | LayoutBlob | RebuiltBlob;

async function findBlob(
  { store, cache, images }: RegistryParts,
  repository: string,
  digest: ContentDigest,
): Promise<FoundBlob | undefined> {
  const here = store.blobFor(repository, digest);
  if (here !== undefined || !cache.isCached(repository)) {
    if (here !== undefined) cache.use(digest);
    return here ?? images?.blob(repository, digest);
  }
  return (await cache.blob(repository, digest)) ?? store.blobFor(repository, digest);
}

/** Who only asks whether a blob of an upstream is there has it not fetched. */
async function describeCached(
  { store, cache }: RegistryParts,
  repository: string,
  digest: ContentDigest,
): Promise<BlobRecord | undefined> {
  const isElsewhere = cache.isCached(repository) && store.blobFor(repository, digest) === undefined;
  const sizeBytes = isElsewhere ? await cache.blobSize(repository, digest) : undefined;
  return sizeBytes === undefined ? undefined : { digest, sizeBytes };
}

function openBlob({ store }: RegistryParts, blob: BlobRecord | LayoutBlob): Promise<FileHandle> {
  return 'path' in blob ? open(blob.path, 'r') : store.files.open(blob.digest, blob.sizeBytes);
}

async function deleteBlob(parts: RegistryParts, exchange: RegistryExchange): Promise<void> {
  const { repository } = exchange;
  parts.guard.require(exchange.identity, 'delete', repository);
  const digest = parseContentDigest(exchange.param('digest'));
  if (!(await parts.store.unlinkBlob(repository, digest))) throw unknownBlob(digest);
  parts.notify({ action: 'delete', repository, digest, actor: exchange.identity.name });
  sendStatus(exchange.response, 202);
}

function unknownBlob(digest: ContentDigest): DistributionError {
  return new DistributionError('BLOB_UNKNOWN', 'blob unknown to registry', { detail: { digest } });
}
