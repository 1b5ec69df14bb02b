import type { Digest } from '../../base/digest.ts';
import type * as api from '../../api/types.ts';
import type { Endpoint, PortBinding } from '../../networkdriver/driver.ts';
import { ZERO_TIME } from './clock.ts';
import { type CompletedConfig, upgradeConfig } from './config.ts';
import { type EndpointConfig, upgradeEndpointConfig } from './endpoint-config.ts';
import { type CompletedHostConfig, upgradeHostConfig } from './host-config.ts';

/** A container as it was asked for: written once, changed by `rename` and `update` only. Plain data. */
export type ContainerRecord = {
  id: string;
  /** Without Docker's leading slash. */
  name: string;
  createdAt: string;
  /** '' for none. */
  imageId: Digest | '';
  /** As the client gave it. */
  imageReference: string;
  /** What is executed: entrypoint and command. */
  path: string;
  args: string[];
  /** Merged with the image's. */
  config: CompletedConfig;
  /** Completed with defaults, as `inspect` shows it. */
  hostConfig: CompletedHostConfig;
  mounts: MountRecord[];
  /** What the client asked of each network, by the name it used. */
  networks: Record<string, EndpointConfig>;
  links: Link[];
};

/** Another container of the default network, and what it is called in this one. */
export type Link = {
  containerId: string;
  alias: string;
  /** As it was called when this was written down; its id in records of earlier versions. */
  name: string;
};

/** A mount, resolved at creation. */
export type MountRecord = {
  type: 'bind' | 'volume' | 'tmpfs' | 'image';
  /** The volume's name, or what the image was called; '' for other types. */
  name: string;
  /** A host path; the id of an image; '' for tmpfs. */
  source: string;
  destination: string;
  /** As given after the last colon of `-v`. */
  mode: string;
  writable: boolean;
  propagation: string;
  /** Whether `propagation` is the engine's choice: where the host's mount does not pass mounts on, it has none. */
  propagatesIfPossible?: boolean;
  /** Whether a new volume gets what the image has at `destination`. */
  copyUp: boolean;
  /** Set where the volume stands for a device, which `source` then names. */
  device?: VolumeDevice;
  /** Made when it is missing at start (`-v`, not `--mount`). */
  createSource: boolean;
  /** Which part of a volume or an image is mounted; '' for all. */
  subpath: string;
  nonRecursive: boolean;
  /** How submounts of a read-only bind are treated. */
  readonlyRecursion: 'when-possible' | 'never' | 'always';
  /** Mount options of a tmpfs: `size=64m`. */
  tmpfsOptions: string[];
  /** Not created by this container's own volume list: removed by `rm -v` only when anonymous. */
  anonymous: boolean;
};

/** A file system or directory that a volume stands for, from the options of the `local` driver. */
export type VolumeDevice = {
  /** A directory of the host, to be bound; else a file system is mounted for each container that uses the volume. */
  isDirectory: boolean;
  /** As mount(8) has them. */
  source: string;
  type: string;
  options: string[];
};

/** What changes while it lives. Written whole with each change. Plain data. */
export type StateRecord = {
  status: api.ContainerStatus;
  pid: number;
  exitCode: number;
  error: string;
  oomKilled: boolean;
  startedAt: string;
  finishedAt: string;
  restartCount: number;
  /** By `stop` or `kill`: restart policies respect it. */
  manuallyStopped: boolean;
  health?: api.Health;
  /** The endpoints of the current run; none while it does not run. */
  endpoints: { network: string; endpoint: Endpoint }[];
  /** The interface that it is being given while it runs: a daemon that was killed meanwhile is to take it away. */
  connecting?: string;
  /** Bound by the current run, while it has no network that leads out. */
  unpublishedPorts: PortBinding[];
  /** Written to the container's directory at the first start. */
  hasHostFiles: boolean;
};

export function newState(): StateRecord {
  return {
    status: 'created',
    pid: 0,
    exitCode: 0,
    error: '',
    oomKilled: false,
    startedAt: ZERO_TIME,
    finishedAt: ZERO_TIME,
    restartCount: 0,
    manuallyStopped: false,
    endpoints: [],
    unpublishedPorts: [],
    hasHostFiles: false,
  };
}

type EarlierRecord = Omit<ContainerRecord, 'config' | 'hostConfig' | 'networks' | 'links'> & {
  config: api.ContainerConfig | CompletedConfig;
  hostConfig: api.HostConfig | CompletedHostConfig;
  networks: Record<string, api.EndpointSettings | EndpointConfig>;
  links?: (Omit<Link, 'name'> & { name?: string })[];
};

/** A record as this or an earlier version may have written it: with configurations in the API's form, without links. */
export function upgradeRecord({
  config,
  hostConfig,
  networks,
  links = [],
  ...record
}: EarlierRecord): ContainerRecord {
  return {
    ...record,
    config: upgradeConfig(config),
    hostConfig: upgradeHostConfig(hostConfig),
    networks: mapValues(networks, upgradeEndpointConfig),
    links: links.map(({ containerId, alias, name = containerId }) => ({ containerId, alias, name })),
  };
}

function mapValues<From, To>(record: Record<string, From>, map: (value: From) => To): Record<string, To> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
}

type EarlierEndpoint = Endpoint & { ipv4Address?: string; prefixLength?: number; gateway?: string };

type EarlierState = Omit<StateRecord, 'unpublishedPorts'> & Partial<StateRecord>;

/** A state as earlier versions may have written it: endpoints with one address, of IPv4, no ports kept for later. */
export function upgradeState({ unpublishedPorts = [], ...state }: EarlierState): StateRecord {
  return {
    ...state,
    unpublishedPorts,
    endpoints: state.endpoints.map(({ network, endpoint }) => ({
      network,
      endpoint: upgradeEndpoint(endpoint),
    })),
  };
}

function upgradeEndpoint({
  ipv4Address,
  prefixLength = 0,
  gateway = '',
  ...endpoint
}: EarlierEndpoint): Endpoint {
  if (ipv4Address === undefined) return endpoint;
  const addresses = ipv4Address === '' ? [] : [{ address: ipv4Address, prefixLength, gateway }];
  return { ...endpoint, addresses };
}
