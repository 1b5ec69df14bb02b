import { existsSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { isatty } from 'node:tty';
import { EngineError, errorCode } from '../base/errors.ts';
import type { RegistryFlags, RegistryGarbageOptions } from '../cli/registry-flags.ts';
import { VERSION as version } from '../cli/version.ts';
import { parseUpstream } from '../registry/server/upstreams.ts';
import { CONTROL_SOCKET, openRegistry } from '../registry/server/open-registry.ts';
import type { MaintenanceReport } from '../registry/server/maintenance.ts';
import { holdModules } from './hold-modules.ts';
import { makeLogger } from './make-logger.ts';
import { stopSignal } from './stop-signal.ts';

/** sun_path of unix(7), with the temporary name of unix-listener.ts. */
const MAXIMUM_SOCKET_LENGTH = 106;

/**
 * `slipway registry serve`: a registry until SIGTERM or SIGINT.
 * @throws EngineError conflict when its root or an address is in use; invalid-parameter for bad flags
 */
export async function serveRegistry(flags: RegistryFlags): Promise<void> {
  holdModules();
  const logger = await makeLogger(
    { debug: false, logLevel: 'info', logFormat: '', rawLogs: false },
    isatty(2),
  );
  const stopped = stopSignal();
  process.umask(0o077);
  await using undo = new AsyncDisposableStack();
  const { tls, proxies, insecureRegistries, engine, ...rest } = flags;
  const discarded = engine === '' ? undefined : await openDiscarded(join(engine, 'graph'));
  undo.defer(() => discarded?.close());
  const registry = await openRegistry({
    ...rest,
    ...(tls && { tls }),
    ...layoutOf(engine),
    ...(discarded && { discarded }),
    upstreams: proxies.map(parseUpstream),
    client: { insecureRegistries, proxies: environmentProxies() },
    logger,
    controlSocket: controlSocket(flags.root),
  });
  undo.defer(() => registry.close());
  logger.info({ addresses: registry.addresses, root: flags.root, version }, 'registry listening');
  const signal = await stopped;
  logger.info({ signal }, 'stopping');
}

function layoutOf(engine: string): { layout?: string } {
  return engine === '' ? {} : { layout: join(engine, 'graph/content') };
}

async function openDiscarded(graphRoot: string) {
  const { DiscardedBlobs } = await import('../graph/operations/discarded-blobs.ts');
  return DiscardedBlobs.open(graphRoot);
}

/** As other programs have them. */
function environmentProxies(): { http: string; https: string; none: string } {
  const of = (name: string) => process.env[name] ?? process.env[name.toLowerCase()] ?? '';
  return { http: of('HTTP_PROXY'), https: of('HTTPS_PROXY'), none: of('NO_PROXY') };
}

function controlSocket(root: string): string | undefined {
  const path = join(root, CONTROL_SOCKET);
  return path.length > MAXIMUM_SOCKET_LENGTH ? undefined : path;
}

/** `slipway registry gc`: by the registry that serves the directory, or, where none does, here. */
export async function collectRegistryGarbage(options: RegistryGarbageOptions): Promise<MaintenanceReport> {
  const { engine, isDryRun, ...rest } = options;
  const { root } = rest;
  const socketPath = controlSocket(root);
  const answered = socketPath === undefined ? undefined : await askServer(socketPath, isDryRun);
  if (answered !== undefined) return answered;
  if (!existsSync(join(root, 'oci-layout')))
    throw new EngineError('not-found', `there is no registry in ${root}`);
  const registry = await openRegistry({ ...rest, ...layoutOf(engine), listen: [], gcIntervalMs: 0 });
  try {
    return await registry.collectGarbage({ isDryRun });
  } finally {
    await registry.close();
  }
}

/** Undefined without a listener. */
function askServer(socketPath: string, isDryRun: boolean): Promise<MaintenanceReport | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<MaintenanceReport | undefined>();
  const path = `/v2/_slipway/gc?dry-run=${isDryRun ? 1 : 0}`;
  const asking = request({ socketPath, path, method: 'POST' }, response => {
    json(response).then(body => {
      if (response.statusCode === 200) resolve(body as MaintenanceReport);
      else
        reject(new EngineError('system', `the registry does not collect garbage: ${JSON.stringify(body)}`));
    }, reject);
  });
  asking.on('error', error => {
    if (['ENOENT', 'ECONNREFUSED'].includes(errorCode(error) ?? '')) resolve(undefined);
    else reject(error);
  });
  asking.end();
  return promise;
}
