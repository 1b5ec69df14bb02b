import { isatty } from 'node:tty';
import type { RegistryFlags } from '../cli/registry-flags.ts';
import { VERSION as version } from '../cli/version.ts';
import { openRegistry } from '../registry/server/open-registry.ts';
import { holdModules } from './hold-modules.ts';
import { makeLogger } from './make-logger.ts';
import { stopSignal } from './stop-signal.ts';

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
  const registry = await openRegistry({ ...flags, logger });
  undo.defer(() => registry.close());
  logger.info({ addresses: registry.addresses, root: flags.root, version }, 'registry listening');
  const signal = await stopped;
  logger.info({ signal }, 'stopping');
}
