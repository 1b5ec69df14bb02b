import type {
  Backend,
  BuildBackend,
  ContainerBackend,
  ImageBackend,
  NetworkBackend,
  RegistryBackend,
  SystemBackend,
  VolumeBackend,
} from '../../api/backend.ts';
import {
  archiveContainerPath,
  exportContainer,
  extractToContainer,
  statContainerPath,
} from '../container/archive/container-archive.ts';
import { commitContainer } from '../container/commit/commit-container.ts';
import { attachContainer } from '../container/streams/attach-container.ts';
import type { Container } from '../model/container.ts';
import type { Daemon } from '../container/daemon.ts';
import { createContainer } from '../container/create/create-container.ts';
import { EngineError } from '../../base/errors.ts';
import { conflict, invalid, notFound } from '../model/errors.ts';
import { pushImage } from '../image/distribution/push-image.ts';
import * as requests from '../image/distribution/registry-requests.ts';
import { pullImage } from '../image/distribution/pull-image.ts';
import { containerEvent } from '../model/container-event.ts';
import { createExec, findExec } from '../exec/create-exec.ts';
import { startExec } from '../exec/start-exec.ts';
import * as images from '../image/images.ts';
import { describeImage } from '../image/describe-image.ts';
import { listImages } from '../image/list-images.ts';
import { pruneImages } from '../image/prune-images.ts';
import { machineUsage } from './machine-usage.ts';
import { collectMetrics } from './metrics/collect-metrics.ts';
import { describeCgroups, describeContainerCgroup } from '../container/inspect/container-cgroup.ts';
import { containerChanges } from '../container/inspect/container-changes.ts';
import { containerStats } from '../container/inspect/container-stats.ts';
import { containerTop } from '../container/inspect/container-top.ts';
import { inspectContainer } from '../container/inspect/inspect-container.ts';
import { listContainers } from '../container/inspect/list-containers.ts';
import * as change from '../container/lifecycle/change-container.ts';
import { removeLink } from '../container/networking/remove-link.ts';
import { killContainer } from '../container/lifecycle/kill-container.ts';
import { pruneContainers } from '../container/lifecycle/prune-containers.ts';
import { removeContainer } from '../container/lifecycle/remove-container.ts';
import { stopContainer } from '../container/lifecycle/stop-container.ts';
import { publishPorts, withdrawPorts } from '../container/networking/change-ports.ts';
import { tracePorts } from '../container/networking/trace-ports.ts';
import { updateContainer } from '../container/lifecycle/update-container.ts';
import { waitContainer } from '../container/lifecycle/wait-container.ts';
import { containerLogs } from '../container/logs/container-logs.ts';
import { describeNetwork } from '../network/describe-network.ts';
import {
  connectContainer,
  disconnectContainer,
  disconnectFromRemoved,
} from '../container/networking/connect-container.ts';
import { describeNewNetwork } from '../network/create-network.ts';
import { fillEndpointConfig } from '../model/endpoint-config.ts';
import { listNetworks, pruneNetworks } from '../network/list-networks.ts';
import { explainContainer } from '../container/lifecycle/explain-container.ts';
import { startContainer } from '../container/lifecycle/start-container.ts';
import { checkSystem } from './check-system.ts';
import { diskUsage } from './disk-usage.ts';
import { systemInformation, systemVersion } from './system-information.ts';
import { listVolumes, pruneVolumes, volumeUsers } from '../volume/list-volumes.ts';

/** The daemon as the API server sees it, but for builds, which are the builder's. */
export function createBackend(daemon: Daemon): Omit<Backend, keyof BuildBackend> {
  return {
    ...lifecycleBackend(daemon),
    ...inspectionBackend(daemon),
    ...fileBackend(daemon),
    ...streamBackend(daemon),
    ...execBackend(daemon),
    ...imageBackend(daemon),
    ...registryBackend(daemon),
    ...networkBackend(daemon),
    ...volumeBackend(daemon),
    ...systemBackend(daemon),
  };
}

function lifecycleBackend(daemon: Daemon) {
  const find = (id: string) => daemon.containers.find(id);
  return {
    containerCreate: async (name, request, options) => createContainer(daemon, name, request, options),
    containerStart: async id => startContainer(daemon, find(id)),
    containerStop: async (id, options) => stopContainer(daemon, find(id), id, options),
    containerRestart: async (id, options) => change.restartContainer(daemon, find(id), id, options),
    containerKill: async (id, signal) => {
      // Docker reports even an unknown container in these words.
      const container = daemon.containers.lookup(id);
      if (container === undefined) {
        throw new EngineError('not-found', `cannot kill container: ${id}: No such container: ${id}`);
      }
      await killContainer(daemon, container, id, signal);
    },
    containerPause: async id => change.pauseContainer(daemon, find(id)),
    containerUnpause: async id => change.unpauseContainer(daemon, find(id)),
    containerRename: async (id, newName) => change.renameContainer(daemon, find(id), newName),
    containerPublish: async (id, ports) => publishPorts(daemon, find(id), ports),
    containerWithdrawPorts: async (id, ports) => withdrawPorts(daemon, find(id), ports),
    containerUpdate: async (id, request) => updateContainer(daemon, find(id), request),
    containerRemove: async (id, options) => {
      if (options.link) return removeLink(daemon, id);
      await removeContainer(daemon, find(id), options, id);
    },
    containerPrune: async filters => pruneContainers(daemon, filters),
    containerWait: async (id, condition, signal) => ({
      status: waitContainer(daemon.departed.find(id) ?? find(id), condition, signal),
    }),
  } satisfies Partial<ContainerBackend>;
}

function inspectionBackend(daemon: Daemon) {
  const find = (id: string) => daemon.containers.find(id);
  return {
    containerInspect: async (id, options) =>
      inspectContainer(daemon, endedByItself(daemon, id) ?? find(id), options),
    containerList: async options => listContainers(daemon, options),
    containerTop: async (id, psArgs) => {
      const container = find(id);
      const result = await containerTop(container, psArgs);
      containerEvent(daemon, container, 'top');
      return result;
    },
    containerChanges: async id => containerChanges(daemon, find(id)),
    containerCgroup: async id => describeContainerCgroup(find(id)),
    containerExplain: async id => explainContainer(daemon, find(id)),
    containerStats: (id, options, signal) => containerStats(daemon, find(id), options, signal),
  } satisfies Partial<ContainerBackend>;
}

/** After a container with `AutoRemove` has been stopped by hand, it is not found any more: dockerd answers so. */
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
    containerStatPath: async (id, path) => statContainerPath(daemon, target(id, path)),
    containerArchive: async (id, path) => archiveContainerPath(daemon, target(id, path)),
    containerExtract: async (id, path, content, request) =>
      extractToContainer(daemon, { ...target(id, path), content, request }),
    containerExport: async id => exportContainer(daemon, daemon.containers.find(id)),
    containerCommit: async (id, options) => commitContainer(daemon, daemon.containers.find(id), options),
  } satisfies Partial<ContainerBackend>;
}

function streamBackend(daemon: Daemon) {
  const find = (id: string) => daemon.containers.find(id);
  return {
    containerLogs: async (id, options) =>
      containerLogs(daemon, daemon.departed.findWithLog(id) ?? find(id), options),
    containerAttach: async (id, options) => attachContainer(daemon, find(id), options),
    containerResize: async (id, rows, columns) => {
      const container = find(id);
      const { runtime } = container;
      if (runtime === undefined || !container.isRunning) {
        throw conflict(`container ${container.id} is not running`);
      }
      // Without a terminal there is nothing to do, and nothing wrong.
      if (container.record.config.Tty) await runtime.resize(rows, columns);
      containerEvent(daemon, container, 'resize', { height: String(rows), width: String(columns) });
    },
  } satisfies Partial<ContainerBackend>;
}

function execBackend(daemon: Daemon) {
  return {
    execCreate: async (containerId, config) => {
      const exec = await createExec(daemon, daemon.containers.find(containerId), containerId, config);
      return { Id: exec.id };
    },
    execStart: async (execId, config) => startExec(daemon, findExec(daemon, execId), config),
    execResize: async (execId, rows, columns) => {
      const { process, record } = findExec(daemon, execId);
      if (process === undefined || record.state === 'exited') {
        throw conflict(`exec ${execId} is not running`);
      }
      await process.resize(rows, columns);
    },
    execInspect: async execId => findExec(daemon, execId).inspect(),
  } satisfies Partial<ContainerBackend>;
}

function imageBackend(daemon: Daemon): ImageBackend {
  const { graph } = daemon;
  return {
    imageList: async options => listImages(daemon, options),
    imageInspect: async (reference, platform) =>
      describeImage(await graph.resolve(reference, platform), graph),
    imageHistory: async (reference, platform) => graph.history(reference, platform),
    imageTag: async (reference, repository, tag) => images.tagImage(daemon, reference, { repository, tag }),
    imageRemove: async (reference, options) => images.removeImage(daemon, reference, options),
    imagePrune: async filters => pruneImages(daemon, filters),
    imageLoad: async (archive, options) => images.loadImage(daemon, archive, options),
    imageSave: async (references, platform) => images.saveImages(daemon, references, platform),
    imageImport: async (archive, options) => images.importImage(daemon, archive, options),
    imageImportFrom: async (address, options, progress) =>
      images.importImageFrom(daemon, address, { options, progress }),
    imagePush: async (request, progress) => pushImage(daemon, request, progress),
    imagePull: async (request, progress) => pullImage(daemon, request, progress),
    imageBootstrap: async (what, progress) => graph.bootstrap(what, progress),
  };
}

function registryBackend(daemon: Daemon): RegistryBackend {
  return {
    registryLogin: async request => requests.registryLogin(daemon, request),
    distributionInspect: async (name, request) => requests.inspectDistribution(daemon, name, request),
    imageSearch: async request => requests.searchImages(daemon, request),
  };
}

function networkBackend(daemon: Daemon): NetworkBackend {
  const { networks, containers } = daemon;
  const container = (reference = '') => {
    if (reference === '') throw invalid('invalid name or ID supplied: ""');
    return containers.find(reference);
  };
  return {
    networkList: async filters => listNetworks(daemon, filters),
    networkInspect: async (id, { scope }) => {
      if (scope !== '' && scope !== 'local') throw notFound(`network ${id} not found`);
      return describeNetwork(networks.find(id), containers.all());
    },
    networkCreate: async request => {
      const { id } = await networks.create(known => describeNewNetwork(request, known, daemon.options));
      return { Id: id, Warning: '' };
    },
    networkRemove: async id => networks.remove(networks.find(id)),
    networkPrune: async filters => pruneNetworks(daemon, filters),
    networkConnect: async (id, request) => {
      const network = networks.find(id);
      const settings = fillEndpointConfig(request.EndpointConfig);
      await connectContainer(daemon, container(request.Container), { network, settings });
    },
    networkTrace: async request => tracePorts(daemon, request),
    networkProblems: async () => {
      const problems = await networks.problems();
      return problems.map(({ problem: Problem, remedy: Remedy }) => ({ Problem, Remedy }));
    },
    networkDisconnect: async (id, request) => {
      const left = daemon.containers.lookup(request.Container ?? '');
      // By force Docker looks for what a container has left, which never is anything here.
      if (request.Force === true && left === undefined && networks.find(id))
        throw notFound(`endpoint ${request.Container} not found`);
      const leaving = container(request.Container);
      const network = networks.lookup(id);
      if (network === undefined && (request.Force === true || !leaving.isRunning))
        await disconnectFromRemoved(daemon, leaving, id);
      else await disconnectContainer(daemon, leaving, networks.find(id));
    },
  };
}

function volumeBackend(daemon: Daemon): VolumeBackend {
  const { volumes } = daemon;
  return {
    volumeList: async filters => ({ Volumes: await listVolumes(daemon, filters), Warnings: null }),
    volumeInspect: async name => volumes.describe(volumes.find(name)),
    volumeCreate: async ({ Name, Driver, DriverOpts, Labels }) =>
      volumes.describe(volumes.create({ name: Name, driver: Driver, options: DriverOpts, labels: Labels })),
    volumeRemove: async (name, force) => {
      try {
        volumes.remove(name, volumeUsers(daemon, name));
      } catch (error) {
        const isMissing = error instanceof EngineError && error.kind === 'not-found';
        if (!force || !isMissing) throw error;
      }
    },
    volumePrune: async filters => pruneVolumes(daemon, filters),
  };
}

function systemBackend(daemon: Daemon): SystemBackend {
  return {
    info: async () => systemInformation(daemon),
    version: async () => systemVersion(daemon),
    events: options =>
      daemon.events.subscribe({ ...options, signal: AbortSignal.any([options.signal, daemon.closing]) }),
    diskUsage: async parts => diskUsage(daemon, parts),
    machine: async () => machineUsage(daemon),
    cgroups: async () => describeCgroups(daemon),
    metrics: () => collectMetrics(daemon),
    systemCheck: async (options, progress) => checkSystem(daemon, options, progress),
  };
}
