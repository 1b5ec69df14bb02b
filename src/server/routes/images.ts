import { EngineError } from '../../base/errors.ts';
import type { ImageBackend } from '../backend.ts';
import { streamBody } from '../body/stream-body.ts';
import type { Exchange } from '../exchange.ts';
import { booleanParameter, filtersParameter, textParameter } from '../query.ts';
import { sendEmpty, sendJson, sendProgress, sendStream } from '../respond.ts';
import { get, post, type Route, type Router, remove } from '../router.ts';
import { unsupported } from '../unsupported.ts';

const LIST_FILTERS = ['dangling', 'label', 'before', 'since', 'reference', 'until'];
const PRUNE_FILTERS = ['dangling', 'label', 'label!', 'until'];

export function imageRoutes(backend: ImageBackend): Router {
  return [
    get('/images/json', exchange => list(backend, exchange)),
    get('/images/get', async exchange =>
      sendStream(exchange, await backend.imageSave(exchange.query.getAll('names')), 'application/x-tar'),
    ),
    get('/images/search', unsupported('searching a registry')),
    post('/images/create', exchange => createImage(backend, exchange)),
    post('/images/load', exchange => load(backend, exchange)),
    post('/images/prune', async exchange =>
      sendJson(exchange, await backend.imagePrune(filtersParameter(exchange.query, PRUNE_FILTERS))),
    ),
    ...namedRoutes(backend),
    get('/distribution/*', unsupported('asking a registry about an image')),
    post('/build', unsupported('building images')),
    post('/build/prune', exchange => sendJson(exchange, { CachesDeleted: null, SpaceReclaimed: 0 })),
    post('/build/cancel', unsupported('building images')),
    post('/session', unsupported('a BuildKit session')),
    post('/grpc', unsupported('a BuildKit session')),
  ];
}

/** Routes whose image name may have slashes in it. */
function namedRoutes(backend: ImageBackend): Router {
  return [
    get(
      '/images/*',
      byVerb({
        json: async (exchange, name) => sendJson(exchange, await backend.imageInspect(name)),
        history: async (exchange, name) => sendJson(exchange, await backend.imageHistory(name)),
        get: async (exchange, name) =>
          sendStream(exchange, await backend.imageSave([name]), 'application/x-tar'),
      }),
    ),
    post(
      '/images/*',
      byVerb({
        tag: async (exchange, name) => {
          const { query } = exchange;
          await backend.imageTag(name, query.get('repo') ?? '', query.get('tag') ?? '');
          sendEmpty(exchange, 201);
        },
        push: unsupported('pushing images'),
      }),
    ),
    remove('/images/*', async exchange => {
      const { query } = exchange;
      const deleted = await backend.imageRemove(exchange.param('*'), {
        force: booleanParameter(query, 'force'),
        noPrune: booleanParameter(query, 'noprune'),
      });
      sendJson(exchange, deleted);
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
  sendJson(exchange, images);
}

/** `POST /images/create`: a pull with `fromImage`, an import of the body with `fromSrc=-`. */
async function createImage(backend: ImageBackend, exchange: Exchange): Promise<void> {
  const { query, request } = exchange;
  const platform = textParameter(query, 'platform');
  const tag = query.get('tag') ?? '';
  const fromImage = textParameter(query, 'fromImage');
  if (fromImage !== undefined) {
    const auth = request.headers['x-registry-auth'];
    const reference = tag === '' ? fromImage : `${fromImage}${tag.includes(':') ? '@' : ':'}${tag}`;
    return sendProgress(exchange, progress =>
      backend.imagePull(reference, { platform, auth: Array.isArray(auth) ? auth[0] : auth }, progress),
    );
  }
  if (query.get('fromSrc') !== '-')
    throw new EngineError(
      'invalid-parameter',
      'an image is imported from the body of the request (fromSrc=-) only',
    );
  await sendProgress(exchange, async progress => {
    const status = await backend.imageImport(streamBody(exchange), {
      repository: query.get('repo') ?? '',
      tag,
      message: query.get('message') ?? '',
      changes: query.getAll('changes'),
      platform,
    });
    progress({ status });
  });
}

async function load(backend: ImageBackend, exchange: Exchange): Promise<void> {
  const quiet = booleanParameter(exchange.query, 'quiet');
  await sendProgress(exchange, progress =>
    backend.imageLoad(streamBody(exchange), message => {
      // Quiet: the names of what was loaded, no progress.
      if (!quiet || message.stream !== undefined) progress(message);
    }),
  );
}
