import { EngineError } from '../../base/errors.ts';
import type { ContainerBackend } from '../../api/backend.ts';
import { execConfig, execStartConfig } from '../body/exec-config.ts';
import { readJson } from '../body/read-body.ts';
import type { Exchange } from '../exchange.ts';
import { hijack } from '../hijack.ts';
import { sizeParameters } from '../query.ts';
import { sendEmpty, sendJson } from '../../http/respond.ts';
import { get, hijacking, post, type Router } from '../router.ts';

export function execRoutes(backend: ContainerBackend): Router {
  return [
    post('/containers/:id/exec', exchange => create(backend, exchange)),
    hijacking('/exec/:id/start', exchange => start(backend, exchange)),
    post('/exec/:id/resize', async exchange => {
      const { rows, columns } = sizeParameters(exchange.query);
      await backend.execResize(exchange.param('id'), rows, columns);
      sendEmpty(exchange, 200);
    }),
    get('/exec/:id/json', async exchange =>
      sendJson(exchange, await backend.execInspect(exchange.param('id'))),
    ),
  ];
}

async function create(backend: ContainerBackend, exchange: Exchange): Promise<void> {
  const config = await readJson(exchange, execConfig, { name: 'ExecOptions', emptyIsObject: true });
  if (!config.Cmd?.length) throw new EngineError('invalid-parameter', 'No exec command specified');
  await sendJson(exchange, await backend.execCreate(exchange.param('id'), config), 201);
}

async function start(backend: ContainerBackend, exchange: Exchange): Promise<void> {
  const config = await readJson(exchange, execStartConfig, { name: 'ExecStartOptions', emptyIsObject: true });
  const session = await backend.execStart(exchange.param('id'), config);
  if (session === undefined) sendEmpty(exchange, 200);
  else await hijack(exchange, session);
}
