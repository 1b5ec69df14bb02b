import type { ClassicBuildOptions } from '../../api/classic-build.ts';
import { authConfig } from '../../api/decode-auth-config.ts';
import type { AuthConfig, Ulimit } from '../../api/types.ts';
import { EngineError, messageOf } from '../../base/errors.ts';
import { arrayOf, type Decoder, integer, mapOf, nullable, struct, text } from '../../base/go/decode.ts';
import { parseGoDuration } from '../../base/go/duration.ts';
import { parseGoJson } from '../../base/go/json.ts';
import type { BuildBackend, BuildSession } from '../../api/backend.ts';
import { streamBody } from '../body/stream-body.ts';
import type { Exchange } from '../exchange.ts';
import { hijackH2c } from '../hijack.ts';
import { booleanParameter, filtersParameter, integerParameter } from '../query.ts';
import { sendEmpty, sendJson, sendProgress } from '../../http/respond.ts';
import { hijacking, post, type Router } from '../router.ts';

const MAX_TAGS = 1000;
/** Those that are fields of the cache's entries. */
const CACHE_FIELDS = ['id', 'parent', 'type', 'description', 'inuse', 'shared', 'private'];

export function buildRoutes(backend: BuildBackend): Router {
  return [
    post('/build', exchange => build(backend, exchange)),
    post('/build/prune', exchange => prune(backend, exchange)),
    hijacking('/grpc', exchange => hijackH2c(exchange, connection => backend.buildkitServe(connection))),
    hijacking('/session', exchange =>
      hijackH2c(exchange, connection => backend.buildkitSession(connection, sessionOf(exchange))),
    ),
    // A build ends with its connection.
    post('/build/cancel', exchange => sendEmpty(exchange, 204)),
  ];
}

/** What a client says of the session that it offers. @throws EngineError invalid-parameter */
function sessionOf({ request }: Exchange): BuildSession {
  const of = (name: string): string[] => request.headersDistinct[`x-docker-expose-session-${name}`] ?? [];
  const [id] = of('uuid');
  if (!id) throw new EngineError('invalid-parameter', 'no session UUID in request');
  return { id, methods: of('grpc-method'), sharedKey: of('sharedkey')[0] ?? '' };
}

async function build(backend: BuildBackend, exchange: Exchange): Promise<void> {
  const options = { ...buildOptions(exchange.query), auths: registryConfig(exchange) };
  const { signal } = exchange;
  await sendProgress(exchange, progress =>
    backend.imageBuild(options, { body: streamBody(exchange), progress, signal }),
  );
}

function buildOptions(query: URLSearchParams): Omit<ClassicBuildOptions, 'auths'> {
  const of = (name: string): string => query.get(name) ?? '';
  const number = (name: string): number => integerParameter(query, name) ?? 0;
  const tags = query.getAll('t').filter(Boolean);
  if (tags.length > MAX_TAGS) throw new EngineError('invalid-parameter', 'too many tags');
  return {
    tags,
    remote: of('remote'),
    dockerfile: of('dockerfile'),
    quiet: booleanParameter(query, 'q'),
    noCache: booleanParameter(query, 'nocache'),
    pull: booleanParameter(query, 'pull'),
    squash: booleanParameter(query, 'squash'),
    buildArgs: json(query, 'buildargs', mapOf(nullable(text()), 'map[string]*string')) ?? {},
    labels: json(query, 'labels', mapOf(text(), 'map[string]string')) ?? {},
    platform: of('platform'),
    target: of('target'),
    networkMode: of('networkmode'),
    extraHosts: query
      .getAll('extrahosts')
      .flatMap(hosts => hosts.split(','))
      .filter(Boolean),
    memoryBytes: number('memory'),
    memorySwapBytes: number('memswap'),
    cpuShares: number('cpushares'),
    cpuPeriod: number('cpuperiod'),
    cpuQuota: number('cpuquota'),
    cpusetCpus: of('cpusetcpus'),
    cpusetMems: of('cpusetmems'),
    cgroupParent: of('cgroupparent'),
    shmSizeBytes: number('shmsize'),
    ulimits: json(query, 'ulimits', arrayOf(ULIMIT, '[]*container.Ulimit')) ?? [],
  };
}

const ULIMIT = struct<Ulimit>('container.Ulimit', {
  Name: text(),
  Soft: integer('int64'),
  Hard: integer('int64'),
});

/** `X-Registry-Config`, base64; what cannot be read proves nothing, as with Docker. */
function registryConfig({ request }: Exchange): Record<string, AuthConfig> {
  const header = request.headersDistinct['x-registry-config']?.[0];
  if (header === undefined) return {};
  try {
    return mapOf(authConfig, 'map[string]registry.AuthConfig')(
      parseGoJson(Buffer.from(header, 'base64').toString()),
      'X-Registry-Config',
    );
  } catch {
    return {};
  }
}

/** @throws EngineError invalid-parameter */
function json<T>(query: URLSearchParams, name: string, decode: Decoder<T>): T | undefined {
  const value = query.get(name);
  if (value === null || value === '') return undefined;
  try {
    const parsed = parseGoJson(value);
    return parsed === null ? undefined : decode(parsed, name);
  } catch (error) {
    throw new EngineError('invalid-parameter', `error reading ${name}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/** One of Docker's filters in BuildKit's language. @throws EngineError invalid-parameter */
function cacheFilters(field: string, values: readonly string[] | undefined): string[] {
  if (values === undefined) return [];
  const [value, ...others] = values;
  if (others.length > 0) throw new EngineError('invalid-parameter', 'filters expect only one value');
  if (value === undefined) return [field];
  return [`${field}${field === 'id' ? '~=' : '=='}${value}`];
}

async function prune(backend: BuildBackend, exchange: Exchange): Promise<void> {
  const { query } = exchange;
  const filters = filtersParameter(query, ['until', 'unused-for', ...CACHE_FIELDS]);
  const size = (name: string): number => integerParameter(query, name) ?? 0;
  const unused = filters.get('unused-for')?.[0] ?? filters.get('until')?.[0] ?? '0';
  const unusedForNs = parseGoDuration(unused);
  if (unusedForNs === undefined)
    throw new EngineError('invalid-parameter', `time: invalid duration ${JSON.stringify(unused)}`);
  const report = await backend.buildPrune({
    all: booleanParameter(query, 'all'),
    space: {
      // What it was called before API 1.48.
      reservedBytes: size('reserved-space') || size('keep-storage'),
      maxUsedBytes: size('max-used-space'),
      minFreeBytes: size('min-free-space'),
    },
    unusedForMs: Number(unusedForNs / 1_000_000n),
    filters: CACHE_FIELDS.flatMap(field => cacheFilters(field, filters.get(field))),
  });
  await sendJson(exchange, report);
}
