import { posix } from 'node:path';
import type { ExecConfig, HostConfig, Resources as ApiResources } from '../../api/types.ts';
import type { ContainerLayer } from '../../graph/graph.ts';
import type { Process, Spec } from '../../libcontainer/spec.ts';
import type { Resources } from '../../cgroups/resources.ts';
import type { Container } from '../containers/container.ts';
import type { Daemon } from '../daemon.ts';
import { hostFilePath } from '../daemon-options.ts';
import { conflict, invalid } from '../errors.ts';
import { linkEnvironment } from '../links/link-environment.ts';
import { linkedContainers, runningLinks } from '../links/links.ts';
import { resolveUser } from '../spec/resolve-user.ts';
import { execProcess } from '../spec/spec-process.ts';
import { specResources } from '../spec/spec-resources.ts';
import { toRuntimeSpec } from '../spec/to-runtime-spec.ts';
import { hostFilesOwner } from './host-files.ts';
import { specMountOf } from './volume-source.ts';

const DEFAULT_CGROUP_PARENT = '/slipway';

/** The runtime spec of a container's next run. @throws EngineError in Docker's words */
export async function buildSpec(daemon: Daemon, container: Container, layer: ContainerLayer): Promise<Spec> {
  const { options } = daemon;
  const { id, config, hostConfig, mounts } = container.record;
  const owner = hostFilesOwner(container);
  const spec = toRuntimeSpec({
    id,
    config,
    hostConfig: effectiveHostConfig(daemon, hostConfig),
    user: await resolveUser(config.User ?? '', layer, hostConfig.GroupAdd ?? []),
    mounts: await Promise.all(mounts.map(specMountOf)),
    resolvConfPath: hostFilePath(options, owner, 'resolv.conf'),
    hostnamePath: hostFilePath(options, owner, 'hostname'),
    hostsPath: hostFilePath(options, owner, 'hosts'),
    cgroupsPath: cgroupsPathOf(daemon, container),
    initPath: options.initPath,
    joined: {
      network: pidOf(daemon, hostConfig.NetworkMode),
      ipc: ipcPidOf(daemon, hostConfig.IpcMode),
      pid: pidOf(daemon, hostConfig.PidMode),
    },
    linkedEnvironment: linkEnvironment(container, linkedContainers(daemon, container)),
    host: daemon.hostFacts,
  });
  container.process = spec.process;
  return spec;
}

/** The container's cgroup, below the mount points of the hierarchies. */
export function cgroupsPathOf({ options }: Daemon, { record }: Container): string {
  const parent = record.hostConfig.CgroupParent || options.cgroupParent || DEFAULT_CGROUP_PARENT;
  return posix.join(parent, record.id);
}

/** The process of an exec. @throws EngineError invalid-parameter, in Docker's words */
export async function buildExecProcess(
  daemon: Daemon,
  container: Container,
  exec: ExecConfig,
): Promise<Process> {
  container.layer ??= await daemon.graph.openContainerLayer(container.id);
  const { config, hostConfig } = container.record;
  const { process = (await buildSpec(daemon, container, container.layer)).process } = container;
  if (process === undefined) throw conflict(`container ${container.id} is not running`);
  if (exec.WorkingDir && !exec.WorkingDir.startsWith('/')) {
    throw invalid('OCI runtime exec failed: exec failed: Cwd must be an absolute path');
  }
  const name = exec.User || config.User || '';
  const user = await resolveUser(name, container.layer, hostConfig.GroupAdd ?? []);
  return execProcess({
    exec,
    config,
    process,
    ...(exec.User ? { user } : {}),
    home: user.home,
    available: daemon.hostFacts.capabilities,
    linkedEnvironment: linkEnvironment(container, runningLinks(daemon, container)),
  });
}

/** Limits, for `docker update`. */
export function resourcesOf({ hostFacts }: Daemon, resources: ApiResources): Resources {
  const limits = specResources(resources, hostFacts.devices);
  // A new cgroup has no limit of swap, but one in use may have.
  const lifted = (resources.MemorySwap ?? 0) < 0 && hostFacts.limits.swap;
  return lifted ? { ...limits, memory: { ...limits.memory, swap: -1 } } : limits;
}

/** With the engine's own limits for files, and the host's network where a container shares that. */
function effectiveHostConfig({ options, containers }: Daemon, hostConfig: HostConfig): HostConfig {
  const own = hostConfig.Ulimits ?? [];
  const names = new Set(own.map(({ Name }) => Name));
  const mode = hostConfig.NetworkMode ?? '';
  const target = mode.startsWith('container:')
    ? containers.lookup(mode.slice('container:'.length))
    : undefined;
  // A container's own word comes later, and counts.
  const security = options.noNewPrivileges ? ['no-new-privileges'] : [];
  return {
    ...hostConfig,
    SecurityOpt: [...security, ...(hostConfig.SecurityOpt ?? [])],
    Ulimits: [...own, ...options.ulimits.filter(({ Name }) => !names.has(Name))],
    ...(target?.record.hostConfig.NetworkMode === 'host' ? { NetworkMode: 'host' } : {}),
  };
}

/** As {@link pidOf}; the other container must have agreed to share. */
function ipcPidOf(daemon: Daemon, mode: string | undefined): number | undefined {
  const pid = pidOf(daemon, mode);
  if (pid === undefined || mode === undefined) return undefined;
  const { id, record } = daemon.containers.find(mode.slice('container:'.length));
  if (record.hostConfig.IpcMode !== 'shareable') {
    const hint = 'hint: use IpcMode:shareable for the donor container';
    throw invalid(`failed to join IPC namespace: container ${id}: non-shareable IPC (${hint})`);
  }
  return pid;
}

/** Of the container that a mode `container:X` names. @throws EngineError not-found, conflict */
function pidOf({ containers }: Daemon, mode: string | undefined): number | undefined {
  if (!mode?.startsWith('container:')) return undefined;
  const target = containers.find(mode.slice('container:'.length));
  if (target.state.status !== 'running') throw conflict(`container ${target.id} is not running`);
  return target.state.pid;
}
