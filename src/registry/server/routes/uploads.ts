import { DistributionError } from '../distribution-error.ts';
import { pacedBody } from '../read-body.ts';
import {
  patch,
  post,
  put,
  read,
  remove,
  type RegistryExchange,
  type RegistryRoute,
} from '../registry-exchange.ts';
import type { RegistryParts } from '../registry-parts.ts';
import { checkRepositoryName } from '../repository-name.ts';
import { sendStatus } from '../respond.ts';
import { type ContentDigest, parseContentDigest } from '../storage/content-digest.ts';
import type { Upload } from '../storage/upload.ts';
import { adoptBlob } from './adopt-content.ts';
import { locationOf } from './locations.ts';

const PATH = '/v2/:name/blobs/uploads/:id';
/** How many repositories with a blob are searched for one that the client may pull from. */
const MAXIMUM_SOURCES = 100;

export function uploadRoutes(parts: RegistryParts): RegistryRoute[] {
  return [
    post('/v2/:name/blobs/uploads/', exchange => startUpload(parts, exchange)),
    ...read(PATH, async exchange => sendProgress(parts, exchange, await findUpload(parts, exchange), 204)),
    patch(PATH, exchange => continueUpload(parts, exchange)),
    put(PATH, exchange => finishUpload(parts, exchange)),
    remove(PATH, exchange => cancelUpload(parts, exchange)),
  ];
}

async function startUpload(parts: RegistryParts, exchange: RegistryExchange): Promise<void> {
  const { repository, query, request, identity } = exchange;
  parts.guard.require(identity, 'push', repository);
  parts.cache.refusePush(repository);
  const mount = query.get('mount');
  if (mount !== null && (await mountBlob(parts, exchange, parseContentDigest(mount)))) return;
  const written = query.get('digest');
  const digest = written === null ? undefined : parseContentDigest(written);
  const upload = await parts.store.uploads.start({ repository, owner: identity.name });
  // A POST with a digest has all of the blob; without a body it only begins an upload.
  if (digest === undefined || !hasBody(request)) return sendProgress(parts, exchange, upload, 202);
  try {
    await upload.append(pacedBody(request), { giveUp: () => request.destroy() });
    await finish(parts, upload, digest);
  } catch (error) {
    // Nobody was told of its id.
    await parts.store.uploads.end(upload);
    throw error;
  }
  sendCreated(parts, exchange, digest);
}

function hasBody({ headers }: RegistryExchange['request']): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

/** From the repository that is named, or from any that this client may pull from. @returns whether it was answered */
async function mountBlob(
  parts: RegistryParts,
  exchange: RegistryExchange,
  digest: ContentDigest,
): Promise<boolean> {
  const { repository, query, identity } = exchange;
  const from = query.get('from');
  const sources =
    from === null || from === ''
      ? parts.store.records.repositoriesWith(digest, MAXIMUM_SOURCES)
      : [checkRepositoryName(from)];
  const source = sources.find(
    name => parts.guard.allows(identity, 'pull', name) && parts.store.blobFor(name, digest) !== undefined,
  );
  const isMounted =
    source === undefined
      ? from !== null && (await takeBlob(parts, exchange, { from, digest }))
      : await parts.store.mountBlob(repository, digest);
  if (isMounted) sendCreated(parts, exchange, digest);
  return isMounted;
}

/** From an image of the engine's, whose file it stays. @returns whether it could be */
async function takeBlob(
  { store, shared, images, guard }: RegistryParts,
  { repository, identity }: RegistryExchange,
  { from, digest }: { from: string; digest: ContentDigest },
): Promise<boolean> {
  if (!guard.allows(identity, 'pull', from) || store.records.repositoryId(from) !== undefined) return false;
  return adoptBlob({ store, shared, images }, { from, repository, digest });
}

async function finish(
  { store, shared }: RegistryParts,
  upload: Upload,
  digest: ContentDigest,
): Promise<void> {
  await store.finishUpload(upload, digest);
  const blob = store.records.blob(digest);
  if (blob !== undefined) shared?.shareSoon(blob);
}

async function findUpload(parts: RegistryParts, exchange: RegistryExchange): Promise<Upload> {
  const { repository, identity } = exchange;
  parts.guard.require(identity, 'push', repository);
  return parts.store.uploads.find(exchange.param('id'), { repository, owner: identity.name });
}

async function continueUpload(parts: RegistryParts, exchange: RegistryExchange): Promise<void> {
  const upload = await findUpload(parts, exchange);
  await append(parts, exchange, upload);
  sendProgress(parts, exchange, upload, 202);
}

async function append(parts: RegistryParts, { request }: RegistryExchange, upload: Upload): Promise<void> {
  const start = chunkStart(request.headers);
  try {
    await upload.append(pacedBody(request), { start, giveUp: () => request.destroy() });
  } catch (error) {
    if (!(error instanceof DistributionError) || error.code !== 'RANGE_INVALID') throw error;
    // Says where to go on.
    const { message, detail } = error;
    throw new DistributionError('RANGE_INVALID', message, {
      detail,
      headers: progressHeaders(parts, upload),
    });
  }
}

/** Reads `Content-Range: 0-1023`, as the specification has it, or `bytes 0-1023/*`, as HTTP has. */
function chunkStart(headers: RegistryExchange['request']['headers']): number | undefined {
  const written = headers['content-range'];
  if (written === undefined) return undefined;
  const [, first, last] = /^(?:bytes[ =])?(\d{1,15})-(\d{1,15})(?:\/(?:\d+|\*))?$/.exec(written) ?? [];
  const length = headers['content-length'];
  const isConsistent =
    first !== undefined && (length === undefined || Number(last) - Number(first) + 1 === Number(length));
  if (!isConsistent)
    throw new DistributionError('RANGE_INVALID', 'the chunk is not as long as its range', {
      detail: { range: written.slice(0, 100), length },
    });
  return Number(first);
}

async function finishUpload(parts: RegistryParts, exchange: RegistryExchange): Promise<void> {
  const upload = await findUpload(parts, exchange);
  const digest = parseContentDigest(exchange.query.get('digest') ?? '');
  if (hasBody(exchange.request)) await append(parts, exchange, upload);
  await finish(parts, upload, digest);
  sendCreated(parts, exchange, digest);
}

async function cancelUpload(parts: RegistryParts, exchange: RegistryExchange): Promise<void> {
  await parts.store.uploads.end(await findUpload(parts, exchange));
  sendStatus(exchange.response, 204);
}

function sendProgress(
  parts: RegistryParts,
  { response }: RegistryExchange,
  upload: Upload,
  status: 202 | 204,
): void {
  sendStatus(response, status, progressHeaders(parts, upload));
}

function progressHeaders(
  parts: RegistryParts,
  { id, repository, sizeBytes }: Upload,
): Record<string, string> {
  return {
    Location: locationOf(parts, `/v2/${repository}/blobs/uploads/${id}`),
    Range: `0-${Math.max(sizeBytes - 1, 0)}`,
    'Docker-Upload-UUID': id,
  };
}

function sendCreated(
  parts: RegistryParts,
  { response, repository }: RegistryExchange,
  digest: ContentDigest,
): void {
  sendStatus(response, 201, {
    Location: locationOf(parts, `/v2/${repository}/blobs/${digest}`),
    'Docker-Content-Digest': digest,
  });
}
