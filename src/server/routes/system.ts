import { EngineError } from '../../base/errors.ts';
import type { SystemBackend, UsagePart } from '../../api/backend.ts';
import type { Exchange } from '../exchange.ts';
import { filtersParameter, timeParameter } from '../query.ts';
import { sendJson, sendLines } from '../../http/respond.ts';
import { get, type Router } from '../router.ts';

/** What `GET /system/df?type=` may name. */
const USAGE_PARTS: readonly UsagePart[] = ['container', 'image', 'volume', 'build-cache'];

export function systemRoutes(backend: SystemBackend): Router {
  return [
    get('/_ping', ping),
    { method: 'HEAD', path: '/_ping', handle: ping },
    get('/version', async exchange => sendJson(exchange, await backend.version())),
    get('/info', async exchange => sendJson(exchange, infoFor(exchange, await backend.info()))),
    get('/events', exchange => events(backend, exchange)),
    get('/system/df', exchange => diskUsage(backend, exchange)),
  ];
}

/** The engine's information as the client's version of the API has it. */
function infoFor(exchange: Exchange, info: object): object {
  return exchange.atLeast('1.50') ? info : { ...info, BridgeNfIptables: false, BridgeNfIp6tables: false };
}

function ping({ request, response }: Exchange): void {
  response.writeHead(200, {
    'Builder-Version': '2',
    'Cache-Control': 'no-cache, no-store, must-revalidate',
    'Content-Length': request.method === 'HEAD' ? 0 : 2,
    'Content-Type': 'text/plain; charset=utf-8',
    Pragma: 'no-cache',
    Swarm: 'inactive',
  });
  response.end(request.method === 'HEAD' ? undefined : 'OK');
}

async function events(backend: SystemBackend, exchange: Exchange): Promise<void> {
  const { query } = exchange;
  const sinceNs = timeParameter(query, 'since');
  const untilNs = timeParameter(query, 'until');
  if (sinceNs !== undefined && untilNs !== undefined && sinceNs > untilNs)
    throw new EngineError(
      'invalid-parameter',
      `\`since\` time (${query.get('since')}) cannot be after \`until\` time (${query.get('until')})`,
    );
  const filters = filtersParameter(query);
  const messages = backend.events({ sinceNs, untilNs, filters, signal: exchange.signal });
  await sendLines(exchange, messages, { headersFirst: true });
}

/** Whatever is asked for, the answer has all keys: null for the rest. */
async function diskUsage(backend: SystemBackend, exchange: Exchange): Promise<void> {
  const types = exchange.atLeast('1.42') ? exchange.query.getAll('type') : [];
  for (const type of types)
    if (!USAGE_PARTS.includes(type as UsagePart))
      throw new EngineError('invalid-parameter', `unknown object type: ${type}`);
  const usage = await backend.diskUsage(new Set(types.length === 0 ? USAGE_PARTS : (types as UsagePart[])));
  if (!exchange.atLeast('1.44') && Array.isArray(usage.Images))
    for (const image of usage.Images as { Size?: number; VirtualSize?: number }[])
      image.VirtualSize = image.Size;
  await sendJson(exchange, usage);
}
