import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { EngineError } from '../base/errors.ts';
import { makePrivateDirectory } from '../base/private-files.ts';
import { DEFAULT_SETTINGS, type Reloadable } from '../api/engine-options.ts';
import { VERSION } from '../cli/version.ts';
import { loadDefaultProfile } from '../daemon/system/apparmor/load-default-profile.ts';
import { createBackend } from '../daemon/system/backend.ts';
import { DEFAULT_BURST, DEFAULT_SHARE_POOL_THRESHOLD } from '../governor/burst/burst-settings.ts';
import type { DaemonOptions } from '../daemon/model/daemon-options.ts';
import { reloadOptions } from '../daemon/system/reload-options.ts';
import { type Logger, SILENT } from '../daemon/model/logger.ts';
import { openDaemon } from '../daemon/system/open-daemon.ts';
import { readHostFacts } from '../daemon/container/spec/host-facts.ts';
import { NamespaceMaker } from '../execdriver/native/namespace-maker.ts';
import { openNativeDriver } from '../execdriver/native/open-native-driver.ts';
import { openBuildBackend } from './open-build-backend.ts';
import { lockFile } from '../kernel/lock-file.ts';
import type { StorageDriver } from '../graph/graphdriver/graph-driver.ts';
import type { Content } from '../graph/content/content.ts';
import type { LeaseRegister } from '../graph/records/leases.ts';
import { openGraph } from '../graph/open-graph.ts';
import { NamespacePool } from '../networkdriver/namespace-pool.ts';
import { openNetworkDrivers } from '../networkdriver/open-network-drivers.ts';
import type { Backend } from '../api/backend.ts';
import { holdPrograms } from './hold-programs.ts';
import { requireRoot } from './require-root.ts';
import type * as Registry from '../registry/server/open-registry.ts';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The resolver's program: beside the bundle, or beside this source. */
const RESOLVER_PATH = ['./resolver.js', './resolver.ts']
  .map(path => fileURLToPath(new URL(path, import.meta.url)))
  .reduce((found, path) => (existsSync(found) ? found : path));

export type EngineOptions = Partial<Omit<DaemonOptions, 'version' | 'initPath'>> & {
  /** Storage drivers besides those built in. */
  storageDrivers?: readonly StorageDriver[];
  /**
   * The default network's bridge, and the engine's nftables table. Engines side by side need their own, and have
   * them by default: the names depend on the data root.
   */
  bridgeDevice?: string;
  firewallTable?: string;
  /** How many network namespaces are kept ready. Default 3. */
  namespacePoolSize?: number;
  logger?: Logger;
};

const DEFAULT_DATA_ROOT = '/var/lib/slipway';

/** See there. An engine does not load it. */
export const openRegistry: typeof Registry.openRegistry = async options =>
  (await import('../registry/server/open-registry.ts')).openRegistry(options);

/** A container engine inside this process. Several can live in one, each with roots, bridge and table of its own. */
export interface Engine {
  /** Everything that Docker's API offers, as methods. */
  readonly backend: Backend;
  /** Takes over what may change while it runs, and announces that. */
  reload(options: Reloadable): void;
  /** Content by digest, for programs that bring or take it themselves; leases keep it while they do. */
  readonly content: Content;
  readonly leases: LeaseRegister;
  /** Ends the engine. Containers keep running, for the next engine on the same data root. Idempotent. */
  close(): Promise<void>;
}

/**
 * Opens the engine of a data root. Needs root.
 * @throws EngineError forbidden for users other than root, conflict when another engine has it open; what the parts throw
 */
export async function openEngine(options: EngineOptions = {}): Promise<Engine> {
  requireRoot();
  const { dataRoot, execRoot } = rootsOf(options);
  await startThreadPool();
  makePrivateDirectory(dataRoot);
  makePrivateDirectory(execRoot);
  await using undo = new AsyncDisposableStack();
  undo.defer(lockRoot('data root', join(dataRoot, 'engine.lock')));
  undo.defer(lockRoot('exec root', join(execRoot, 'exec.lock')));
  const programs = holdPrograms(execRoot);
  undo.defer(programs.release);
  const daemonOptions = { ...completeOptions(options), dataRoot, execRoot, initPath: programs.init };
  const graph = await openGraph({
    root: join(dataRoot, 'graph'),
    storageDriver: options.storageDriver || undefined,
    storageOptions: options.storageOptions,
    storageDrivers: options.storageDrivers,
    discardBlobs: options.discardBlobs,
  });
  undo.defer(() => graph.close());
  options.logger?.info({ driver: graph.driverName, status: graph.driverStatus() }, 'storage driver');
  const { bridgeDevice, firewallTable } = hostNames(dataRoot, options);
  const networkDrivers = openNetworkDrivers({
    table: firewallTable,
    relay: options.userlandProxy,
    firewallMode: options.firewallMode,
  });
  undo.defer(() => {
    for (const driver of networkDrivers.values()) driver.close();
  });
  const namespaceMaker = new NamespaceMaker(programs.shim);
  undo.defer(() => namespaceMaker.close());
  const namespaces = new NamespacePool({
    create: () => namespaceMaker.create(),
    size: options.namespacePoolSize,
    prepare: async namespace => {
      for (const driver of networkDrivers.values()) await driver.prepare(namespace);
    },
  });
  undo.defer(() => namespaces.close());
  const execDriver = openNativeDriver({
    shimPath: programs.shim,
    cgroupDriver: daemonOptions.cgroupDriver,
  });
  undo.defer(() => execDriver.close());
  const { daemon, close } = await openDaemon({
    options: daemonOptions,
    log: options.logger ?? SILENT,
    graph,
    execDriver,
    networkDrivers,
    namespaces,
    resolverProgram: RESOLVER_PATH,
    bridgeDevice,
    ownsBridge: options.bridgeDevice === undefined,
    hostFacts: readHostFacts(await loadDefaultProfile(options.logger ?? SILENT)),
  });
  undo.defer(close);
  const builds = await openBuildBackend(daemon);
  undo.defer(() => builds.close());
  const parts = undo.move();
  const backend = createBackend(daemon);
  return {
    backend: { ...backend, ...builds.backend, diskUsage: builds.withBuildCache(backend.diskUsage) },
    content: graph.content,
    leases: graph.leases,
    reload: changes => reloadOptions(daemon, changes),
    close: () => parts.disposeAsync(),
  };
}

function lockRoot(what: string, path: string): () => void {
  return lockFile(path, {
    refusal: pid =>
      new EngineError('conflict', `another daemon (process ${pid}) is using the ${what} ${dirname(path)}`, {
        hint: 'Stop it first, or give this one another --data-root and --exec-root.',
      }),
  });
}

/** `slipway0` and `slipway` for the engine of the machine; for others, names made from their data roots. */
function hostNames(
  dataRoot: string,
  options: EngineOptions,
): { bridgeDevice: string; firewallTable: string } {
  const hash = createHash('sha256').update(dataRoot).digest('hex').slice(0, 7);
  const isMain = dataRoot === DEFAULT_DATA_ROOT;
  return {
    bridgeDevice: options.bridgeDevice ?? (isMain ? 'slipway0' : `slipway-${hash}`),
    firewallTable: options.firewallTable ?? (isMain ? 'slipway' : `slipway-${hash}`),
  };
}

/** Absolute. */
function rootsOf({ dataRoot = DEFAULT_DATA_ROOT, execRoot = '/run/slipway' }: EngineOptions) {
  return { dataRoot: resolve(dataRoot), execRoot: resolve(execRoot) };
}

function completeOptions(options: EngineOptions): Omit<DaemonOptions, 'dataRoot' | 'execRoot' | 'initPath'> {
  return {
    ...DEFAULT_SETTINGS,
    burst: DEFAULT_BURST,
    cgroupDriver: 'cgroupfs',
    sharePoolThreshold: DEFAULT_SHARE_POOL_THRESHOLD,
    sysctlGuard: 'deny',
    systemReserve: { cpus: 0, memoryBytes: 0 },
    bridgeDisabled: false,
    warnings: [],
    certificateDirectories: ['/etc/slipway/certs.d', '/etc/docker/certs.d'],
    proxies: { http: '', https: '', none: '' },
    registryPatience: {},
    ...options,
    version: VERSION,
  };
}

/**
 * libuv's pool threads inherit the namespaces of the thread whose work starts them. That must be this one, now,
 * and not a worker that has left the host's namespaces.
 */
async function startThreadPool(): Promise<void> {
  await Promise.all(Array.from({ length: 4 }, () => stat('/')));
}
