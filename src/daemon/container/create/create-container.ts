import { rmSync } from 'node:fs';
import { hostname } from 'node:os';
import { makeDirectories } from '../../../base/make-directories.ts';
import type * as api from '../../../api/types.ts';
import { cleanPath } from '../../../archive/go-path.ts';
import { MAX_PATH_LENGTH } from '../../../base/path-length.ts';
import { newId, shortId } from '../../../base/ids.ts';
import { TimeSlice } from '../../../base/time-slice.ts';
import { currentTime } from '../../model/clock.ts';
import { Container } from '../../model/container.ts';
import { type ContainerRecord, newState } from '../../model/container-record.ts';
import { generateName } from './generate-name.ts';
import type { Daemon } from '../daemon.ts';
import { containerDirectory } from '../../model/daemon-options.ts';
import { invalid } from '../../model/errors.ts';
import { containerEvent } from '../../model/container-event.ts';
import { resolveLinks } from '../networking/links.ts';
import { logPath } from '../../model/daemon-options.ts';
import { lineAttributes } from '../logs/log-attributes.ts';
import { checkLogPatterns } from '../logs/log-config.ts';
import { populateVolumes } from '../mounts/populate-volumes.ts';
import { keepMountedImages } from '../mounts/image-mounts.ts';
import { resolveMounts } from '../mounts/resolve-mounts.ts';
import { parseSecurityOptions } from '../spec/security-options.ts';
import { checkCommand, checkConfig } from '../config/check-config.ts';
import { checkHostConfig } from '../config/check-host-config.ts';
import { checkName } from '../config/check-name.ts';
import { type CompletedConfig, fillConfig } from '../../model/config.ts';
import { type CompletedHostConfig, fillHostConfig } from '../../model/host-config.ts';
import type { IpcMode, NetworkMode, PidMode } from '../../model/namespace-modes.ts';
import { completeHostConfig, type HostDefaults } from '../config/complete-host-config.ts';
import { checkPlatform } from '../config/check-platform.ts';
import { makeWorkingDirectory } from './make-working-directory.ts';
import { completeRoot } from './complete-root.ts';
import { checkGoverned } from '../spec/governed-resources.ts';
import { governanceOf, governanceWarnings, withGovernanceLabels } from '../config/governance-annotations.ts';
import { discardLimits } from '../config/discard-limits.ts';
import { mergeImageConfig } from '../config/merge-image-config.ts';
import { defaultNetworkMode, endpointSettings } from './endpoint-settings.ts';
import { exposedPorts } from '../config/ports.ts';

/**
 * Makes a container. Everything about it is checked first; what goes wrong leaves nothing behind.
 * @throws EngineError in Docker's words: invalid-parameter, conflict (name), not-found (image, volume's driver)
 */
export async function createContainer(
  daemon: Daemon,
  givenName: string,
  request: api.ContainerCreateRequest,
  { platform, flatReadonlyMounts = false }: api.ContainerCreateOptions = {},
): Promise<api.ContainerCreateResponse> {
  const { HostConfig: host = {}, NetworkingConfig: networking = {}, ...own } = request;
  if (isEmpty(own)) throw invalid('config cannot be empty in order to create a container');
  const wanted = fillConfig(own);
  const filled = fillHostConfig(host);
  const given = { ...filled, Annotations: withGovernanceLabels(filled.Annotations, wanted.Labels) };
  const slice = new TimeSlice();
  const name = givenName === '' ? '' : checkName(givenName);
  const image = wanted.Image === '' ? undefined : await daemon.graph.resolve(wanted.Image);
  if (platform && image) checkPlatform(platform, wanted.Image, image.config);
  const { limits: wantedHostConfig, warnings } = discardLimits(given, daemon.hostFacts.limits);
  warnings.push(...checkHostConfig(wanted, wantedHostConfig, daemon.options.cgroupDriver));
  governanceOf(given);
  warnings.push(...governanceWarnings(given.Annotations, daemon.hostFacts.limits));
  await checkLogPatterns(wantedHostConfig.LogConfig);
  parseSecurityOptions(wantedHostConfig.SecurityOpt);
  checkConfig(wanted);
  if (slice.isOver) await slice.pause();
  const config = image ? mergeImageConfig(wanted, fillConfig({ ...image.config.config })) : wanted;
  checkCommand(config);
  const id = newId();
  const hostConfig = resolveReferences(daemon, completeHostConfig(wantedHostConfig, hostDefaults(daemon)));
  const facts = { support: daemon.hostFacts.limits, defaults: daemon.options.burst };
  warnings.push(...checkGoverned(hostConfig, facts));
  const finalName = name === '' ? generateName(free => daemon.containers.isNameFree(free)) : name;
  daemon.containers.reserveName(finalName, id);
  try {
    const [path = '', ...args] = [...config.Entrypoint, ...config.Cmd];
    const record: ContainerRecord = {
      id,
      name: finalName,
      createdAt: currentTime(),
      imageId: image === undefined ? '' : image.id,
      imageReference: wanted.Image,
      path,
      args,
      config: completeConfig({ id, config, hostConfig }),
      hostConfig,
      mounts: [],
      // On a network of names, links are names of the endpoint, and what they lead to may be made later.
      links: hostConfig.NetworkMode.kind === 'network' ? [] : resolveLinks(daemon, wantedHostConfig.Links),
      networks: endpointSettings(daemon, hostConfig, networking, config.MacAddress),
    };
    await lineAttributes(record, logPath(daemon.options, id));
    if (slice.isOver) await slice.pause();
    await make(daemon, record, flatReadonlyMounts);
  } catch (error) {
    daemon.containers.releaseName(finalName);
    throw error;
  }
  return { Id: id, Warnings: warnings };
}

/** The parts of a container on disk, and its row: all of them, or none. */
async function make(daemon: Daemon, record: ContainerRecord, flatReadonlyMounts: boolean): Promise<void> {
  const { id } = record;
  const directory = containerDirectory(daemon.options, id);
  const newVolumes: string[] = [];
  // Should the daemon die in the midst, the next one takes away what there is.
  daemon.store.addLeftover({ kind: 'container', id });
  try {
    record.mounts = await resolveMounts(daemon, record, {
      flatReadonlyMounts,
      onNewVolume: volume => newVolumes.push(volume),
    });
    makeDirectories(directory, 0o700);
    const layer = await daemon.graph.createContainerLayer(id, record.imageId, record.hostConfig.StorageOpt);
    await keepMountedImages(daemon, id, record.mounts);
    completeRoot(layer);
    await makeWorkingDirectory(layer, record.config.WorkingDir);
    await populateVolumes(daemon, record.mounts, layer);
    const container = new Container(record, newState());
    container.layer = layer;
    daemon.containers.add(container);
    containerEvent(daemon, container, 'create');
  } catch (error) {
    for (const volume of newVolumes) daemon.volumes.remove(volume, []);
    await daemon.graph.removeContainerLayer(id);
    rmSync(directory, { recursive: true, force: true });
    daemon.store.removeLeftover({ kind: 'container', id });
    throw error;
  }
}

function isEmpty(config: api.ContainerConfig): boolean {
  return Object.values(config).every(value => value === undefined || value === null || value === '');
}

/** Other containers are kept by their ids: names may change. */
function resolveReferences(
  { containers, networks }: Daemon,
  hostConfig: CompletedHostConfig,
): CompletedHostConfig {
  const byId = <Mode extends PidMode | IpcMode | NetworkMode>(mode: Mode, isRequired: boolean): Mode => {
    if (mode.kind !== 'container') return mode;
    const target = containers.lookup(mode.id);
    // Not not-found: to the docker CLI that means a missing image, which it would try to pull.
    if (target === undefined && isRequired) throw invalid(`No such container: ${mode.id}`);
    return target === undefined ? mode : { ...mode, id: target.id };
  };
  const { NetworkMode: mode } = hostConfig;
  const network = mode.kind === 'network' ? networks.lookup(mode.name) : undefined;
  const isById = network !== undefined && mode.kind === 'network' && network.name !== mode.name;
  return {
    ...hostConfig,
    PidMode: byId(hostConfig.PidMode, true),
    IpcMode: byId(hostConfig.IpcMode, true),
    // That container may be made later.
    NetworkMode: isById ? { kind: 'network', name: network.id } : byId(mode, false),
  };
}

export function hostDefaults({ options, hostFacts }: Daemon): HostDefaults {
  const isUnified = hostFacts.limits.cgroupVersion === '2';
  const cgroupnsMode = options.cgroupnsMode || (isUnified ? 'private' : 'host');
  return {
    cgroupnsMode,
    privilegedCgroupnsMode: isUnified ? cgroupnsMode : 'host',
    ipcMode: options.ipcMode,
    shmSizeBytes: options.shmSizeBytes,
    logDriver: options.logDriver,
    logOptions: options.logOptions,
    init: options.init,
    networkMode: defaultNetworkMode(options),
    maskedPaths: hostFacts.maskedPaths,
  };
}

type Draft = { id: string; config: CompletedConfig; hostConfig: CompletedHostConfig };

/** What is too long for a path, as an image may have it, the start refuses. */
function workingDirectory(directory: string): string {
  return directory === '' || directory.length > MAX_PATH_LENGTH ? directory : cleanPath(directory);
}

/** With what follows from the host configuration. */
function completeConfig({ id, config, hostConfig }: Draft): CompletedConfig {
  return {
    ...config,
    Hostname: config.Hostname || (hostConfig.NetworkMode.kind === 'host' ? hostname() : shortId(id)),
    ExposedPorts: exposedPorts(config.ExposedPorts, hostConfig.PortBindings),
    WorkingDir: workingDirectory(config.WorkingDir),
  };
}
