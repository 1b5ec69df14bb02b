import { EngineError } from '../../base/errors.ts';
import type { NetworkBackend } from '../../api/backend.ts';
import {
  networkConnectRequest,
  networkCreateRequest,
  networkDisconnectRequest,
} from '../body/network-requests.ts';
import { readJson } from '../body/read-body.ts';
import type { Exchange } from '../exchange.ts';
import { filtersParameter } from '../query.ts';
import { sendEmpty, sendJson } from '../../http/respond.ts';
import { get, post, type Router, remove } from '../router.ts';

const LIST_FILTERS = ['dangling', 'driver', 'id', 'label', 'name', 'scope', 'type'];
const PRUNE_FILTERS = ['label', 'label!', 'until'];
const BOOLEAN = /^(1|t|T|TRUE|true|True|0|f|F|FALSE|false|False)?$/;

export function networkRoutes(backend: NetworkBackend): Router {
  const list = get('/networks', async exchange =>
    sendJson(exchange, await backend.networkList(filtersParameter(exchange.query, LIST_FILTERS))),
  );
  return [
    list,
    { ...list, path: '/networks/' },
    get('/networks/:id', exchange => inspect(backend, exchange)),
    post('/networks/create', async exchange => {
      const request = await readJson(exchange, networkCreateRequest, {
        name: 'CreateRequest',
        emptyIsObject: false,
      });
      await sendJson(exchange, await backend.networkCreate(request), 201);
    }),
    post('/networks/:id/connect', async exchange => {
      const options = { name: 'ConnectOptions', emptyIsObject: false };
      const request = await readJson(exchange, networkConnectRequest, options);
      await backend.networkConnect(exchange.param('id'), request);
      sendEmpty(exchange, 200);
    }),
    post('/networks/:id/disconnect', async exchange => {
      const options = { name: 'DisconnectOptions', emptyIsObject: false };
      const request = await readJson(exchange, networkDisconnectRequest, options);
      await backend.networkDisconnect(exchange.param('id'), request);
      sendEmpty(exchange, 200);
    }),
    post('/networks/prune', async exchange =>
      sendJson(exchange, await backend.networkPrune(filtersParameter(exchange.query, PRUNE_FILTERS))),
    ),
    remove('/networks/:id', async exchange => {
      await backend.networkRemove(exchange.param('id'));
      sendEmpty(exchange);
    }),
  ];
}

async function inspect(backend: NetworkBackend, exchange: Exchange): Promise<void> {
  const { query } = exchange;
  // What it adds, services and their tasks, only networks of a swarm have.
  const verbose = query.get('verbose') ?? '';
  if (!BOOLEAN.test(verbose))
    throw new EngineError(
      'invalid-parameter',
      `invalid value for verbose: ${verbose}: strconv.ParseBool: parsing "${verbose}": invalid syntax`,
    );
  const scope = query.get('scope') ?? '';
  await sendJson(exchange, await backend.networkInspect(exchange.param('id'), { scope }));
}
