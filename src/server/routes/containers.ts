import { EngineError } from '../../base/errors.ts';
import type { AttachOptions, ContainerBackend } from '../../api/backend.ts';
import { createRequest } from '../body/create-request.ts';
import { updateRequest } from '../body/host-config.ts';
import { withEndpointSysctls } from '../body/endpoint-sysctls.ts';
import { createAsMeant, deprecations, hasFlatReadonlyMounts, updateAsMeant } from '../body/older-versions.ts';
import { readBody, readJson } from '../body/read-body.ts';
import type { Exchange } from '../exchange.ts';
import { hijack, outputType, refuseStream } from '../hijack.ts';
import {
  booleanParameter,
  filtersParameter,
  integerParameter,
  sizeParameters,
  textParameter,
  timeParameter,
} from '../query.ts';
import { sendEmpty, sendJson, sendLines, sendStream } from '../../http/respond.ts';
import { get, hijacking, post, type Router, remove } from '../router.ts';
import { hijackWebSocket } from '../web-socket.ts';
import { inspectFor, summariesFor } from './container-versions.ts';

const LIST_FILTERS =
  'ancestor before exited expose health id isolation is-task label name network publish since status volume'.split(
    ' ',
  );
const PRUNE_FILTERS = ['label', 'label!', 'until'];
const WAIT_CONDITIONS = ['not-running', 'next-exit', 'removed'] as const;
/** The most that a client may send in a start request without meaning it: `{}` and line ends. */
const IGNORED_BODY_BYTES = 7;

export function containerRoutes(backend: ContainerBackend): Router {
  return [
    get('/containers/json', exchange => list(backend, exchange)),
    post('/containers/create', exchange => create(backend, exchange)),
    post('/containers/prune', async exchange =>
      sendJson(exchange, await backend.containerPrune(filtersParameter(exchange.query, PRUNE_FILTERS))),
    ),
    get('/containers/:id/json', async exchange => {
      const size = booleanParameter(exchange.query, 'size');
      const container = await backend.containerInspect(exchange.param('id'), { size });
      await sendJson(exchange, inspectFor(exchange, container));
    }),
    ...lifecycleRoutes(backend),
    ...outputRoutes(backend),
    post('/containers/:id/wait', exchange => wait(backend, exchange)),
    post('/containers/:id/resize', async exchange => {
      const { rows, columns } = sizeParameters(exchange.query);
      await backend.containerResize(exchange.param('id'), rows, columns);
      sendEmpty(exchange, 200);
    }),
    { ...get('/containers/:id/attach/ws', exchange => attachByWebSocket(backend, exchange)), hijacks: true },
    hijacking('/containers/:id/attach', exchange => attach(backend, exchange)),
  ];
}

function lifecycleRoutes(backend: ContainerBackend): Router {
  /** An action on a container that answers 204. */
  const action = (name: string, act: (id: string, query: URLSearchParams) => Promise<void>) =>
    post(`/containers/:id/${name}`, async exchange => {
      await act(exchange.param('id'), exchange.query);
      sendEmpty(exchange);
    });
  return [
    post('/containers/:id/start', exchange => start(backend, exchange)),
    action('stop', (id, query) => backend.containerStop(id, stopOptions(query))),
    action('restart', (id, query) => backend.containerRestart(id, stopOptions(query))),
    action('kill', (id, query) => backend.containerKill(id, textParameter(query, 'signal') ?? 'SIGKILL')),
    action('pause', id => backend.containerPause(id)),
    action('unpause', id => backend.containerUnpause(id)),
    action('rename', (id, query) => {
      const name = textParameter(query, 'name');
      if (name === undefined)
        throw new EngineError('invalid-parameter', 'Neither old nor new names may be empty');
      return backend.containerRename(id, name);
    }),
    post('/containers/:id/update', async exchange => {
      const update = await readJson(exchange, updateRequest, { name: 'UpdateConfig', emptyIsObject: true });
      const meant = updateAsMeant(update, exchange.version);
      await sendJson(exchange, await backend.containerUpdate(exchange.param('id'), meant));
    }),
    remove('/containers/:id', async exchange => {
      const { query } = exchange;
      await backend.containerRemove(exchange.param('id'), {
        force: booleanParameter(query, 'force'),
        volumes: booleanParameter(query, 'v'),
        link: booleanParameter(query, 'link'),
      });
      sendEmpty(exchange);
    }),
  ];
}

function outputRoutes(backend: ContainerBackend): Router {
  return [
    get('/containers/:id/logs', exchange => logs(backend, exchange)),
    get('/containers/:id/stats', exchange => stats(backend, exchange)),
    get('/containers/:id/top', async exchange =>
      sendJson(
        exchange,
        await backend.containerTop(exchange.param('id'), textParameter(exchange.query, 'ps_args') ?? '-ef'),
      ),
    ),
    get('/containers/:id/changes', async exchange =>
      sendJson(exchange, await backend.containerChanges(exchange.param('id'))),
    ),
    get('/containers/:id/export', async exchange =>
      sendStream(exchange, await backend.containerExport(exchange.param('id')), 'application/octet-stream'),
    ),
  ];
}

async function list(backend: ContainerBackend, exchange: Exchange): Promise<void> {
  const { query } = exchange;
  const summaries = await backend.containerList({
    all: booleanParameter(query, 'all'),
    limit: integerParameter(query, 'limit') ?? 0,
    size: booleanParameter(query, 'size'),
    filters: filtersParameter(query, LIST_FILTERS),
  });
  await sendJson(exchange, summariesFor(exchange, summaries));
}

async function create(backend: ContainerBackend, exchange: Exchange): Promise<void> {
  const request = await readJson(exchange, createRequest, { name: 'CreateRequest', emptyIsObject: false });
  const { query, version } = exchange;
  const meant = withEndpointSysctls(createAsMeant(request, version), version);
  const { Id, Warnings } = await backend.containerCreate(textParameter(query, 'name') ?? '', meant.request, {
    platform: exchange.atLeast('1.41') ? textParameter(query, 'platform') : undefined,
    flatReadonlyMounts: hasFlatReadonlyMounts(version),
  });
  const told = [...Warnings, ...deprecations(request, version), ...meant.warnings];
  await sendJson(exchange, { Id, Warnings: told }, 201);
}

async function start(backend: ContainerBackend, exchange: Exchange): Promise<void> {
  if (Number(exchange.request.headers['content-length'] ?? 0) > IGNORED_BODY_BYTES)
    throw new EngineError(
      'invalid-parameter',
      'starting container with non-empty request body was deprecated since API v1.22 and removed in v1.24',
    );
  // `detachKeys`, which clients send, means nothing here: those of the attached connection count.
  await backend.containerStart(exchange.param('id'));
  sendEmpty(exchange);
}

function stopOptions(query: URLSearchParams): { signal?: string; timeoutSeconds?: number } {
  return { signal: textParameter(query, 'signal'), timeoutSeconds: integerParameter(query, 't') };
}

async function logs(backend: ContainerBackend, exchange: Exchange): Promise<void> {
  const { query } = exchange;
  const stdout = booleanParameter(query, 'stdout');
  const stderr = booleanParameter(query, 'stderr');
  if (!stdout && !stderr)
    throw new EngineError('invalid-parameter', 'Bad parameters: you must choose at least one stream');
  const { stream, multiplexed } = await backend.containerLogs(exchange.param('id'), {
    follow: booleanParameter(query, 'follow'),
    stdout,
    stderr,
    timestamps: booleanParameter(query, 'timestamps'),
    details: booleanParameter(query, 'details'),
    tail: tailParameter(query),
    sinceNs: timeParameter(query, 'since'),
    untilNs: query.get('until') === '0' ? undefined : timeParameter(query, 'until'),
    signal: exchange.signal,
  });
  await sendStream(exchange, stream, outputType(exchange, multiplexed));
}

/** Any text that is not a number means all lines. */
function tailParameter(query: URLSearchParams): number | undefined {
  const tail = query.get('tail') ?? '';
  return /^\d{1,15}$/.test(tail) ? Number(tail) : undefined;
}

async function stats(backend: ContainerBackend, exchange: Exchange): Promise<void> {
  const { query, signal } = exchange;
  const stream = booleanParameter(query, 'stream', true);
  const oneShot = booleanParameter(query, 'one-shot');
  if (stream && oneShot)
    throw new EngineError('invalid-parameter', 'cannot have stream=true and one-shot=true');
  const samples = backend.containerStats(exchange.param('id'), { stream, oneShot }, signal);
  if (stream) return sendLines(exchange, samples, { headersFirst: false });
  for await (const sample of samples) return sendJson(exchange, sample);
  await sendJson(exchange, {});
}

async function wait(backend: ContainerBackend, exchange: Exchange): Promise<void> {
  const { query, response } = exchange;
  const text = textParameter(query, 'condition') ?? 'not-running';
  const condition = WAIT_CONDITIONS.find(known => known === text);
  if (condition === undefined) throw new EngineError('invalid-parameter', `invalid condition: "${text}"`);
  const { status } = await backend.containerWait(exchange.param('id'), condition, exchange.signal);
  // `docker run` starts the container once it has these headers.
  response.writeHead(200, { 'Content-Type': 'application/json' });
  response.flushHeaders();
  response.end(`${JSON.stringify(await status)}\n`);
}

async function attach(backend: ContainerBackend, exchange: Exchange): Promise<void> {
  // Some clients send their options a second time.
  if (exchange.request.headers['content-length'] !== undefined) await readBody(exchange);
  const session = await backend
    .containerAttach(exchange.param('id'), attachOptions(exchange))
    .catch(asRefusal);
  if (session instanceof EngineError) refuseStream(exchange, session);
  else await hijack(exchange, session);
}

/** What is the client's doing; the engine's own failures are logged, as those of other calls. */
function asRefusal(error: unknown): EngineError {
  if (error instanceof EngineError && error.kind !== 'system') return error;
  throw error;
}

async function attachByWebSocket(backend: ContainerBackend, exchange: Exchange): Promise<void> {
  const options = { ...attachOptions(exchange), raw: true };
  await hijackWebSocket(exchange, () => backend.containerAttach(exchange.param('id'), options));
}

function attachOptions({ query }: Exchange): AttachOptions {
  return {
    stream: booleanParameter(query, 'stream'),
    logs: booleanParameter(query, 'logs'),
    stdin: booleanParameter(query, 'stdin'),
    stdout: booleanParameter(query, 'stdout'),
    stderr: booleanParameter(query, 'stderr'),
    detachKeys: query.get('detachKeys') ?? '',
  };
}
