import { registryRequest } from './registry.ts';
import type { Platform, ProgressMessage } from '../../api/types.ts';
import { EngineError, messageOf } from '../../base/errors.ts';
import type { ImageBackend } from '../../api/backend.ts';
import { struct, text } from '../../base/go/decode.ts';
import { parseGoJson } from '../../base/go/json.ts';
import { streamBody } from '../body/stream-body.ts';
import type { Exchange } from '../exchange.ts';
import { booleanParameter, filtersParameter, textParameter } from '../query.ts';
import { sendEmpty, sendJson, sendProgress, sendStream } from '../../http/respond.ts';
import { get, post, type Route, type Router, remove } from '../router.ts';
import { inspectFor, summariesFor } from './image-versions.ts';

const LIST_FILTERS = ['dangling', 'label', 'before', 'since', 'reference', 'until'];
const PRUNE_FILTERS = ['dangling', 'label', 'label!', 'until'];

const PLATFORM = struct<Partial<Platform>>('v1.Platform', {
  architecture: text(),
  os: text(),
  variant: text(),
  'os.version': text(),
});

export function imageRoutes(backend: ImageBackend): Router {
  return [
    get('/images/json', exchange => list(backend, exchange)),
    get('/images/get', exchange => save(backend, exchange, exchange.query.getAll('names'))),
    post('/images/create', exchange => createImage(backend, exchange)),
    post('/images/load', exchange => load(backend, exchange)),
    post('/images/prune', async exchange =>
      sendJson(exchange, await backend.imagePrune(filtersParameter(exchange.query, PRUNE_FILTERS))),
    ),
    ...namedRoutes(backend),
  ];
}

/** Routes whose image name may have slashes in it. */
function namedRoutes(backend: ImageBackend): Router {
  return [
    get(
      '/images/*',
      byVerb({
        json: async (exchange, name) =>
          sendJson(
            exchange,
            inspectFor(exchange, await backend.imageInspect(name, ...inspectedPlatform(exchange))),
          ),
        history: async (exchange, name) =>
          sendJson(exchange, await backend.imageHistory(name, ...platformParameter(exchange))),
        get: (exchange, name) => save(backend, exchange, [name]),
      }),
    ),
    post(
      '/images/*',
      byVerb({
        tag: async (exchange, name) => {
          const { query } = exchange;
          const repository = query.get('repo') ?? '';
          // Docker takes that for nothing to do.
          if (repository === '') return sendEmpty(exchange, 200);
          await backend.imageTag(name, repository, query.get('tag') ?? '');
          sendEmpty(exchange, 201);
        },
        push: (exchange, image) => pushImage(backend, exchange, image),
      }),
    ),
    remove('/images/*', async exchange => {
      const { query } = exchange;
      if (exchange.param('*').trim() === '') throw invalid('image name cannot be blank');
      const deleted = await backend.imageRemove(exchange.param('*'), {
        force: booleanParameter(query, 'force'),
        noPrune: booleanParameter(query, 'noprune'),
        ...removedPlatform(exchange),
      });
      await sendJson(exchange, deleted);
    }),
  ];
}

type NamedHandle = (exchange: Exchange, name: string) => Promise<void> | void;

/** Splits `name/verb` at the last slash. */
function byVerb(verbs: Record<string, NamedHandle>): Route['handle'] {
  return exchange => {
    const path = exchange.param('*');
    const slash = path.lastIndexOf('/');
    const verb = path.slice(slash + 1);
    if (slash <= 0 || !Object.hasOwn(verbs, verb)) throw new EngineError('not-found', 'page not found');
    return verbs[verb]?.(exchange, path.slice(0, slash));
  };
}

async function list(backend: ImageBackend, exchange: Exchange): Promise<void> {
  const { query } = exchange;
  const images = await backend.imageList({
    all: booleanParameter(query, 'all'),
    filters: filtersParameter(query, LIST_FILTERS),
    sharedSize: booleanParameter(query, 'shared-size'),
  });
  await sendJson(exchange, summariesFor(exchange, images));
}

/** `POST /images/create`: a pull with `fromImage`, an import of the body with `fromSrc=-`. */
async function createImage(backend: ImageBackend, exchange: Exchange): Promise<void> {
  const { query } = exchange;
  const platform = textParameter(query, 'platform');
  const tag = query.get('tag') ?? '';
  const image = textParameter(query, 'fromImage');
  if (image !== undefined) {
    const pull = { image, tag, platform, ...registryRequest(exchange) };
    return sendProgress(exchange, progress => backend.imagePull(pull, progress));
  }
  const source = query.get('fromSrc') ?? '';
  const options = {
    repository: query.get('repo') ?? '',
    tag,
    message: query.get('message') || `Imported from ${source}`,
    changes: query.getAll('changes'),
    platform,
  };
  await sendProgress(exchange, async progress => {
    const status =
      source === '-'
        ? await backend.imageImport(streamBody(exchange), options)
        : await backend.imageImportFrom(source, options, progress);
    progress({ status });
  });
}

async function pushImage(backend: ImageBackend, exchange: Exchange, image: string): Promise<void> {
  const [platform] = platformParameter(exchange, '1.46');
  const tag = exchange.query.get('tag') ?? '';
  const push = { image, tag, platform, ...registryRequest(exchange) };
  await sendProgress(exchange, progress => backend.imagePush(push, progress));
}

async function save(backend: ImageBackend, exchange: Exchange, names: string[]): Promise<void> {
  const stream = await backend.imageSave(names, ...platformParameter(exchange));
  await sendStream(exchange, stream, 'application/x-tar');
}

async function load(backend: ImageBackend, exchange: Exchange): Promise<void> {
  const quiet = booleanParameter(exchange.query, 'quiet', true);
  const [platform] = platformParameter(exchange);
  const task = (progress: (message: ProgressMessage) => void) =>
    backend.imageLoad(streamBody(exchange), {
      platform,
      // Quiet: the names of what was loaded, no progress.
      progress: message => {
        if (!quiet || message.stream !== undefined) progress(message);
      },
    });
  await sendProgress(exchange, task, { errorsAsLines: true });
}

/** The `platform` of API 1.48 and later, a JSON object, as arguments: none where there is none. */
function platformParameter(exchange: Exchange, since = '1.48'): [] | [Platform] {
  if (!exchange.atLeast(since)) return [];
  const json = exchange.query.getAll('platform').filter(text => text !== '');
  if (json.length > 1) throw invalid('multiple platform parameters not supported');
  return json.map(decodePlatform) as [] | [Platform];
}

/** Clients before API 1.49 were always given the image of this machine. */
function inspectedPlatform(exchange: Exchange): [] | [Platform] {
  const platform = platformParameter(exchange, '1.49');
  if (platform.length > 0 && booleanParameter(exchange.query, 'manifests'))
    throw invalid('conflicting options: manifests and platform options cannot both be set');
  return platform;
}

/** The `platforms` of API 1.50 and later: a removal of one only. */
function removedPlatform(exchange: Exchange): { platform?: Platform } {
  const platforms = exchange.atLeast('1.50') ? exchange.query.getAll('platforms').map(decodePlatform) : [];
  if (platforms.length > 1) throw invalid('multiple platforms are not supported');
  return platforms[0] === undefined ? {} : { platform: platforms[0] };
}

function decodePlatform(json: string): Platform {
  const platform = parsePlatform(json);
  if (!platform.os || !platform.architecture) throw invalid('both OS and Architecture must be provided');
  return platform;
}

function parsePlatform(json: string): Platform {
  try {
    return PLATFORM(parseGoJson(json), 'platform') as Platform;
  } catch (error) {
    throw new EngineError('invalid-parameter', `failed to parse platform: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

function invalid(message: string): EngineError {
  return new EngineError('invalid-parameter', message);
}
