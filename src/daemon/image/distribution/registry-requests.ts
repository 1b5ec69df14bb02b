import type {
  AuthConfig,
  AuthResponse,
  DistributionInspect,
  Platform,
  SearchResult,
} from '../../../api/types.ts';
import { isDigest } from '../../../base/digest.ts';
import { EngineError } from '../../../base/errors.ts';
import { decodeImageConfig } from '../../../oci/decode-image-config.ts';
import { type Descriptor, isIndex } from '../../../oci/image-spec.ts';
import { parseReference, withDefaultTag } from '../../../oci/reference.ts';
import { fetchSmallBlob } from '../../../registry/client/download-blob.ts';
import { logIn } from '../../../registry/client/log-in.ts';
import type { FetchedManifest } from '../../../registry/client/manifest.ts';
import { Repository } from '../../../registry/client/repository.ts';
import { searchRegistry } from '../../../registry/client/search.ts';
import type { DistributionDaemon } from './distribution.ts';
import { booleanFilter, checkFilters, type Filters, filterValues } from '../../model/filters.ts';
import { invalid } from '../../model/errors.ts';
import { type RegistryRequest, withSession } from './registry-session.ts';

const MAXIMUM_CONFIG_BYTES = 4 * 1024 * 1024;

/** `docker login`. @throws EngineError unauthorized */
export async function registryLogin(
  daemon: DistributionDaemon,
  request: RegistryRequest,
): Promise<AuthResponse> {
  const domain = registryDomain(request.auth);
  const task = (session: Parameters<typeof logIn>[0]) => logIn(session, domain);
  const IdentityToken = await withSession(daemon, request, task, { wantsRefreshToken: true });
  return { IdentityToken, Status: 'Login Succeeded' };
}

/** What clients keep credentials under may be a URL, and is for Docker Hub. */
function registryDomain({ serveraddress = '' }: AuthConfig): string {
  const host = serveraddress.replace(/^https?:\/\//, '').replace(/\/.*$/s, '');
  if (host === '') return 'docker.io';
  // The grammar of references has that of hosts; it knows Docker Hub's names, too.
  return parseReference(`${host}/x`).domain;
}

/** What a registry has under a name, and for which platforms. @throws EngineError not-found, unauthorized */
export async function inspectDistribution(
  daemon: DistributionDaemon,
  name: string,
  request: RegistryRequest,
): Promise<DistributionInspect> {
  if (/^(?:sha256:)?[a-f0-9]{64}$/.test(name)) throw invalid('no manifest found for full image ID');
  const reference = withDefaultTag(parseReference(name));
  return withSession(daemon, request, async session => {
    const repository = await Repository.open(session, reference, ['resolve', 'pull']);
    const manifest = await repository.manifest(reference);
    const { mediaType, digest, raw } = manifest;
    return {
      Descriptor: { mediaType, digest, size: raw.length },
      Platforms: await platformsOf(repository, manifest),
    };
  });
}

async function platformsOf(repository: Repository, manifest: FetchedManifest): Promise<Platform[]> {
  const { manifests = [], config } = manifest.document;
  if (isIndex(manifest)) return manifests.flatMap(({ platform }) => platform ?? []);
  if (config === undefined || !isDigest(config.digest)) return [];
  return [await platformOf(repository, config)];
}

async function platformOf(repository: Repository, config: Descriptor): Promise<Platform> {
  const raw = await fetchSmallBlob(repository, config, MAXIMUM_CONFIG_BYTES);
  const { architecture, os, variant, 'os.version': version } = await decodeImageConfig(raw);
  return { architecture, os, ...(variant && { variant }), ...(version && { 'os.version': version }) };
}

export type SearchRequest = RegistryRequest & { term: string; limit: number; filters: Filters };

/** `docker search`, of Docker Hub or of the registry that the term begins with. */
export async function searchImages(
  daemon: DistributionDaemon,
  request: SearchRequest,
): Promise<SearchResult[]> {
  const matches = resultFilter(request.filters);
  const { domain, term } = splitTerm(request.term);
  const results = await withSession(daemon, request, session =>
    searchRegistry(session, { domain, term, limit: request.limit }),
  );
  return results.filter(matches);
}

function splitTerm(text: string): { domain: string; term: string } {
  if (text.length > 1024) throw invalid('the search term is too long');
  if (text.includes('://')) throw invalid(`invalid search term ${text}: it should not contain a scheme`);
  const [first = '', ...rest] = text.split('/');
  const isDomain = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost');
  if (!isDomain) return { domain: 'docker.io', term: text.replace(/^library\//, '') };
  return { domain: parseReference(`${first}/x`).domain, term: rest.join('/') };
}

function resultFilter(filters: Filters): (result: SearchResult) => boolean {
  checkFilters(filters, ['is-automated', 'is-official', 'stars']);
  const wanted = (name: string) => (filters.has(name) ? booleanFilter(filters, name, false) : undefined);
  const [isAutomated, isOfficial] = [wanted('is-automated'), wanted('is-official')];
  const stars = filterValues(filters, 'stars').map(value => {
    if (!/^\d{1,9}$/.test(value))
      throw new EngineError('invalid-parameter', `invalid filter 'stars=${value}'`);
    return Number(value);
  });
  return result =>
    (isAutomated === undefined || result.is_automated === isAutomated) &&
    (isOfficial === undefined || result.is_official === isOfficial) &&
    stars.every(least => result.star_count >= least);
}
