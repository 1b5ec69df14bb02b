import { resolve } from 'node:path';
import type { ContainerConfig, ContainerCreateRequest, HostConfig } from '../../api/types.ts';
import type { CommandCall } from '../command.ts';
import { splitPair } from '../flags/flag.ts';
import type { CONTAINER_FLAGS, ContainerFlags } from './container-flags.ts';
import { parseDevice } from './devices.ts';
import { governanceAnnotations } from './governance-flags.ts';
import { healthConfig } from './health-config.ts';
import { checkMac, networkingConfig } from './network-flag.ts';
import { parsePorts, type Ports } from './port-specs.ts';
import { parseRestartPolicy } from './restart-policy.ts';
import { securityOptions } from './security-options.ts';
import { readEnvironment, readLabels } from './variable-files.ts';

type Call = Pick<CommandCall<typeof CONTAINER_FLAGS>, 'values' | 'changed'> & {
  image: string;
  command: string[];
  env: Readonly<Record<string, string | undefined>>;
};

/**
 * What `run` and `create` ask for, as the API takes it.
 * @throws Error with Docker's wording
 */
export function createRequest(call: Call): ContainerCreateRequest {
  const { values } = call;
  checkValues(values);
  const ports = parsePorts(values.publish, values.expose);
  return {
    ...containerConfig(call, ports),
    HostConfig: hostConfig(call, ports),
    NetworkingConfig: networkingConfig(values.network, {
      aliases: values['network-alias'],
      links: values.link,
      ip: values.ip,
      ip6: values.ip6,
      linkLocalIps: values['link-local-ip'],
      macAddress: values['mac-address'],
    }),
  };
}

function checkValues(values: ContainerFlags): void {
  if (values['mac-address'] !== '') checkMac(values['mac-address']);
  const swappiness = values['memory-swappiness'];
  if (swappiness < -1 || swappiness > 100)
    throw new Error(`invalid value: ${swappiness}. Valid memory swappiness range is 0-100`);
  checkMode('pid', 'PID', values.pid, /^(host|container:.+)?$/);
  checkMode('uts', 'UTS', values.uts, /^(host)?$/);
  checkMode('userns', 'USER', values.userns, /^(host)?$/);
  checkMode('cgroupns', 'CGROUP', values.cgroupns, /^(host|private)?$/);
  if (values['log-driver'] === 'none' && values['log-opt'].length > 0)
    throw new Error('invalid logging opts for driver none');
  if (values['storage-opt'].some(option => !option.includes('='))) throw new Error('invalid storage option');
  if (values.rm && !['', 'no'].includes(values.restart))
    throw new Error('conflicting options: cannot specify both --restart and --rm');
}

function checkMode(flag: string, name: string, value: string, valid: RegExp): void {
  if (!valid.test(value)) throw new Error(`--${flag}: invalid ${name} mode`);
}

function containerConfig({ values, changed, image, command, env }: Call, ports: Ports): ContainerConfig {
  const attachAll = values.attach.length === 0;
  const attachStdin = values.interactive || values.attach.includes('stdin');
  return {
    Hostname: values.hostname,
    Domainname: values.domainname,
    User: values.user,
    AttachStdin: attachStdin,
    AttachStdout: attachAll || values.attach.includes('stdout'),
    AttachStderr: attachAll || values.attach.includes('stderr'),
    ExposedPorts: ports.exposed,
    Tty: values.tty,
    OpenStdin: values.interactive,
    StdinOnce: values.interactive && attachStdin,
    Env: orNull(readEnvironment(values['env-file'], values.env, env)),
    Cmd: orNull(command),
    Healthcheck: healthConfig(values),
    Image: image,
    Volumes: Object.fromEntries(values.volume.filter(text => !isBind(text)).map(path => [path, {}])),
    WorkingDir: values.workdir,
    // `--entrypoint ''` asks for none at all, which the API writes as one empty word.
    Entrypoint: changed.has('entrypoint') ? [values.entrypoint] : null,
    Labels: readLabels(values['label-file'], values.label),
    StopSignal: changed.has('stop-signal') ? values['stop-signal'] : undefined,
    StopTimeout: changed.has('stop-timeout') ? values['stop-timeout'] : undefined,
  };
}

function hostConfig({ values, changed }: Call, ports: Ports): HostConfig {
  const security = securityOptions(values['security-opt']);
  return {
    ...resources(values),
    Binds: orNull(values.volume.filter(isBind).map(absoluteBind)),
    ContainerIDFile: values.cidfile,
    LogConfig: { Type: values['log-driver'], Config: pairs(values['log-opt']) },
    NetworkMode: values.network[0]?.target ?? 'default',
    PortBindings: ports.bindings,
    RestartPolicy: parseRestartPolicy(values.restart),
    AutoRemove: values.rm,
    VolumeDriver: values['volume-driver'],
    VolumesFrom: orNull(values['volumes-from']),
    Annotations: annotations(values, changed),
    CapAdd: orNull(normalizeCapabilities(values['cap-add'])),
    CapDrop: orNull(normalizeCapabilities(values['cap-drop'])),
    CgroupnsMode: values.cgroupns as HostConfig['CgroupnsMode'],
    Dns: values.dns,
    DnsOptions: values['dns-option'],
    DnsSearch: values['dns-search'],
    ExtraHosts: orNull(values['add-host']),
    GroupAdd: orNull(values['group-add']),
    IpcMode: values.ipc,
    Links: orNull(values.link),
    OomScoreAdj: values['oom-score-adj'],
    PidMode: values.pid,
    Privileged: values.privileged,
    PublishAllPorts: values['publish-all'],
    ReadonlyRootfs: values['read-only'],
    SecurityOpt: orNull(security.options),
    StorageOpt: values['storage-opt'].length > 0 ? pairs(values['storage-opt']) : undefined,
    Tmpfs: values.tmpfs.length > 0 ? tmpfsMounts(values.tmpfs) : undefined,
    UTSMode: values.uts,
    UsernsMode: values.userns,
    ShmSize: values['shm-size'],
    Sysctls: changed.has('sysctl') ? values.sysctl : undefined,
    Runtime: values.runtime || undefined,
    Isolation: values.isolation,
    Mounts: values.mount.length > 0 ? values.mount : undefined,
    MaskedPaths: security.maskedPaths,
    ReadonlyPaths: security.readonlyPaths,
    Init: changed.has('init') ? values.init : undefined,
  };
}

function resources(values: ContainerFlags): HostConfig {
  return {
    CpuShares: values['cpu-shares'],
    Memory: values.memory,
    NanoCpus: values.cpus,
    CgroupParent: values['cgroup-parent'],
    BlkioWeight: values['blkio-weight'],
    BlkioWeightDevice: values['blkio-weight-device'],
    BlkioDeviceReadBps: values['device-read-bps'],
    BlkioDeviceWriteBps: values['device-write-bps'],
    BlkioDeviceReadIOps: values['device-read-iops'],
    BlkioDeviceWriteIOps: values['device-write-iops'],
    CpuPeriod: values['cpu-period'],
    CpuQuota: values['cpu-quota'],
    CpuRealtimePeriod: values['cpu-rt-period'],
    CpuRealtimeRuntime: values['cpu-rt-runtime'],
    CpusetCpus: values['cpuset-cpus'],
    CpusetMems: values['cpuset-mems'],
    Devices: values.device.flatMap(parseDevice),
    DeviceCgroupRules: orNull(values['device-cgroup-rule']),
    MemoryReservation: values['memory-reservation'],
    MemorySwap: values['memory-swap'],
    MemorySwappiness: values['memory-swappiness'],
    OomKillDisable: values['oom-kill-disable'],
    PidsLimit: values['pids-limit'],
    Ulimits: byName(values.ulimit),
  };
}

/** `source:target`: with a source it is a bind mount or a named volume, without one a volume of its own. */
function isBind(text: string): boolean {
  return text.includes(':');
}

function absoluteBind(text: string): string {
  if (!text.startsWith('.')) return text;
  const at = text.indexOf(':');
  return `${resolve(text.slice(0, at))}${text.slice(at)}`;
}

function tmpfsMounts(texts: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    texts.map(text => {
      const [path = '', options = ''] = text.split(/:(.*)/s);
      return [path, options];
    }),
  );
}

function pairs(texts: readonly string[]): Record<string, string> {
  return Object.fromEntries(texts.map(splitPair));
}

function orNull(list: string[]): string[] | null {
  return list.length > 0 ? list : null;
}

/** The last of each name counts. */
function byName(limits: ContainerFlags['ulimit']): ContainerFlags['ulimit'] {
  const unique = new Map(limits.map(limit => [limit.Name, limit]));
  return [...unique.values()].sort((a, b) => (a.Name < b.Name ? -1 : 1));
}

function annotations(values: ContainerFlags, changed: ReadonlySet<string>): HostConfig['Annotations'] {
  const governance = governanceAnnotations(values, changed);
  if (!changed.has('annotation') && governance === undefined) return undefined;
  return { ...values.annotation, ...governance };
}

/** `net_admin`, `CAP_NET_ADMIN`: one form, in order, each once. */
function normalizeCapabilities(names: readonly string[]): string[] {
  return [...new Set(names.map(normalizeCapability))].sort();
}

function normalizeCapability(name: string): string {
  const upper = name.trim().toUpperCase();
  return upper === 'ALL' || upper.startsWith('CAP_') ? upper : `CAP_${upper}`;
}
