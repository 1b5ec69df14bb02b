import { release } from 'node:os';
import { API_VERSION, MIN_API_VERSION, type SystemInfo, type SystemVersion } from '../../api/types.ts';
import type { MachineUsage } from '../../api/machine.ts';
import { shownSettings } from '../../api/engine-options.ts';
import type { NetworkProblem } from '../../networkdriver/driver.ts';
import { currentTime } from '../model/clock.ts';
import type { Daemon } from '../container/daemon.ts';
import type { DaemonOptions } from '../model/daemon-options.ts';
import { hostArchitecture } from '../../oci/platform.ts';
import { hostInformation, forwardsIpv4 } from './host-information.ts';
import { missingLimits } from './missing-limits.ts';
import { machineUsage } from './machine-usage.ts';

/** Everything that `docker info` prints. */
export async function systemInformation(daemon: Daemon): Promise<SystemInfo> {
  const { options, graph, containers } = daemon;
  const all = containers.all();
  const count = (...states: string[]): number =>
    all.filter(({ state }) => states.includes(state.status)).length;
  const running = count('running', 'restarting');
  const paused = count('paused');
  const machine = await machineUsage(daemon);
  return {
    ID: daemon.id,
    Containers: all.length,
    ContainersRunning: running,
    ContainersPaused: paused,
    ContainersStopped: all.length - running - paused,
    Images: (await graph.list()).length,
    Driver: graph.driverName,
    DriverStatus: [...graph.driverStatus(), ...diskStatus(machine)],
    Plugins: {
      Volume: ['local'],
      Network: daemon.networks.driverNames(),
      Authorization: null,
      Log: ['json-file', 'local'],
    },
    ...hostInformation(daemon),
    ...shownSettings(options),
    NGoroutines: 1,
    SystemTime: currentTime(),
    NEventsListener: daemon.events.listenerCount,
    IndexServerAddress: 'https://index.docker.io/v1/',
    RegistryConfig: registryConfig(options),
    GenericResources: null,
    DockerRootDir: options.dataRoot,
    HttpProxy: maskedProxy(options.proxies.http),
    HttpsProxy: maskedProxy(options.proxies.https),
    NoProxy: options.proxies.none,
    ExperimentalBuild: false,
    ServerVersion: options.version,
    Runtimes: { slipway: { path: 'slipway-shim' } },
    DefaultRuntime: 'slipway',
    Swarm: {
      NodeID: '',
      NodeAddr: '',
      LocalNodeState: 'inactive',
      ControlAvailable: false,
      Error: '',
      RemoteManagers: null,
    },
    LiveRestoreEnabled: true,
    Isolation: '',
    InitBinary: 'slipway-init',
    ContainerdCommit: { ID: '' },
    RuncCommit: { ID: '' },
    InitCommit: { ID: '' },
    FirewallBackend: { Driver: 'nftables' },
    CDISpecDirs: [],
    Warnings: warningsOf(daemon, await daemon.networks.problems()),
    Machine: machine,
  };
}

/** As devicemapper named it: the only place of docker's CLI for the space that is left. */
function diskStatus({ Disk }: MachineUsage): [string, string][] {
  const size = (bytes: number) => `${(bytes / 1e9).toFixed(2)}GB`;
  return [
    ['Data Space Total', size(Disk.Bytes)],
    ['Data Space Available', size(Disk.FreeBytes)],
  ];
}

/** Null for none. */
function warningsOf(
  { options, hostFacts: { limits } }: Daemon,
  problems: readonly NetworkProblem[],
): string[] | null {
  const unsupported = missingLimits(limits).map(what => `WARNING: No ${what} support`);
  const forwarding = forwardsIpv4() ? [] : ['WARNING: IPv4 forwarding is disabled'];
  const network = problems.map(({ problem }) => `WARNING: ${problem}`);
  const all = [...options.warnings, ...unsupported, ...forwarding, ...network];
  return all.length > 0 ? all : null;
}

function registryConfig({ insecureRegistries, registryMirrors }: DaemonOptions): object {
  const networks = insecureRegistries.filter(entry => entry.includes('/'));
  const hosts = insecureRegistries.filter(entry => !entry.includes('/'));
  return {
    IndexConfigs: {
      'docker.io': { Mirrors: registryMirrors, Name: 'docker.io', Official: true, Secure: true },
      ...Object.fromEntries(hosts.map(Name => [Name, { Mirrors: [], Name, Official: false, Secure: false }])),
    },
    InsecureRegistryCIDRs: ['::1/128', '127.0.0.0/8', ...networks],
    Mirrors: registryMirrors.length === 0 ? null : registryMirrors,
  };
}

/** Without the password that may be in it. */
function maskedProxy(proxy: string): string {
  return proxy.replace(/\/\/[^@/]*@/, '//xxxxx:xxxxx@');
}

/** `docker version`, the server's half. */
export function systemVersion({ options }: Daemon): SystemVersion {
  const common = {
    ApiVersion: API_VERSION,
    MinAPIVersion: MIN_API_VERSION,
    Os: 'linux',
    Arch: hostArchitecture(),
  };
  const details = { GitCommit: '', GoVersion: `node ${process.versions.node}`, KernelVersion: release() };
  const BuildTime = '';
  return {
    Platform: { Name: 'Slipway' },
    Components: [
      {
        Name: 'Engine',
        Version: options.version,
        Details: { ...common, ...details, BuildTime, Experimental: 'false' },
      },
    ],
    Version: options.version,
    ...common,
    ...details,
    BuildTime,
  };
}
