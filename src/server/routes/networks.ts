import { EngineError } from '../../base/errors.ts';
import type { NetworkBackend } from '../backend.ts';
import { filtersParameter } from '../query.ts';
import { sendJson } from '../respond.ts';
import { get, post, type Router, remove } from '../router.ts';

const LIST_FILTERS = ['dangling', 'driver', 'id', 'label', 'name', 'scope', 'type'];
const PRUNE_FILTERS = ['label', 'label!', 'until'];

export function networkRoutes(backend: NetworkBackend): Router {
  const list = get('/networks', async exchange =>
    sendJson(exchange, await backend.networkList(filtersParameter(exchange.query, LIST_FILTERS))),
  );
  return [
    list,
    { ...list, path: '/networks/' },
    get('/networks/:id', async exchange =>
      sendJson(exchange, await backend.networkInspect(exchange.param('id'))),
    ),
    post('/networks/create', unsupported),
    post('/networks/:id/connect', unsupported),
    post('/networks/:id/disconnect', unsupported),
    post('/networks/prune', exchange => {
      filtersParameter(exchange.query, PRUNE_FILTERS);
      // There are only the predefined networks, and those are never pruned.
      sendJson(exchange, { NetworksDeleted: null });
    }),
    remove('/networks/:id', async exchange => {
      const { Name } = await backend.networkInspect(exchange.param('id'));
      throw new EngineError('forbidden', `${Name} is a pre-defined network and cannot be removed`);
    }),
  ];
}

function unsupported(): never {
  throw new EngineError(
    'not-implemented',
    'networks other than bridge, host, none and container:NAME are not supported by this engine',
  );
}
