import { checkLogConfig } from '../daemon/container/logs/log-config.ts';
import { chmodSync, chownSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { isatty } from 'node:tty';
import { EngineError } from '../base/errors.ts';
import type { Logger } from 'pino';
import { reloadableOf, settingsOf } from '../api/engine-options.ts';
import type { DaemonFlags } from '../cli/daemon-flags.ts';
import { VERSION as version } from '../cli/version.ts';
import { openMetricsServer } from '../server/metrics-server.ts';
import { openApiServer } from '../server/api-server.ts';
import { type Engine, type EngineOptions, openEngine } from './engine.ts';
import { giveBackMemory } from './give-back-memory.ts';
import { holdModules } from './hold-modules.ts';
import { logLevel, makeLogger } from './make-logger.ts';
import { takePidfile } from './pidfile.ts';
import { requireRoot } from './require-root.ts';
import { stopSignal } from './stop-signal.ts';

/** A promise that was rejected before it was awaited is a fault of ours, but no reason to end for all clients. */
const UNHANDLED = 'a rejection was not handled';

/**
 * `slipway daemon`: an engine behind its listeners, until SIGTERM or SIGINT. Containers keep running after it.
 * @throws EngineError conflict when the pidfile, a root, the bridge or a socket is in use; invalid-parameter for bad flags
 */
export async function runDaemon(flags: DaemonFlags, reread: () => DaemonFlags): Promise<void> {
  requireRoot();
  holdModules();
  const logger = await makeLogger(flags, isatty(2));
  const stopped = stopSignal();
  process.on('unhandledRejection', reason => logger.error(reason, UNHANDLED));
  // What containers and others are to see is made with modes that expect no other.
  process.umask(0o022);
  for (const warning of [...flags.warnings, ...tcpWarnings(flags)]) logger.warn(warning);
  await using undo = new AsyncDisposableStack();
  if (flags.pidfile !== '') undo.defer(takePidfile(flags.pidfile));
  const engine = await openEngine({ ...engineOptions(flags), logger });
  undo.defer(() => engine.close());
  const server = await openApiServer({
    backend: engine.backend,
    listen: flags.hosts,
    ...(flags.tls ? { tls: flags.tls } : {}),
    names: flags.apiNames,
    version,
    logger,
  });
  undo.defer(() => server.close());
  if (flags.metricsAddress !== '') {
    const metrics = await openMetricsServer(engine.backend, flags.metricsAddress);
    undo.defer(() => metrics.close());
    logger.info({ address: metrics.address }, 'metrics');
  }
  if (flags.group !== '') giveToGroup(server.addresses, flags.group);
  admitToSockets(flags.execRoot);
  undo.defer(giveBackMemory());
  undo.defer(onHangup(() => reload(engine, logger, reread)));
  logger.info({ addresses: server.addresses, dataRoot: flags.dataRoot, version }, 'API listening');
  const signal = await stopped;
  logger.info({ signal }, 'stopping; containers keep running');
}

/** @throws EngineError invalid-parameter */
export function engineOptions(flags: DaemonFlags): EngineOptions {
  checkLogConfig({ Type: flags.logDriver, Config: flags.logOptions });
  const {
    bridge,
    burst,
    cgroupDriver,
    dataRoot,
    execRoot,
    proxies,
    sharePoolThreshold,
    sysctlGuard,
    systemReserve,
  } = flags;
  return {
    ...settingsOf(flags),
    dataRoot,
    execRoot,
    proxies,
    burst,
    cgroupDriver,
    sharePoolThreshold,
    sysctlGuard,
    systemReserve,
    bridgeDisabled: bridge === 'none',
    bridgeDevice: bridge === 'none' ? undefined : bridge || undefined,
    warnings: tcpWarnings(flags),
    registryPatience: { attempts: flags.maxDownloadAttempts },
  };
}

/** Warnings for TCP listeners that let in every client. */
function tcpWarnings({ hosts, tls }: DaemonFlags): string[] {
  if (tls?.clientCa !== undefined) return [];
  const problem = tls === undefined ? 'encryption' : 'TLS client verification';
  return hosts
    .filter(host => host.startsWith('tcp://'))
    .map(
      host =>
        `WARNING: API is accessible on ${tls === undefined ? 'http' : 'https'}://${host.slice('tcp://'.length)} without ${problem}.\n         Access to the remote API is equivalent to root access on the host.`,
    );
}

/** SIGHUP: the configuration file is read again. A bad one changes nothing. */
function reload(engine: Engine, logger: Logger, reread: () => DaemonFlags): void {
  try {
    const flags = reread();
    logger.level = logLevel(flags);
    for (const warning of flags.warnings) logger.warn(warning);
    engine.reload(reloadableOf(flags));
    logger.info('configuration reloaded');
  } catch (error) {
    logger.error(error, 'the configuration was not reloaded');
  }
}

function onHangup(listener: () => void): () => void {
  process.on('SIGHUP', listener);
  return () => process.off('SIGHUP', listener);
}

/** @throws EngineError invalid-parameter for an unknown group */
function giveToGroup(addresses: readonly string[], group: string): void {
  const lines = readFileSync('/etc/group', 'utf8')
    .split('\n')
    .map(line => line.split(':'));
  const gid = /^\d+$/.test(group) ? group : lines.find(([name]) => name === group)?.[2];
  if (gid === undefined) throw new EngineError('invalid-parameter', `group ${group} not found`);
  for (const address of addresses) {
    if (address.startsWith('unix://')) chownSync(address.slice('unix://'.length), 0, Number(gid));
  }
}

/** Users of a socket in the exec root may enter the exec root, and no further. */
function admitToSockets(execRoot: string): void {
  const sockets = readdirSync(execRoot, { withFileTypes: true }).filter(entry => entry.isSocket());
  const group = sockets.map(({ name }) => statSync(join(execRoot, name)).gid).find(gid => gid !== 0);
  if (group === undefined) return;
  chownSync(execRoot, -1, group);
  chmodSync(execRoot, 0o710);
}
