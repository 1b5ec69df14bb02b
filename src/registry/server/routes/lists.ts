import { TimeSlice } from '../../../base/time-slice.ts';
import type { Referrer } from '../../client/repository.ts';
import { OCI_INDEX } from '../../../oci/image-spec.ts';
import { compareTags } from '../compare-tags.ts';
import { DistributionError } from '../distribution-error.ts';
import { read, type RegistryExchange, type RegistryRoute } from '../registry-exchange.ts';
import type { RegistryParts } from '../registry-parts.ts';
import { sendDocument } from '../respond.ts';
import { type ContentDigest, parseContentDigest } from '../storage/content-digest.ts';
import type { ManifestRecord } from '../storage/records.ts';
import { pageOf, type PageRequest, pageRequest } from './pages.ts';

/** Limit for one answer: annotations can be as large as manifests. */
const MAXIMUM_REFERRERS_LENGTH = 2 * 1024 * 1024;
const REFERRERS_COUNT = 100;

export function listRoutes(parts: RegistryParts): RegistryRoute[] {
  return [
    ...read('/v2/:name/tags/list', exchange => listTags(parts, exchange)),
    ...read('/v2/:name/referrers/:digest', exchange => listReferrers(parts, exchange)),
    ...read('/v2/_catalog', exchange => listRepositories(parts, exchange)),
  ];
}

async function listTags(
  { store, guard, cache, images }: RegistryParts,
  exchange: RegistryExchange,
): Promise<void> {
  const { repository, query, response, identity } = exchange;
  guard.require(identity, 'pull', repository);
  const request = pageRequest(query);
  const isOwn = store.records.repositoryId(repository) !== undefined;
  const others = cache.isCached(repository)
    ? await cache.tags(repository)
    : isOwn
      ? undefined
      : await images?.tags(repository);
  const found =
    others?.filter(tag => compareTags(tag, request.last) > 0) ?? ownTags(store, repository, request);
  const { page, link } = pageOf(found, request, `/v2/${repository}/tags/list`);
  sendDocument(response, { name: repository, tags: page }, link);
}

/** One more than the page has. @throws DistributionError NAME_UNKNOWN */
function ownTags(
  { records }: RegistryParts['store'],
  repository: string,
  { last, count }: PageRequest,
): string[] {
  const id = records.repositoryId(repository);
  if (id !== undefined) return records.tags(id, { last, count: count + 1 });
  throw new DistributionError('NAME_UNKNOWN', 'repository name not known to registry', {
    detail: { name: repository },
  });
}

async function listRepositories(
  { store, guard, images }: RegistryParts,
  exchange: RegistryExchange,
): Promise<void> {
  const { query, response, identity } = exchange;
  guard.require(identity, 'list');
  const request = pageRequest(query);
  const found: string[] = [];
  const slice = new TimeSlice();
  // Whoever may not pull from a repository does not learn of it.
  for (let { last } = request; found.length <= request.count; ) {
    if (slice.isOver) await slice.pause();
    const names = store.records.repositories({ last, count: request.count + 1 });
    found.push(...names.filter(name => guard.lists(identity, name)));
    if (names.length <= request.count) break;
    last = names.at(-1) ?? '';
  }
  const elsewhere = ((await images?.repositories()) ?? []).filter(
    name => name > request.last && guard.lists(identity, name),
  );
  const all = [...new Set([...found, ...elsewhere])].toSorted();
  const { page, link } = pageOf(all, request, '/v2/_catalog');
  sendDocument(response, { repositories: page }, link);
}

/** An index of what says something about a manifest, which need not be here (distribution-spec, "Listing Referrers"). */
async function listReferrers(parts: RegistryParts, exchange: RegistryExchange): Promise<void> {
  const { repository, query, response, identity } = exchange;
  parts.guard.require(identity, 'pull', repository);
  const subject = parseContentDigest(exchange.param('digest'));
  const artifactType = query.get('artifactType') ?? undefined;
  const last = query.get('last') ?? '';
  const found = await findReferrers(parts, repository, { subject, artifactType, last });
  const manifests = firstDescriptors(found);
  const next = manifests.length < found.length ? manifests.at(-1) : undefined;
  const path = `/v2/${repository}/referrers/${subject}`;
  const filter: Record<string, string> = artifactType === undefined ? {} : { artifactType };
  sendDocument(
    response,
    { schemaVersion: 2, mediaType: OCI_INDEX, manifests },
    {
      'Content-Type': OCI_INDEX,
      ...(artifactType === undefined ? {} : { 'OCI-Filters-Applied': 'artifactType' }),
      ...(next && {
        Link: `<${path}?${new URLSearchParams({ ...filter, last: next.digest }).toString()}>; rel="next"`,
      }),
    },
  );
}

type WantedReferrers = { subject: ContentDigest; artifactType: string | undefined; last: string };

/** In the order of their digests, behind `last`; one more than a page has, where there are so many. */
async function findReferrers(
  { store, cache }: RegistryParts,
  repository: string,
  { subject, artifactType, last }: WantedReferrers,
): Promise<Referrer[]> {
  const count = REFERRERS_COUNT + 1;
  const others = cache.isCached(repository) ? await cache.referrers(repository, subject) : undefined;
  if (others === undefined)
    return store.records.referrers(repository, subject, { artifactType, last, count }).map(descriptorOf);
  return others
    .filter(({ digest }) => digest > last)
    .filter(referrer => artifactType === undefined || referrer.artifactType === artifactType)
    .toSorted((one, other) => (one.digest < other.digest ? -1 : 1))
    .slice(0, count);
}

/** At least one, as many as fit. */
function firstDescriptors(referrers: readonly Referrer[]): Referrer[] {
  const descriptors: Referrer[] = [];
  let length = 0;
  for (const referrer of referrers.slice(0, REFERRERS_COUNT)) {
    length += JSON.stringify(referrer.annotations ?? '').length;
    if (length > MAXIMUM_REFERRERS_LENGTH && descriptors.length > 0) break;
    descriptors.push(referrer);
  }
  return descriptors;
}

function descriptorOf({ mediaType, digest, sizeBytes, artifactType, annotations }: ManifestRecord): Referrer {
  return {
    mediaType,
    digest,
    size: sizeBytes,
    ...(artifactType === '' ? {} : { artifactType }),
    ...(annotations && { annotations }),
  };
}
