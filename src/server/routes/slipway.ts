import { Readable } from 'node:stream';
import { EngineError } from '../../base/errors.ts';
import type { Backend } from '../../api/backend.ts';
import { portMap } from '../body/host-config.ts';
import { readJson } from '../body/read-body.ts';
import { booleanParameter, textParameter } from '../query.ts';
import { METRICS_TYPE } from '../metrics-server.ts';
import { sendEmpty, sendJson, sendProgress, sendStream } from '../../http/respond.ts';
import { get, post, type Router } from '../router.ts';

const PORTS = { name: 'PortMap', emptyIsObject: false };

/** What Slipway offers beyond Docker's API. */
export function slipwayRoutes(
  backend: Pick<
    Backend,
    | 'cgroups'
    | 'containerCgroup'
    | 'containerExplain'
    | 'containerPublish'
    | 'containerWithdrawPorts'
    | 'imageBootstrap'
    | 'machine'
    | 'metrics'
    | 'networkProblems'
    | 'networkTrace'
    | 'systemCheck'
  >,
): Router {
  return [
    get('/slipway/containers/:id/plan', async exchange =>
      sendJson(exchange, { Operations: await backend.containerExplain(exchange.param('id')) }),
    ),
    get('/slipway/machine', async exchange => sendJson(exchange, await backend.machine())),
    get('/slipway/cgroups', async exchange => sendJson(exchange, await backend.cgroups())),
    get('/slipway/containers/:id/cgroup', async exchange =>
      sendJson(exchange, await backend.containerCgroup(exchange.param('id'))),
    ),
    post('/slipway/containers/:id/ports/add', async exchange => {
      await backend.containerPublish(exchange.param('id'), await readJson(exchange, portMap, PORTS));
      sendEmpty(exchange);
    }),
    post('/slipway/containers/:id/ports/remove', async exchange => {
      await backend.containerWithdrawPorts(exchange.param('id'), await readJson(exchange, portMap, PORTS));
      sendEmpty(exchange);
    }),
    get('/slipway/metrics', exchange => sendStream(exchange, Readable.from(backend.metrics()), METRICS_TYPE)),
    get('/slipway/networks/problems', async exchange => sendJson(exchange, await backend.networkProblems())),
    post('/slipway/networks/trace', async exchange => {
      const of = textParameter(exchange.query, 'of');
      if (of === undefined)
        throw new EngineError('invalid-parameter', 'of: a container, or a port of the host');
      const [from, to] = [textParameter(exchange.query, 'from'), textParameter(exchange.query, 'to')];
      const traces = await backend.networkTrace({
        of,
        ...(from === undefined ? {} : { from }),
        ...(to === undefined ? {} : { to }),
      });
      await sendJson(exchange, traces);
    }),
    post('/slipway/images/bootstrap', async exchange => {
      const what = textParameter(exchange.query, 'what');
      if (what === undefined) throw new EngineError('invalid-parameter', 'what: hello, busybox or debian');
      await sendProgress(exchange, async progress => {
        const id = await backend.imageBootstrap(what, progress);
        progress({ aux: { ID: id } });
      });
    }),
    post('/slipway/system/check', async exchange => {
      const { query } = exchange;
      const options = {
        repair: booleanParameter(query, 'repair'),
        layers: booleanParameter(query, 'layers'),
      };
      await sendProgress(exchange, async progress => {
        const report = await backend.systemCheck(options, ({ what, current, total }) =>
          progress({ id: what, status: 'Verifying', progressDetail: { current, total } }),
        );
        progress({ aux: report });
      });
    }),
  ];
}
