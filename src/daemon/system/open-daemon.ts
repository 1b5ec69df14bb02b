import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { RootedThreads } from '../../archive/rooted/rooted-threads.ts';
import { ShortMemory } from '../../base/short-memory.ts';
import { KeyedLock } from '../../base/keyed-lock.ts';
import { makePrivateDatabase, makePrivateDirectory } from '../../base/private-files.ts';
import type { ExecDriver } from '../../execdriver/driver.ts';
import { SysctlGuard } from '../../governor/sysctl/sysctl-guard.ts';
import { Governor } from '../../governor/governor.ts';
import type { Graph } from '../../graph/graph.ts';
import type { NetworkDriver } from '../../networkdriver/driver.ts';
import type { NamespacePool } from '../../networkdriver/namespace-pool.ts';
import { Background } from '../model/background.ts';
import type { Container } from '../model/container.ts';
import { forgetExec } from '../model/forget-exec.ts';
import { ExecTable } from '../model/exec-table.ts';
import { ContainerTable } from '../model/container-table.ts';
import { DepartedContainers } from '../model/departed-containers.ts';
import type { Daemon } from '../container/daemon.ts';
import type { DaemonOptions } from '../model/daemon-options.ts';
import { openDistribution } from '../image/distribution/distribution.ts';
import { startProbe } from '../exec/probe.ts';
import { EventBus } from '../model/event-bus.ts';
import { collectImages } from '../image/collect-images.ts';
import type { Logger } from '../model/logger.ts';
import { NameService } from '../network/name-service.ts';
import { Networks } from '../network/networks.ts';
import { reserveResources } from './reserve-resources.ts';
import { recoverContainers } from './recover-containers.ts';
import type { HostFacts } from '../container/spec/host-facts.ts';
import { startContainer } from '../container/lifecycle/start-container.ts';
import { StateStore } from '../model/state-store.ts';
import { Volumes } from '../volume/volumes.ts';

export type DaemonParts = {
  options: DaemonOptions;
  log: Logger;
  graph: Graph;
  execDriver: ExecDriver;
  networkDrivers: ReadonlyMap<string, NetworkDriver>;
  namespaces: Pick<NamespacePool, 'take'>;
  bridgeDevice: string;
  /** Whether the bridge is the engine's own: then it is taken away on close, if no container runs. */
  ownsBridge: boolean;
  hostFacts: HostFacts;
  /** The program that answers containers' questions about names. */
  resolverProgram: string;
};

/** For how long, and how many, with so many characters in what was asked for. */
const ENDED_EXECS = { keptMs: 5 * 60 * 1000, maxCount: 2000, maxSize: 16 << 20 };

export type OpenDaemon = {
  daemon: Daemon;
  /** Acts upon nothing any more, finishes what goes on in the background. The parts are closed by the caller. */
  close: () => Promise<void>;
};

/** Puts the parts together, and takes over what earlier daemons on the same data root have left. */
export async function openDaemon(parts: DaemonParts): Promise<OpenDaemon> {
  const { options, log, graph, execDriver, hostFacts } = parts;
  for (const root of [options.dataRoot, options.execRoot]) makePrivateDirectory(join(root, 'containers'));
  const database = join(options.dataRoot, 'state.db');
  makePrivateDatabase(database);
  const store = new StateStore(database);
  const background = new Background(log);
  const events = new EventBus();
  const threads = await RootedThreads.open();
  const closing = new AbortController();
  const daemon: Daemon = {
    options,
    id: engineId(store),
    log,
    store,
    containers: new ContainerTable(store),
    departed: new DepartedContainers(),
    execs: new ExecTable(),
    endedExecs: new ShortMemory({
      ...ENDED_EXECS,
      onForget: ({ id, containerId }) => {
        const container = daemon.containers.lookup(containerId);
        if (container !== undefined) forgetExec(daemon, { id, container });
      },
    }),
    events,
    locks: new KeyedLock(),
    background,
    distribution: openDistribution(options),
    starts: new Set(),
    graph,
    execDriver,
    networks: new Networks({
      store,
      events,
      drivers: parts.networkDrivers,
      namespaces: parts.namespaces,
      bridgeDevice: parts.bridgeDevice,
    }),
    volumes: new Volumes({
      directory: join(options.dataRoot, 'volumes'),
      store,
      events,
      background,
      threads,
    }),
    threads,
    governor: new Governor({
      file: join(options.execRoot, 'governor.json'),
      sharePoolThreshold: options.sharePoolThreshold,
      warn: (fields, message) => log.warn(fields, message),
    }),
    sysctls: new SysctlGuard(),
    hostFacts,
    closing: closing.signal,
    get names(): NameService {
      return names;
    },
    restart: container => startContainer(daemon, container, 'restart-policy'),
    startProbe: (container, options) => startProbe(daemon, container, options),
  };
  const names = new NameService(daemon, parts.resolverProgram);
  try {
    await daemon.networks.open(options);
    await reserveResources(execDriver, options);
    await recoverContainers(daemon);
    daemon.background.run('name resolution', names.recover());
    collectImages(daemon);
  } catch (error) {
    closing.abort();
    await threads.close();
    await background.idle();
    store.close();
    throw error;
  }
  return { daemon, close: () => close(daemon, closing, parts.ownsBridge) };
}

async function close(daemon: Daemon, closing: AbortController, withdrawsNetworks: boolean): Promise<void> {
  closing.abort();
  for (const container of daemon.containers.all()) {
    clearTimeout(container.restartTimer);
    container.stopRun();
  }
  await Promise.allSettled([...daemon.starts, ...daemon.distribution.active]);
  for (const container of daemon.containers.all()) letGo(daemon, container);
  daemon.departed.clear();
  daemon.governor.close();
  daemon.sysctls.close();
  daemon.names.close();
  await daemon.threads.close();
  await daemon.background.idle();
  const isInUse = daemon.containers.all().some(({ runtime }) => runtime !== undefined);
  if (withdrawsNetworks && !isInUse) await daemon.networks.withdraw();
  daemon.store.close();
}

/** The container's streams are its shim's; connections to them would keep a program alive that has closed its engine. */
function letGo({ execs }: Daemon, container: Container): void {
  for (const client of container.clients) client.abandon();
  for (const { bridge } of execs.of(container)) bridge?.abandon();
}

function engineId(store: StateStore): string {
  const known = store.property('id');
  if (known !== undefined) return known;
  const id = randomUUID();
  store.setProperty('id', id);
  return id;
}
