import { EngineError } from '../../base/errors.ts';
import { sendJson } from '../../http/respond.ts';
import { get, post, type Router, remove } from '../router.ts';

/** This engine is never part of a swarm, and has no plugins: what clients ask about them has a plain answer. */
export function swarmRoutes(): Router {
  const paths = ['swarm', 'nodes', 'services', 'tasks', 'secrets', 'configs'];
  return [
    post('/swarm/init', unsupported('swarm mode')),
    post('/swarm/join', unsupported('swarm mode')),
    post('/swarm/leave', notInSwarm),
    ...paths.flatMap(noun => [
      get(`/${noun}`, notManager),
      get(`/${noun}/*`, notManager),
      post(`/${noun}/*`, notManager),
      remove(`/${noun}/*`, notManager),
    ]),
    get('/plugins', exchange => sendJson(exchange, [])),
    get('/plugins/:name/json', exchange => {
      throw new EngineError('not-found', `plugin "${exchange.param('name')}" not found`);
    }),
  ];
}

/** What Docker has and this engine has not: 501 with a message that says so. */
function unsupported(what: string): () => never {
  return () => {
    throw new EngineError('not-implemented', `${what} is not supported by this engine`);
  };
}

function notManager(): never {
  throw new EngineError(
    'unavailable',
    'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node ' +
      'to swarm and try again.',
  );
}

function notInSwarm(): never {
  throw new EngineError('unavailable', 'This node is not part of a swarm');
}
