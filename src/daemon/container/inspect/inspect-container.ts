import { openLayer } from '../open-layer.ts';
import { describeConfig } from '../../model/config.ts';
import { describeHostConfig } from '../../model/host-config.ts';
import { formatNetworkMode } from '../../model/namespace-modes.ts';
import type * as api from '../../../api/types.ts';
import type { Container } from '../../model/container.ts';
import type { ContainerRecord } from '../../model/container-record.ts';
import type { Daemon } from '../daemon.ts';
import { hostFilePath, logPath } from '../../model/daemon-options.ts';
import { MADE_PLACES } from './container-changes.ts';
import { describeLinks } from '../networking/links.ts';
import { parseSecurityOptions } from '../spec/security-options.ts';
import { apparmorProfileOf } from '../spec/spec-process.ts';
import { networkOwner } from '../networking/joined-containers.ts';
import { describeMounts } from './describe-mounts.ts';
import { describeNetworks } from './describe-networks.ts';
import { describeState } from './describe-state.ts';
import { settingsOf } from '../../network/endpoint-settings.ts';

/** `docker inspect`. */
export async function inspectContainer(
  daemon: Daemon,
  container: Container,
  { size }: { size: boolean },
): Promise<api.ContainerInspect> {
  const { record, state } = container;
  const { id, config, hostConfig } = record;
  const layer = await openLayer(daemon, container);
  const execs = daemon.execs.of(container).filter(exec => exec.record.state !== 'exited');
  const owner = networkOwner(daemon, container);
  const path = (name: 'hostname' | 'hosts' | 'resolv.conf'): string =>
    state.hasHostFiles ? hostFilePath(daemon.options, owner.id, name) : '';
  const hasLog = state.hasHostFiles && hostConfig.LogConfig.Type === 'json-file';
  return {
    Id: id,
    Created: record.createdAt,
    Path: record.path,
    Args: record.args,
    State: describeState(state),
    Image: record.imageId,
    ResolvConfPath: path('resolv.conf'),
    HostnamePath: path('hostname'),
    HostsPath: path('hosts'),
    LogPath: hasLog ? logPath(daemon.options, id) : '',
    Name: `/${record.name}`,
    RestartCount: state.restartCount,
    Driver: daemon.graph.driverName,
    Platform: 'linux',
    MountLabel: '',
    ProcessLabel: '',
    AppArmorProfile: apparmorProfileOf(
      hostConfig,
      daemon.hostFacts,
      parseSecurityOptions(hostConfig.SecurityOpt),
    ),
    ExecIDs: execs.length > 0 ? execs.map(exec => exec.id) : null,
    HostConfig: { ...describeHostConfig(hostConfig), Links: describeLinks(daemon, container) },
    GraphDriver: { Name: daemon.graph.driverName, Data: { ID: id, ...layer.driverData } },
    ...(size && !container.isRemoved ? await sizesOf(daemon, container) : {}),
    Mounts: describeMounts(daemon, container),
    Config: { ...describeConfig(config), ...wantedMacAddress(record) },
    NetworkSettings: describeNetworks(daemon, container),
  };
}

/** What was asked of the container's main network. */
function wantedMacAddress(record: ContainerRecord): { MacAddress?: string } {
  const { MacAddress } = settingsOf(record, formatNetworkMode(record.hostConfig.NetworkMode));
  return MacAddress ? { MacAddress } : {};
}

/** Bytes of its own files, and together with the image's. */
export async function sizesOf(
  { graph }: Daemon,
  container: Container,
): Promise<{ SizeRw: number; SizeRootFs: number }> {
  const layer = await openLayer({ graph }, container);
  const own = await layer.sizeBytes(MADE_PLACES);
  const { imageId } = container.record;
  const image =
    imageId === ''
      ? 0
      : await graph.resolve(imageId).then(
          ({ sizeBytes }) => sizeBytes,
          () => 0,
        );
  return { SizeRw: own, SizeRootFs: own + image };
}
