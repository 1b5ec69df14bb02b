import type { ServerResponse } from 'node:http';
import { JsonError } from '../../../base/go/json.ts';
import { TimeSlice } from '../../../base/time-slice.ts';
import { readImageConfig } from '../../../oci/decode-image-config.ts';
import { decodeOciDocument, type OciDocument } from '../../../oci/decode-oci.ts';
import { type Descriptor, DOCKER_CONFIG, isAttestation, OCI_CONFIG } from '../../../oci/image-spec.ts';
import { formatPlatform } from '../../../oci/platform.ts';
import { DistributionError } from '../distribution-error.ts';
import type { ClientView } from '../../../http/trusted-proxies.ts';
import { read, type RegistryExchange, type RegistryRoute } from '../registry-exchange.ts';
import type { RegistryParts } from '../registry-parts.ts';
import { isTagName } from '../repository-name.ts';
import { isContentDigest } from '../storage/content-digest.ts';
import type { ManifestRecord } from '../storage/records.ts';
import {
  manifestPage,
  type NamedRow,
  repositoriesPage,
  repositoryPath,
  tagsPage,
  type TagRow,
} from '../web/pages.ts';
import { STYLE } from '../web/style.ts';

const PAGE = 50;
const MAXIMUM_NAMED = 500;
const MAXIMUM_CONFIG_BYTES = 256 * 1024;
const CONFIG_TYPES = [OCI_CONFIG, DOCKER_CONFIG];

/** Pages for people: what is here, and how it is pulled. Nothing on them runs in the browser. */
export function webRoutes(parts: RegistryParts): RegistryRoute[] {
  return [
    ...read('/', ({ response }) => void response.writeHead(302, { Location: '/ui/' }).end()),
    ...read('/ui/style.css', ({ response }) => {
      response.writeHead(200, { 'Content-Type': 'text/css; charset=utf-8', 'Cache-Control': 'max-age=3600' });
      response.end(STYLE);
    }),
    ...read('/ui/', exchange => guarded(() => showRepositories(parts, exchange))),
    ...read('/ui/:name', exchange => guarded(() => showTags(parts, exchange))),
    ...read('/ui/:name/:reference', exchange => guarded(() => showManifest(parts, exchange))),
  ];
}

/** A browser asks its user for a password (Basic) whichever way programs prove who they are. */
async function guarded(show: () => Promise<void> | void): Promise<void> {
  try {
    await show();
  } catch (error) {
    if (!(error instanceof DistributionError) || error.code !== 'UNAUTHORIZED') throw error;
    throw new DistributionError('UNAUTHORIZED', error.message, {
      headers: { 'WWW-Authenticate': 'Basic realm="Registry", charset="UTF-8"' },
    });
  }
}

function send(response: ServerResponse, text: string): void {
  response.writeHead(200, {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Security-Policy':
      "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'",
    'Referrer-Policy': 'no-referrer',
    'Cache-Control': 'no-store',
  });
  response.end(text);
}

async function showRepositories(
  { store, guard }: RegistryParts,
  { response, query, identity }: RegistryExchange,
): Promise<void> {
  guard.require(identity, 'list');
  const names: string[] = [];
  const slice = new TimeSlice();
  for (let last = query.get('last') ?? ''; names.length <= PAGE; ) {
    if (slice.isOver) await slice.pause();
    const found = store.records.repositories({ last, count: PAGE + 1 });
    names.push(...found.filter(name => guard.lists(identity, name)));
    if (found.length <= PAGE) break;
    last = found.at(-1) ?? '';
  }
  const shown = names.slice(0, PAGE);
  send(response, repositoriesPage(shown, nextPage('/ui/', names, shown)));
}

function nextPage(path: string, found: readonly string[], shown: readonly string[]): string | undefined {
  if (found.length <= shown.length) return undefined;
  return `${path}?${new URLSearchParams({ last: shown.at(-1) ?? '' }).toString()}`;
}

async function showTags(parts: RegistryParts, exchange: RegistryExchange): Promise<void> {
  const { repository, query, response, client } = exchange;
  const { store, guard } = parts;
  guard.require(exchange.identity, 'pull', repository);
  const id = store.records.repositoryId(repository);
  if (id === undefined) throw new DistributionError('NAME_UNKNOWN', 'repository name not known to registry');
  const found = store.records.tags(id, { last: query.get('last') ?? '', count: PAGE + 1 });
  const shown = found.slice(0, PAGE);
  const rows: TagRow[] = [];
  for (const tag of shown) {
    const manifest = store.records.taggedManifest(repository, tag);
    if (manifest !== undefined) rows.push(await tagRow(parts, tag, manifest));
  }
  const host = hostFor(parts, client);
  send(response, tagsPage(repository, host, rows, nextPage(repositoryPath(repository), found, shown)));
}

async function tagRow({ store }: RegistryParts, tag: string, manifest: ManifestRecord): Promise<TagRow> {
  const { config, layers = [], manifests } = await readWritten(store, manifest);
  const platforms = manifests?.filter(entry => !isAttestation(entry)).map(platformOf);
  const sizes = [config, ...layers].map(descriptor => descriptor?.size ?? 0);
  return {
    tag,
    digest: manifest.digest,
    platforms: [...new Set(platforms ?? (await configuredPlatform(store, config)))].slice(0, 20).join(', '),
    sizeBytes: platforms === undefined ? sizes.reduce((sum, bytes) => sum + bytes, 0) : undefined,
    pushedAt: new Date(manifest.pushedAtMs).toISOString().slice(0, 16).replace('T', ' '),
  };
}

/** Of an image that is in no index. */
async function configuredPlatform(
  store: RegistryParts['store'],
  config: Descriptor | undefined,
): Promise<string[]> {
  if (config === undefined || !CONFIG_TYPES.includes(config.mediaType) || !isContentDigest(config.digest))
    return [];
  const blob = store.records.blob(config.digest);
  if (blob === undefined || blob.sizeBytes > MAXIMUM_CONFIG_BYTES) return [];
  return [formatPlatform(readImageConfig(await store.files.read(config.digest)))];
}

/** As far as it can be shown. */
async function readWritten(store: RegistryParts['store'], manifest: ManifestRecord): Promise<OciDocument> {
  try {
    return decodeOciDocument(await store.document(manifest));
  } catch (error) {
    // What nobody shows may be of any type.
    if (error instanceof JsonError) return {};
    throw error;
  }
}

/** What images are called by who pulls them. */
function hostFor({ externalUrl }: RegistryParts, client: ClientView): string {
  return externalUrl === '' ? client.host : externalUrl.replace(/^https?:\/\//, '');
}

async function showManifest(parts: RegistryParts, exchange: RegistryExchange): Promise<void> {
  const { repository, response, client } = exchange;
  const { store, guard } = parts;
  guard.require(exchange.identity, 'pull', repository);
  const reference = exchange.param('reference');
  const manifest = findManifest(store, repository, reference);
  if (manifest === undefined) throw new DistributionError('MANIFEST_UNKNOWN', 'manifest unknown');
  const { config, layers = [], manifests = [] } = await readWritten(store, manifest);
  const content = [...(config === undefined ? [] : [config]), ...layers];
  const referrers = store.records.referrers(repository, manifest.digest, {
    artifactType: undefined,
    last: '',
    count: PAGE,
  });
  const named = [...manifests.map(entry => rowOf(entry, true)), ...content.map(entry => rowOf(entry, false))];
  const { digest, mediaType } = manifest;
  const host = hostFor(parts, client);
  send(
    response,
    manifestPage({
      name: repository,
      host,
      reference,
      digest,
      mediaType,
      named: named.slice(0, MAXIMUM_NAMED),
      referrers,
    }),
  );
}

function findManifest(
  { records }: RegistryParts['store'],
  repository: string,
  reference: string,
): ManifestRecord | undefined {
  if (isContentDigest(reference)) return records.manifest(repository, reference);
  return isTagName(reference) ? records.taggedManifest(repository, reference) : undefined;
}

function rowOf(descriptor: Descriptor, isManifest: boolean): NamedRow {
  const { digest, mediaType, size } = descriptor;
  return {
    digest,
    mediaType,
    sizeBytes: size,
    isManifest,
    ...(isManifest ? { platform: platformOf(descriptor) } : {}),
  };
}

function platformOf(descriptor: Descriptor): string {
  if (isAttestation(descriptor)) return 'attestation';
  return descriptor.platform === undefined ? 'any platform' : formatPlatform(descriptor.platform);
}
