import type { Readable } from 'node:stream';
import type * as api from '../api/types.ts';
import {
  archiveContainerPath,
  exportContainer,
  type ExtractRequest,
  extractToContainer,
  statContainerPath,
} from './archive/container-archive.ts';
import { commitContainer, type CommitRequest } from './commit/commit-container.ts';
import { attachContainer } from './attach/attach-container.ts';
import type { Container } from './containers/container.ts';
import type { Daemon } from './daemon.ts';
import { createContainer } from './create/create-container.ts';
import { EngineError } from '../base/errors.ts';
import { conflict, invalid, notFound } from './errors.ts';
import { pushImage } from './distribution/push-image.ts';
import * as requests from './distribution/registry-requests.ts';
import { pullImage } from './distribution/pull-image.ts';
import { containerEvent } from './events/container-event.ts';
import { createExec, findExec } from './exec/create-exec.ts';
import { startExec } from './exec/start-exec.ts';
import type { Filters } from './filters.ts';
import * as images from './images/images.ts';
import { describeImage } from './images/describe-image.ts';
import { type ListOptions, listImages } from './images/list-images.ts';
import { pruneImages } from './images/prune-images.ts';
import { containerChanges } from './inspect/container-changes.ts';
import { containerStats } from './inspect/container-stats.ts';
import { containerTop } from './inspect/container-top.ts';
import { inspectContainer } from './inspect/inspect-container.ts';
import { listContainers } from './inspect/list-containers.ts';
import * as change from './lifecycle/change-container.ts';
import { removeLink } from './links/remove-link.ts';
import { killContainer } from './lifecycle/kill-container.ts';
import { pruneContainers } from './lifecycle/prune-containers.ts';
import { removeContainer } from './lifecycle/remove-container.ts';
import { stopContainer } from './lifecycle/stop-container.ts';
import { updateContainer } from './lifecycle/update-container.ts';
import { waitContainer } from './lifecycle/wait-container.ts';
import { containerLogs } from './logs/container-logs.ts';
import { describeNetwork } from './networks/describe-network.ts';
import { connectContainer, disconnectContainer } from './networks/connect-container.ts';
import { describeNewNetwork } from './networks/create-network.ts';
import { listNetworks, pruneNetworks } from './networks/list-networks.ts';
import { explainContainer } from './start/explain-container.ts';
import { startContainer } from './start/start-container.ts';
import { checkSystem } from './system/check-system.ts';
import { diskUsage, type UsagePart } from './system/disk-usage.ts';
import { systemInformation, systemVersion } from './system/system-information.ts';
import { listVolumes, pruneVolumes, volumeUsers } from './volumes/list-volumes.ts';

/** The daemon as the API server sees it: structurally the server's `Backend` (main/engine.ts checks that). */
export function createBackend(daemon: Daemon) {
  return {
    ...lifecycleBackend(daemon),
    ...inspectionBackend(daemon),
    ...fileBackend(daemon),
    ...streamBackend(daemon),
    ...execBackend(daemon),
    ...imageBackend(daemon),
    ...networkBackend(daemon),
    ...volumeBackend(daemon),
    ...systemBackend(daemon),
  };
}

type StopOptions = { signal?: string; timeoutSeconds?: number };

function lifecycleBackend(daemon: Daemon) {
  const find = (id: string) => daemon.containers.find(id);
  return {
    containerCreate: async (
      name: string,
      request: api.ContainerCreateRequest,
      options?: api.ContainerCreateOptions,
    ) => createContainer(daemon, name, request, options),
    containerStart: async (id: string) => startContainer(daemon, find(id)),
    containerStop: async (id: string, options: StopOptions) => stopContainer(daemon, find(id), id, options),
    containerRestart: async (id: string, options: StopOptions) =>
      change.restartContainer(daemon, find(id), id, options),
    containerKill: async (id: string, signal: string) => {
      // Docker reports even an unknown container in these words.
      const container = daemon.containers.lookup(id);
      if (container === undefined) {
        throw new EngineError('not-found', `cannot kill container: ${id}: No such container: ${id}`);
      }
      await killContainer(daemon, container, id, signal);
    },
    containerPause: async (id: string) => change.pauseContainer(daemon, find(id)),
    containerUnpause: async (id: string) => change.unpauseContainer(daemon, find(id)),
    containerRename: async (id: string, newName: string) => change.renameContainer(daemon, find(id), newName),
    containerUpdate: async (id: string, request: api.ContainerUpdateRequest) =>
      updateContainer(daemon, find(id), request),
    containerRemove: async (id: string, options: { force: boolean; volumes: boolean; link: boolean }) => {
      if (options.link) return removeLink(daemon, id);
      await removeContainer(daemon, find(id), options, id);
    },
    containerPrune: async (filters: Filters) => pruneContainers(daemon, filters),
    containerWait: async (
      id: string,
      condition: 'not-running' | 'next-exit' | 'removed',
      signal: AbortSignal,
    ) => ({ status: waitContainer(daemon.departed.find(id) ?? find(id), condition, signal) }),
  };
}

function inspectionBackend(daemon: Daemon) {
  const find = (id: string) => daemon.containers.find(id);
  return {
    containerInspect: async (id: string, options: { size: boolean }) =>
      inspectContainer(daemon, endedByItself(daemon, id) ?? find(id), options),
    containerList: async (options: { all: boolean; limit: number; size: boolean; filters: Filters }) =>
      listContainers(daemon, options),
    containerTop: async (id: string, psArgs: string) => {
      const container = find(id);
      const result = await containerTop(container, psArgs);
      containerEvent(daemon, container, 'top');
      return result;
    },
    containerChanges: async (id: string) => containerChanges(daemon, find(id)),
    containerExplain: async (id: string) => explainContainer(daemon, find(id)),
    containerStats: (id: string, options: { stream: boolean; oneShot: boolean }, signal: AbortSignal) =>
      containerStats(daemon, find(id), options, signal),
  };
}

/** Whoever ends a container with `AutoRemove` may ask for it until it is no longer there. */
function endedByItself({ departed }: Daemon, id: string): Container | undefined {
  const container = departed.find(id);
  return container?.state.manuallyStopped ? undefined : container;
}

function fileBackend(daemon: Daemon) {
  const target = (reference: string, path: string) => ({
    container: daemon.containers.find(reference),
    reference,
    path,
  });
  return {
    containerStatPath: async (id: string, path: string) => statContainerPath(daemon, target(id, path)),
    containerArchive: async (id: string, path: string) => archiveContainerPath(daemon, target(id, path)),
    containerExtract: async (id: string, path: string, content: Readable, request: ExtractRequest) =>
      extractToContainer(daemon, { ...target(id, path), content, request }),
    containerExport: async (id: string) => exportContainer(daemon, daemon.containers.find(id)),
    containerCommit: async (id: string, options: CommitRequest) =>
      commitContainer(daemon, daemon.containers.find(id), options),
  };
}

function streamBackend(daemon: Daemon) {
  const find = (id: string) => daemon.containers.find(id);
  return {
    containerLogs: async (id: string, options: Parameters<typeof containerLogs>[2]) =>
      containerLogs(daemon, daemon.departed.findWithLog(id) ?? find(id), options),
    containerAttach: async (id: string, options: Parameters<typeof attachContainer>[2]) =>
      attachContainer(daemon, find(id), options),
    containerResize: async (id: string, rows: number, columns: number) => {
      const container = find(id);
      const { runtime } = container;
      if (runtime === undefined || !container.isRunning) {
        throw conflict(`container ${container.id} is not running`);
      }
      // Without a terminal there is nothing to do, and nothing wrong.
      if (container.record.config.Tty) await runtime.resize(rows, columns);
      containerEvent(daemon, container, 'resize', { height: String(rows), width: String(columns) });
    },
  };
}

function execBackend(daemon: Daemon) {
  return {
    execCreate: async (containerId: string, config: api.ExecConfig) => {
      const exec = await createExec(daemon, daemon.containers.find(containerId), containerId, config);
      return { Id: exec.id };
    },
    execStart: async (execId: string, config: api.ExecStartConfig) =>
      startExec(daemon, findExec(daemon, execId), config),
    execResize: async (execId: string, rows: number, columns: number) => {
      const { process, record } = findExec(daemon, execId);
      if (process === undefined || record.state === 'exited') {
        throw conflict(`exec ${execId} is not running`);
      }
      await process.resize(rows, columns);
    },
    execInspect: async (execId: string) => findExec(daemon, execId).inspect(),
  };
}

function imageBackend(daemon: Daemon) {
  const { graph } = daemon;
  return {
    imageList: async (options: ListOptions) => listImages(daemon, options),
    imageInspect: async (reference: string, platform?: api.Platform) =>
      describeImage(await graph.resolve(reference, platform), graph),
    imageHistory: async (reference: string, platform?: api.Platform): Promise<unknown[]> =>
      graph.history(reference, platform),
    imageTag: async (reference: string, repository: string, tag: string) =>
      images.tagImage(daemon, reference, { repository, tag }),
    imageRemove: async (...args: Tail<typeof images.removeImage>) => images.removeImage(daemon, ...args),
    imagePrune: async (filters: Filters) => pruneImages(daemon, filters),
    imageLoad: async (...args: Tail<typeof images.loadImage>) => images.loadImage(daemon, ...args),
    imageSave: async (...args: Tail<typeof images.saveImages>) => images.saveImages(daemon, ...args),
    imageImport: async (...args: Tail<typeof images.importImage>) => images.importImage(daemon, ...args),
    imageImportFrom: async (
      address: string,
      options: images.ImportOptions,
      progress: (message: api.ProgressMessage) => void,
    ) => images.importImageFrom(daemon, address, { options, progress }),
    registryLogin: async (...args: Tail<typeof requests.registryLogin>) =>
      requests.registryLogin(daemon, ...args),
    distributionInspect: async (...args: Tail<typeof requests.inspectDistribution>) =>
      requests.inspectDistribution(daemon, ...args),
    imageSearch: async (...args: Tail<typeof requests.searchImages>) =>
      requests.searchImages(daemon, ...args),
    imagePush: async (...args: Tail<typeof pushImage>) => pushImage(daemon, ...args),
    imagePull: async (...args: Tail<typeof pullImage>) => pullImage(daemon, ...args),
    imageBootstrap: async (what: string, progress: (message: api.ProgressMessage) => void) =>
      graph.bootstrap(what, progress),
  };
}

/** The parameters of a function but for its first. */
type Tail<F extends (first: Daemon, ...rest: never[]) => unknown> = F extends (
  first: Daemon,
  ...rest: infer Rest
) => unknown
  ? Rest
  : never;

function networkBackend(daemon: Daemon) {
  const { networks, containers } = daemon;
  const container = (reference = '') => {
    if (reference === '') throw invalid('invalid name or ID supplied: ""');
    return containers.find(reference);
  };
  return {
    networkList: async (filters: Filters) => listNetworks(daemon, filters),
    networkInspect: async (id: string, { scope }: { scope: string }) => {
      if (scope !== '' && scope !== 'local') throw notFound(`network ${id} not found`);
      return describeNetwork(networks.find(id), containers.all());
    },
    networkCreate: async (request: api.NetworkCreateRequest) => {
      const { addressPools } = daemon.options;
      const { id } = await networks.create(known => describeNewNetwork(request, known, addressPools));
      return { Id: id, Warning: '' };
    },
    networkRemove: async (id: string) => networks.remove(networks.find(id)),
    networkPrune: async (filters: Filters) => pruneNetworks(daemon, filters),
    networkConnect: async (
      id: string,
      request: { Container?: string; EndpointConfig?: api.EndpointSettings | null },
    ) => {
      const network = networks.find(id);
      const settings = request.EndpointConfig ?? {};
      await connectContainer(daemon, container(request.Container), { network, settings });
    },
    networkDisconnect: async (id: string, request: { Container?: string; Force?: boolean }) => {
      const network = networks.find(id);
      await disconnectContainer(daemon, container(request.Container), network);
    },
  };
}

type VolumeRequest = {
  Name?: string;
  Driver?: string;
  DriverOpts?: Record<string, string>;
  Labels?: Record<string, string>;
};

function volumeBackend(daemon: Daemon) {
  const { volumes } = daemon;
  return {
    volumeList: async (filters: Filters) => ({ Volumes: await listVolumes(daemon, filters), Warnings: null }),
    volumeInspect: async (name: string) => volumes.describe(volumes.find(name)),
    volumeCreate: async ({ Name, Driver, DriverOpts, Labels }: VolumeRequest) =>
      volumes.describe(
        volumes.create({ name: Name, driver: Driver, options: DriverOpts ?? null, labels: Labels ?? null }),
      ),
    volumeRemove: async (name: string, force: boolean) => {
      try {
        volumes.remove(name, volumeUsers(daemon, name));
      } catch (error) {
        const isMissing = error instanceof EngineError && error.kind === 'not-found';
        if (!force || !isMissing) throw error;
      }
    },
    volumePrune: async (filters: Filters) => pruneVolumes(daemon, filters),
  };
}

function systemBackend(daemon: Daemon) {
  return {
    info: async () => systemInformation(daemon),
    version: async () => systemVersion(daemon),
    events: (options: Parameters<typeof daemon.events.subscribe>[0]) =>
      daemon.events.subscribe({ ...options, signal: AbortSignal.any([options.signal, daemon.closing]) }),
    diskUsage: async (parts: ReadonlySet<UsagePart>) => diskUsage(daemon, parts),
    systemCheck: async (...args: Tail<typeof checkSystem>) => checkSystem(daemon, ...args),
  };
}
