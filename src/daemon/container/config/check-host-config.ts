import { isIP } from 'node:net';
import type { CompletedConfig } from '../../model/config.ts';
import type { FilledHostConfig } from '../../model/host-config.ts';
import { invalid } from '../../model/errors.ts';
import { checkTmpfs } from '../mounts/parse-mount.ts';
import { checkLogConfig } from '../logs/log-config.ts';
import { normalCapability } from '../../../libcontainer/capabilities.ts';
import type { CgroupDriver } from '../../model/daemon-options.ts';
import { checkPathLength } from '../../../base/path-length.ts';
import { checkCgroupParent } from './check-cgroup-parent.ts';
import { checkResources, checkSwap } from './check-resources.ts';
import { checkNetworkMode } from './check-network-mode.ts';
import { checkPorts } from './ports.ts';
import { checkSizes } from '../../model/check-sizes.ts';

/** Docker has the word twice. */
const IGNORED_DRIVER =
  "WARNING: the container-wide volume-driver configuration is ignored for volumes specified via 'mount'. Use '--mount type=volume,volume-driver=...' instead";
const RUNTIMES = ['', 'slipway', 'runc', 'io.containerd.runc.v2'];

/**
 * Checks what a container asks of the host.
 * @returns warnings, in Docker's words
 * @throws EngineError invalid-parameter, in Docker's words
 */
export function checkHostConfig(
  config: CompletedConfig,
  hostConfig: FilledHostConfig,
  cgroupDriver: CgroupDriver = 'cgroupfs',
): string[] {
  checkSizes(hostConfig);
  checkCgroupParent(hostConfig.CgroupParent, cgroupDriver);
  checkQualityOfService(hostConfig);
  checkResources(hostConfig);
  checkSwap(hostConfig);
  checkRestartPolicy(hostConfig.RestartPolicy);
  checkAutoRemove(hostConfig);
  checkNamespaceModes(config, hostConfig);
  checkNetworkMode(config, hostConfig);
  checkPorts(config.ExposedPorts, hostConfig.PortBindings);
  checkExtraHosts(hostConfig.ExtraHosts);
  checkNameServers(hostConfig.Dns);
  checkTmpfs(hostConfig.Tmpfs);
  checkLogConfig(hostConfig.LogConfig);
  checkSysctls(hostConfig);
  checkDevices(hostConfig);
  checkCapabilities(hostConfig);
  if ('' in hostConfig.Annotations)
    throw invalid('invalid Annotations: the empty string is not permitted as an annotation key');
  const { OomScoreAdj: score, ShmSize: shm, Runtime: runtime, Isolation: isolation } = hostConfig;
  if (score < -1000 || score > 1000) {
    throw invalid(`Invalid value ${score}, range for oom score adj is [-1000, 1000]`);
  }
  if (shm < 0) throw invalid('SHM size can not be less than 0');
  if (!RUNTIMES.includes(runtime)) throw invalid(`unknown or invalid runtime name: ${runtime}`);
  if (isolation !== '' && isolation !== 'default') {
    throw invalid(`invalid isolation (${isolation}): linux only supports 'default'`);
  }
  const isDiscarded = hostConfig.NetworkMode === 'host' && Object.keys(hostConfig.PortBindings).length > 0;
  const hasIgnoredDriver =
    hostConfig.VolumeDriver !== '' &&
    hostConfig.Mounts.some(mount => mount.Type === 'volume' && !mount.VolumeOptions?.DriverConfig?.Name);
  return [
    ...(isDiscarded ? ['Published ports are discarded when using host network mode'] : []),
    ...(hasIgnoredDriver ? [IGNORED_DRIVER] : []),
  ];
}

/** @throws EngineError invalid-parameter */
export function checkRestartPolicy(policy: FilledHostConfig['RestartPolicy']): void {
  const { Name: name, MaximumRetryCount: retries } = policy;
  if (!['', 'no', 'always', 'unless-stopped', 'on-failure'].includes(name)) {
    throw invalid(
      `invalid restart policy: unknown policy '${name}'; use one of 'no', 'always', 'on-failure', or 'unless-stopped'`,
    );
  }
  if (retries < 0) throw invalid('invalid restart policy: maximum retry count cannot be negative');
  if (retries > 0 && name !== 'on-failure') {
    throw invalid("invalid restart policy: maximum retry count can only be used with 'on-failure'");
  }
}

function checkAutoRemove({ AutoRemove, RestartPolicy: { Name } }: FilledHostConfig): void {
  if (AutoRemove && Name !== '' && Name !== 'no')
    throw invalid("can't create 'AutoRemove' container with restart policy");
}

/** Checks options that only Windows has; the message at creation differs from that of update. */
function checkQualityOfService({ IOMaximumBandwidth, IOMaximumIOps }: FilledHostConfig): void {
  const unsupported = 'configuration is not supported on linux';
  if (IOMaximumBandwidth) throw invalid(`invalid option: QoS maximum bandwidth ${unsupported}`);
  if (IOMaximumIOps) throw invalid(`invalid option: QoS maximum IOPs ${unsupported}`);
}

function checkNamespaceModes(config: CompletedConfig, hostConfig: FilledHostConfig): void {
  const { IpcMode: ipc, PidMode: pid, UTSMode: uts, CgroupnsMode: cgroup } = hostConfig;
  if (!/^(|none|private|shareable|host|container:.+)$/.test(ipc)) throw invalid(`invalid IPC mode: ${ipc}`);
  if (!/^(|host|container:.+)$/.test(pid)) throw invalid(`invalid PID mode: ${pid}`);
  if (!/^(|host)$/.test(uts)) throw invalid(`invalid UTS mode: ${uts}`);
  if (!/^(|private|host)$/.test(cgroup)) throw invalid(`invalid cgroup namespace mode: ${cgroup}`);
  if (!/^(|host)$/.test(hostConfig.UsernsMode)) {
    throw invalid(`invalid USER mode: ${hostConfig.UsernsMode}`);
  }
  if (uts === 'host' && config.Hostname) throw invalid('conflicting options: hostname and the UTS mode');
}

function checkExtraHosts(hosts: readonly string[]): void {
  for (const host of hosts) {
    const address = /^[^:]+:(.*)$/s.exec(host)?.[1];
    if (address === undefined) throw invalid(`bad format for add-host: ${JSON.stringify(host)}`);
    // A zone means nothing in another's network.
    const isAddress = isIP(address) !== 0 && !address.includes('%');
    if (address !== 'host-gateway' && !isAddress)
      throw invalid(`invalid IP address in add-host: ${JSON.stringify(address)}`);
  }
}

function checkNameServers(servers: readonly string[]): void {
  for (const server of servers) {
    if (isIP(server) === 0) {
      const address = JSON.stringify(server);
      throw invalid(`bad nameserver address ${server}: ParseAddr(${address}): unable to parse IP`);
    }
  }
}

const SYSCTL_PREFIXES = ['net.', 'fs.mqueue.'];
const IPC_SYSCTLS =
  /^kernel\.(msgmax|msgmnb|msgmni|sem|shmall|shmmax|shmmni|shm_rmid_forced|auto_msgmni|domainname|hostname)$/;

/** Only what belongs to a namespace of the container may be set. */
function checkSysctls({ Sysctls, NetworkMode, IpcMode }: FilledHostConfig): void {
  for (const key of Object.keys(Sysctls)) {
    checkPathLength(key);
    const isKnown = SYSCTL_PREFIXES.some(prefix => key.startsWith(prefix)) || IPC_SYSCTLS.test(key);
    if (!isKnown) throw invalid(`sysctl '${key}' is not allowed`);
    if (key.startsWith('net.') && NetworkMode === 'host') {
      throw invalid(`sysctl "${key}" not allowed in host network namespace`);
    }
    if (!key.startsWith('net.') && IpcMode === 'host') {
      throw invalid(`sysctl "${key}" not allowed in host ipc namespace`);
    }
  }
}

function checkDevices({ Devices, DeviceCgroupRules, DeviceRequests }: FilledHostConfig): void {
  for (const { PathOnHost = '', PathInContainer = '', CgroupPermissions: permissions = '' } of Devices) {
    checkPathLength(PathOnHost);
    checkPathLength(PathInContainer);
    if (!/^[rwm]{0,3}$/.test(permissions)) throw invalid(`invalid device mode: ${permissions}`);
  }
  for (const rule of DeviceCgroupRules) {
    if (!/^[acb] (\d+|\*):(\d+|\*) [rwm]{1,3}$/.test(rule)) {
      throw invalid(`invalid device cgroup rule format: '${rule}'`);
    }
  }
  const [request] = DeviceRequests;
  if (request !== undefined) {
    const { Driver = '', Capabilities } = request;
    const capabilities = (Capabilities || []).map(one => `[${one.join(' ')}]`).join(' ');
    throw invalid(`could not select device driver "${Driver}" with capabilities: [${capabilities}]`);
  }
}

/** @throws EngineError invalid-parameter for a name that is none, in Docker's words */
export function checkCapabilities({ CapAdd, CapDrop }: Pick<FilledHostConfig, 'CapAdd' | 'CapDrop'>): void {
  for (const [field, names] of Object.entries({ CapAdd, CapDrop }))
    for (const name of names)
      if (normalCapability(name) === undefined) {
        const shown = name.toUpperCase().replace(/^(CAP_)?/, 'CAP_');
        throw invalid(`invalid ${field}: unknown capability: "${shown}"`);
      }
}
