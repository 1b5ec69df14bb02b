import { arrayOf, bool, safeInteger, struct, text } from '../../base/go/decode.ts';
import { parseGoJson } from '../../base/go/json.ts';
import type { SearchResult } from '../../api/types.ts';
import { HUB_DOMAIN } from '../../oci/reference.ts';
import { type Endpoint, endpointsOf } from './endpoints.ts';
import { isUnreached, RegistryError } from './registry-error.ts';
import { readUpTo } from './registry-response.ts';
import { NO_TLS_MATERIAL } from './certificates.ts';
import type { Session } from './session.ts';

const HUB_INDEX = 'https://index.docker.io/v1';
const MAXIMUM_BYTES = 1024 * 1024;

const foundRepository = struct<Partial<SearchResult>>('registry.SearchResult', {
  name: text(),
  description: text(),
  star_count: safeInteger('int'),
  is_official: bool,
  is_automated: bool,
});

const searchAnswer = struct<{ results?: Partial<SearchResult>[] }>('registry.SearchResults', {
  results: arrayOf(foundRepository, '[]registry.SearchResult'),
});

/** Asks a registry's index for repositories (the search of API version 1, which Docker Hub has still). */
export async function searchRegistry(
  session: Session,
  { domain, term, limit }: { domain: string; term: string; limit: number },
): Promise<SearchResult[]> {
  let unreached: unknown;
  for (const endpoint of await indexesOf(session, domain)) {
    try {
      return await searchAt(session, endpoint, { term, limit });
    } catch (error) {
      if (!isUnreached(error)) throw error;
      unreached = error;
    }
  }
  throw unreached;
}

async function indexesOf({ options }: Session, domain: string): Promise<Endpoint[]> {
  if (domain === HUB_DOMAIN)
    return [{ base: HUB_INDEX, isMirror: false, tls: NO_TLS_MATERIAL, headers: {}, tokenHosts: [] }];
  const endpoints = await endpointsOf(domain, ['push'], options);
  return endpoints.map(endpoint => ({ ...endpoint, base: endpoint.base.replace(/v2$/, 'v1') }));
}

async function searchAt(
  session: Session,
  endpoint: Endpoint,
  { term, limit }: { term: string; limit: number },
): Promise<SearchResult[]> {
  const url = new URL(`${endpoint.base}/search?q=${encodeURIComponent(term)}&n=${limit}`);
  const accepts = Array.from({ length: 500 }, (_, index) => index + 100).filter(status => status !== 401);
  const response = await session.send(endpoint, { method: 'GET', url, scopes: [], accepts });
  const body = await readUpTo(response, MAXIMUM_BYTES);
  if (response.status !== 200) throw new RegistryError('system', `Unexpected status code ${response.status}`);
  const { results = [] } = searchAnswer(parseGoJson(body.toString()), 'results');
  return results.map(result => ({
    star_count: result.star_count ?? 0,
    is_official: result.is_official ?? false,
    name: result.name ?? '',
    is_automated: false,
    description: result.description ?? '',
  }));
}
