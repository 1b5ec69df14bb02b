import { DistributionError } from '../distribution-error.ts';
import { readBody } from '../read-body.ts';
import { read, put, remove, type RegistryExchange, type RegistryRoute } from '../registry-exchange.ts';
import type { RegistryParts } from '../registry-parts.ts';
import { isTagName } from '../repository-name.ts';
import { sendStatus } from '../respond.ts';
import {
  algorithmOf,
  type ContentDigest,
  contentDigestOf,
  parseContentDigest,
} from '../storage/content-digest.ts';
import { MAXIMUM_MANIFEST_BYTES, readManifestDocument } from '../storage/manifest-document.ts';
import type { ManifestRecord } from '../storage/records.ts';
import { adoptNamed } from './adopt-content.ts';
import { locationOf } from './locations.ts';
import { isUnchanged, sendUnchanged } from './pages.ts';

const PATH = '/v2/:name/manifests/:reference';

export function manifestRoutes(parts: RegistryParts): RegistryRoute[] {
  return [
    ...read(PATH, exchange => getManifest(parts, exchange)),
    put(PATH, exchange => putManifest(parts, exchange)),
    remove(PATH, exchange => deleteManifest(parts, exchange)),
  ];
}

/** A digest or a tag. @throws DistributionError DIGEST_INVALID, MANIFEST_UNKNOWN for what can be neither */
function referenceOf(exchange: RegistryExchange): Reference {
  const reference = exchange.param('reference');
  if (reference.includes(':')) return { digest: parseContentDigest(reference) };
  if (isTagName(reference)) return { tag: reference };
  throw new DistributionError('TAG_INVALID', 'invalid tag', { detail: { tag: reference.slice(0, 200) } });
}

async function getManifest(parts: RegistryParts, exchange: RegistryExchange): Promise<void> {
  const { repository, response, request } = exchange;
  parts.guard.require(exchange.identity, 'pull', repository);
  const reference = referenceOf(exchange);
  const manifest = await readManifest(parts, repository, { reference, isHead: request.method === 'HEAD' });
  if (manifest === undefined) throw unknownManifest(parts, repository, exchange.param('reference'));
  const etag = `"${manifest.digest}"`;
  if (isUnchanged(request.headers['if-none-match'], etag)) return sendUnchanged(response, etag);
  response.writeHead(200, {
    'Content-Type': manifest.mediaType,
    'Content-Length': manifest.sizeBytes,
    'Docker-Content-Digest': manifest.digest,
    ETag: etag,
  });
  response.end(manifest.raw);
}

type Reference = { digest: ContentDigest } | { tag: string };
type ReadManifest = { digest: ContentDigest; mediaType: string; sizeBytes: number; raw: Buffer | undefined };

/** What was pushed here, what an upstream has, or what lies elsewhere, in this order. */
async function readManifest(
  parts: RegistryParts,
  repository: string,
  { reference, isHead }: { reference: Reference; isHead: boolean },
): Promise<ReadManifest | undefined> {
  const record = parts.cache.isCached(repository)
    ? await parts.cache.manifest(repository, reference)
    : findManifest(parts, repository, reference);
  if (record === undefined) {
    const image = await parts.images?.manifest(repository, reference);
    return image && { ...image, sizeBytes: image.raw.length };
  }
  // Whoever learns that it is here may name it in an index that is still to come.
  parts.store.leases.renew(record.digest);
  return { ...record, raw: isHead ? undefined : await parts.store.document(record) };
}

function findManifest(
  { store }: RegistryParts,
  repository: string,
  reference: Reference,
): ManifestRecord | undefined {
  return 'tag' in reference
    ? store.records.taggedManifest(repository, reference.tag)
    : store.records.manifest(repository, reference.digest);
}

function unknownManifest({ store }: RegistryParts, repository: string, reference: string): DistributionError {
  const detail = { name: repository, reference };
  return store.records.repositoryId(repository) === undefined
    ? new DistributionError('NAME_UNKNOWN', 'repository name not known to registry', { detail })
    : new DistributionError('MANIFEST_UNKNOWN', 'manifest unknown', { detail });
}

async function putManifest(parts: RegistryParts, exchange: RegistryExchange): Promise<void> {
  const { repository, request, response } = exchange;
  parts.guard.require(exchange.identity, 'push', repository);
  parts.cache.refusePush(repository);
  const reference = referenceOf(exchange);
  const raw = await readBody(request, MAXIMUM_MANIFEST_BYTES);
  const document = readManifestDocument(raw, request.headers['content-type'] ?? '');
  const wanted = 'digest' in reference ? reference.digest : undefined;
  const digest = contentDigestOf(raw, wanted === undefined ? 'sha256' : algorithmOf(wanted));
  if (wanted !== undefined && digest !== wanted)
    throw new DistributionError('DIGEST_INVALID', 'provided digest did not match uploaded content', {
      detail: { digest: wanted, actual: digest },
    });
  const tag = 'tag' in reference ? reference.tag : undefined;
  await adoptNamed(parts, repository, { document });
  await parts.store.putManifest({ repository, digest, raw, document, tag });
  const { mediaType, subject } = document;
  const actor = exchange.identity.name;
  parts.notify({ action: 'push', repository, digest, mediaType, sizeBytes: raw.length, tag, actor });
  sendStatus(response, 201, {
    Location: locationOf(parts, `/v2/${repository}/manifests/${digest}`),
    'Docker-Content-Digest': digest,
    ...(subject === undefined ? {} : { 'OCI-Subject': subject }),
  });
}

async function deleteManifest(parts: RegistryParts, exchange: RegistryExchange): Promise<void> {
  const { repository } = exchange;
  parts.guard.require(exchange.identity, 'delete', repository);
  const reference = referenceOf(exchange);
  const manifest = findManifest(parts, repository, reference);
  if (manifest === undefined) throw unknownManifest(parts, repository, exchange.param('reference'));
  const { digest } = manifest;
  const tag = 'tag' in reference ? reference.tag : undefined;
  if (tag === undefined) await parts.store.removeManifest(repository, digest);
  else await parts.store.removeTag(repository, tag);
  parts.notify({ action: 'delete', repository, digest, tag, actor: exchange.identity.name });
  sendStatus(exchange.response, 202);
}
