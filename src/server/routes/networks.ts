import { EngineError } from '../../base/errors.ts';
import type { NetworkBackend } from '../backend.ts';
import { filtersParameter } from '../query.ts';
import { sendJson } from '../respond.ts';
import { get, post, type Router, remove } from '../router.ts';
import { unsupported } from '../unsupported.ts';

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
    post('/networks/create', unsupported('a network other than bridge, host, none and container:NAME')),
    post('/networks/:id/connect', unsupported('connecting a container to a second network')),
    post('/networks/:id/disconnect', unsupported('disconnecting a container from its network')),
    post('/networks/prune', exchange => {
      filtersParameter(exchange.query, PRUNE_FILTERS);
      // There are only the predefined networks, and those are never pruned.
      return sendJson(exchange, { NetworksDeleted: null });
    }),
    remove('/networks/:id', async exchange => {
      const { Name } = await backend.networkInspect(exchange.param('id'));
      throw new EngineError('forbidden', `${Name} is a pre-defined network and cannot be removed`);
    }),
  ];
}
