import { openLayer } from '../open-layer.ts';
import { posix } from 'node:path';
import type { CompletedExecConfig } from '../../model/exec.ts';
import type { CompletedHostConfig, Limits } from '../../model/host-config.ts';
import type { ContainerLayer } from '../../../graph/graph.ts';
import type { Process, Resources, Spec } from '../../../oci/runtime-spec.ts';
import type { Container } from '../../model/container.ts';
import type { Daemon } from '../daemon.ts';
import { type DaemonOptions, hostFilePath } from '../../model/daemon-options.ts';
import { invalid } from '../../model/errors.ts';
import { linkEnvironment } from '../networking/link-environment.ts';
import { linkedContainers, runningLinks } from '../networking/links.ts';
import { resolveUser } from '../../../oci/resolve-user.ts';
import type { SpecInput } from '../spec/spec-input.ts';
import { execProcess } from '../spec/spec-process.ts';
import { parseGovernance } from '../../../governor/governance.ts';
import type { LimitSupport } from '../spec/limit-support.ts';
import { type GovernanceFacts, governedResources } from '../spec/governed-resources.ts';
import { specResources } from '../spec/spec-resources.ts';
import { toRuntimeProcess, toRuntimeSpec } from '../spec/to-runtime-spec.ts';
import { joinedContainers, networkOwner } from '../networking/joined-containers.ts';
import { specMountOf } from '../mounts/volume-source.ts';

/** The runtime spec of a container's next run. @throws EngineError in Docker's words */
export async function buildSpec(daemon: Daemon, container: Container, layer: ContainerLayer): Promise<Spec> {
  const input = await specInputOf(daemon, container, layer);
  const { network, ipc, pid } = joinedContainers(daemon, container);
  const spec = toRuntimeSpec({
    ...input,
    joined: { network: network?.state.pid, ipc: ipc?.state.pid, pid: pid?.state.pid },
  });
  container.process = spec.process;
  return spec;
}

async function specInputOf(daemon: Daemon, container: Container, layer: ContainerLayer): Promise<SpecInput> {
  const { options } = daemon;
  const { id, config, hostConfig, mounts } = container.record;
  const owner = networkOwner(daemon, container);
  return {
    id,
    config,
    hostConfig: effectiveHostConfig(daemon, hostConfig, owner),
    user: await resolveUser(config.User, layer, hostConfig.GroupAdd),
    mounts: await Promise.all(mounts.map(specMountOf)),
    resolvConfPath: hostFilePath(options, owner.id, 'resolv.conf'),
    hostnamePath: hostFilePath(options, owner.id, 'hostname'),
    hostsPath: hostFilePath(options, owner.id, 'hosts'),
    cgroupsPath: cgroupsPathOf(daemon, container),
    initPath: options.initPath,
    linkedEnvironment: linkEnvironment(container, linkedContainers(daemon, container)),
    governed: governedResources(hostConfig, governanceFacts(daemon)),
    host: daemon.hostFacts,
  };
}

export function governanceFacts({ hostFacts, options }: Daemon): GovernanceFacts {
  return { support: hostFacts.limits, defaults: options.burst };
}

/** The container's cgroup as its spec names it: below the mount points of the hierarchies, or a unit of systemd's. */
export function cgroupsPathOf({ options }: Daemon, { record }: Container): string {
  const parent = record.hostConfig.CgroupParent || defaultCgroupParent(options);
  return options.cgroupDriver === 'systemd'
    ? `${parent}:slipway:${record.id}`
    : posix.join(parent, record.id);
}

/** Where the cgroups are of containers that name no other parent. */
export function defaultCgroupParent({ cgroupParent, cgroupDriver }: DaemonOptions): string {
  return cgroupParent || (cgroupDriver === 'systemd' ? 'slipway.slice' : '/slipway');
}

/** The process of an exec. @throws EngineError invalid-parameter, in Docker's words */
export async function buildExecProcess(
  daemon: Daemon,
  container: Container,
  exec: CompletedExecConfig,
): Promise<Process> {
  const layer = await openLayer(daemon, container);
  const { config, hostConfig } = container.record;
  // An engine that found the container running has not made it.
  container.process ??= toRuntimeProcess(await specInputOf(daemon, container, layer));
  if (exec.WorkingDir && !exec.WorkingDir.startsWith('/')) {
    throw invalid('OCI runtime exec failed: exec failed: Cwd must be an absolute path');
  }
  const name = exec.User || config.User;
  const user = await resolveUser(name, layer, hostConfig.GroupAdd);
  return execProcess({
    exec,
    config,
    process: container.process,
    ...(exec.User ? { user } : {}),
    home: user.home,
    available: daemon.hostFacts.capabilities,
    linkedEnvironment: linkEnvironment(container, runningLinks(daemon, container)),
  });
}

/** The limit of open files that the shim is to keep; undefined where the kernel keeps it, or nothing can. */
export function filesLimitOf({ hostFacts }: Daemon, { record }: Container): number | undefined {
  const { filesLimit } = parseGovernance(record.hostConfig.Annotations);
  return hostFacts.limits.files || !hostFacts.limits.filesFilter ? undefined : filesLimit;
}

/** Limits, for `docker update`. */
export function resourcesOf({ hostFacts }: Daemon, changed: Limits): Resources {
  const limits = specResources(changed, hostFacts.devices);
  // A new cgroup has no limit of swap, but one in use may have.
  const lifted = changed.MemorySwap < 0 && hostFacts.limits.swap;
  return lifted ? { ...limits, memory: { ...limits.memory, swap: -1 } } : limits;
}

/** Where the kernel cannot limit what all processes together have open, each is limited: less, but something. */
function processFilesLimit({ Annotations }: Pick<CompletedHostConfig, 'Annotations'>, support: LimitSupport) {
  const { filesLimit = 0 } = parseGovernance(Annotations);
  const isWhole = support.files || support.filesFilter;
  return filesLimit > 0 && !isWhole ? [{ Name: 'nofile', Soft: filesLimit, Hard: filesLimit }] : [];
}

/** With the engine's own limits for files, and the host's network where a container shares that. */
function effectiveHostConfig(
  { options, hostFacts }: Daemon,
  hostConfig: CompletedHostConfig,
  owner: Container,
): CompletedHostConfig {
  const own = hostConfig.Ulimits;
  const files = processFilesLimit(hostConfig, hostFacts.limits);
  const inherited = [
    ...files,
    ...options.ulimits.filter(({ Name }) => files.every(file => file.Name !== Name)),
  ];
  const names = new Set(own.map(({ Name }) => Name));
  // A container's own word comes later, and counts.
  const security = options.noNewPrivileges ? ['no-new-privileges'] : [];
  return {
    ...hostConfig,
    SecurityOpt: [...security, ...hostConfig.SecurityOpt],
    Ulimits: [...own, ...inherited.filter(({ Name }) => !names.has(Name))],
    ...(owner.record.hostConfig.NetworkMode.kind === 'host' ? { NetworkMode: { kind: 'host' } } : {}),
  };
}
