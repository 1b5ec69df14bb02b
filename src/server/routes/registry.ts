import { authConfig, decodeAuthHeader } from '../../api/decode-auth-config.ts';
import { EngineError } from '../../base/errors.ts';
import type { RegistryBackend, RegistryRequest } from '../../api/backend.ts';
import { readJson } from '../body/read-body.ts';
import type { Exchange } from '../exchange.ts';
import { filtersParameter } from '../query.ts';
import { sendJson } from '../../http/respond.ts';
import { get, post, type Router } from '../router.ts';

const SEARCH_FILTERS = ['is-automated', 'is-official', 'stars'];
const DEFAULT_RESULTS = 25;
const MAXIMUM_RESULTS = 100;

/** What is asked of registries, but for pulls and pushes. */
export function registryRoutes(backend: RegistryBackend): Router {
  return [
    post('/auth', async exchange => {
      const auth = await readJson(exchange, authConfig, { name: 'AuthConfig', emptyIsObject: false });
      await sendJson(exchange, await backend.registryLogin({ auth, signal: exchange.signal }));
    }),
    get('/distribution/*', async exchange => {
      const [, name] = /^(.+)\/json$/.exec(exchange.param('*')) ?? [];
      if (name === undefined) throw new EngineError('not-found', 'page not found');
      await sendJson(exchange, await backend.distributionInspect(name, registryRequest(exchange)));
    }),
    get('/images/search', async exchange => {
      const { query } = exchange;
      const filters = filtersParameter(query, SEARCH_FILTERS);
      const search = { term: query.get('term') ?? '', limit: searchLimit(query.get('limit') ?? ''), filters };
      await sendJson(exchange, await backend.imageSearch({ ...search, ...registryRequest(exchange) }));
    }),
  ];
}

/** @throws EngineError invalid-parameter, in Docker's words */
function searchLimit(text: string): number {
  if (text === '') return DEFAULT_RESULTS;
  if (!/^[+-]?\d{1,15}$/.test(text))
    throw new EngineError(
      'invalid-parameter',
      `invalid limit specified: strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`,
    );
  const limit = Number(text) || DEFAULT_RESULTS;
  if (limit < 1 || limit > MAXIMUM_RESULTS)
    throw new EngineError(
      'invalid-parameter',
      `limit ${limit} is outside the range of [1, ${MAXIMUM_RESULTS}]`,
    );
  return limit;
}

/** Who asks, and until when. */
export function registryRequest({ request, signal }: Exchange): RegistryRequest {
  return { auth: decodeAuthHeader(request.headersDistinct['x-registry-auth']?.[0]), signal };
}
