import type { VolumeBackend } from '../../api/backend.ts';
import { stringMap, struct, text } from '../../base/go/decode.ts';
import { readJson } from '../body/read-body.ts';
import type { Exchange } from '../exchange.ts';
import { booleanParameter, filtersParameter } from '../query.ts';
import { sendEmpty, sendJson } from '../../http/respond.ts';
import { get, post, type Router, remove } from '../router.ts';

const LIST_FILTERS = ['dangling', 'driver', 'label', 'name'];
const PRUNE_FILTERS = ['all', 'label', 'label!'];

const createRequest = struct<Parameters<VolumeBackend['volumeCreate']>[0]>('volume.CreateOptions', {
  Name: text(),
  Driver: text(),
  DriverOpts: stringMap,
  Labels: stringMap,
});

export function volumeRoutes(backend: VolumeBackend): Router {
  return [
    get('/volumes', async exchange =>
      sendJson(exchange, await backend.volumeList(filtersParameter(exchange.query, LIST_FILTERS))),
    ),
    get('/volumes/:name', async exchange =>
      sendJson(exchange, await backend.volumeInspect(exchange.param('name'))),
    ),
    post('/volumes/create', async exchange => {
      const request = await readJson(exchange, createRequest, {
        name: 'CreateOptions',
        emptyIsObject: true,
      });
      await sendJson(exchange, await backend.volumeCreate(request), 201);
    }),
    post('/volumes/prune', exchange => prune(backend, exchange)),
    remove('/volumes/:name', async exchange => {
      await backend.volumeRemove(exchange.param('name'), booleanParameter(exchange.query, 'force'));
      sendEmpty(exchange);
    }),
  ];
}

async function prune(backend: VolumeBackend, exchange: Exchange): Promise<void> {
  const filters = new Map(filtersParameter(exchange.query, PRUNE_FILTERS));
  // Before API 1.42 there was no `all`: named volumes were pruned with the anonymous ones.
  if (!exchange.atLeast('1.42') && !filters.has('all')) filters.set('all', ['true']);
  await sendJson(exchange, await backend.volumePrune(filters));
}
