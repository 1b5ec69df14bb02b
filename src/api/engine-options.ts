import type { Int64 } from '../base/int64.ts';
import type { Ulimit } from './types.ts';

/** A network (CIDR), cut into subnets of `size` bits of prefix. */
export type AddressPool = { base: string; size: number };

type Option<Value> = {
  readonly initial: Value;
  /** The flag of `slipway daemon`. */
  readonly flag: string;
  /** What `/info` calls it. */
  readonly info?: string;
};

/** SIGHUP changes it while the engine runs. */
type ReloadableOption<Value> = Option<Value> & {
  /** What the event `reload` calls it; '' where that does not have it. */
  readonly reload: string;
};

function option<Value>(flag: string, initial: Value, info?: string): Option<Value> {
  return { flag, initial, ...(info === undefined ? {} : { info }) };
}

function reloadable<Value>(
  flag: string,
  initial: Value,
  more: { reload: string; info?: string },
): ReloadableOption<Value> {
  return { flag, initial, ...more };
}

/**
 * What an engine may be told when it is opened, with what stands otherwise. From this table follow the types of the
 * engine's and the daemon's options and of the daemon's flags, their defaults, what a reload changes and announces, and
 * what `/info` has of it.
 */
export const ENGINE_OPTIONS = {
  storageDriver: option('storage-driver', ''),
  storageOptions: option<readonly string[]>('storage-opt', []),
  /** Whether layers' compressed blobs are replaced by recipes once they are unpacked. */
  discardBlobs: option('discard-blobs', false),
  /** The cgroup above containers that name no other; '' for the top. */
  cgroupParent: option('cgroup-parent', ''),
  logDriver: option('log-driver', 'json-file', 'LoggingDriver'),
  logOptions: option<Record<string, string>>('log-opt', {}),
  shmSizeBytes: reloadable<Int64>('default-shm-size', 64 * 1024 * 1024, { reload: 'default-shm-size' }),
  ulimits: reloadable<Required<Ulimit>[]>('default-ulimit', [], { reload: '' }),
  /** Containers get an init process unless they say otherwise. */
  init: option('init', false),
  /** '': as the machine's cgroups want it. */
  cgroupnsMode: option<'' | 'private' | 'host'>('default-cgroupns-mode', ''),
  ipcMode: reloadable<'private' | 'shareable'>('default-ipc-mode', 'private', { reload: 'default-ipc-mode' }),
  noNewPrivileges: reloadable('no-new-privileges', false, { reload: 'no-new-privileges' }),
  /** What `host-gateway` means; '' for the default network's own address. */
  hostGatewayIp: option('host-gateway-ip', ''),
  /** Where ports are published that name no address. */
  publishIp: option('ip', '0.0.0.0'),
  /** Whether ports of containers that have IPv4 only are published at the host's IPv6 addresses, too. */
  userlandProxy: option('userland-proxy', true),
  /** Whether other firewalls of the host decide about what containers send and get, or are made to accept it. */
  firewallMode: option<'host' | 'docker'>('firewall-mode', 'host'),
  dns: option<string[]>('dns', []),
  dnsSearch: option<string[]>('dns-search', []),
  dnsOptions: option<string[]>('dns-opt', []),
  /** The default network's own address (CIDR); '' for the first of Docker's pools that is free. */
  bridgeIp: option('bip', ''),
  /** The same for IPv6. */
  bridgeIp6: option('bip6', ''),
  /** Whether the default network has IPv6. */
  ipv6: option('ipv6', false),
  /** The part of the default network's subnet that containers' addresses come from (CIDR); '' for all of it. */
  fixedCidr: option('fixed-cidr', ''),
  fixedCidr6: option('fixed-cidr-v6', ''),
  /** Where containers of the default network have their default routes; '' for the bridge. */
  defaultGateway: option('default-gateway', ''),
  defaultGateway6: option('default-gateway-v6', ''),
  /** Whether containers of the default network reach each other, beside those that are linked. */
  icc: option('icc', true),
  /** By driver: options of networks that are made, where they do not say otherwise. */
  networkOptions: option<Readonly<Record<string, Readonly<Record<string, string>>>>>(
    'default-network-opt',
    {},
  ),
  /** What networks that name no subnet get theirs from; empty: Docker's default pools. */
  addressPools: option<readonly AddressPool[]>('default-address-pool', []),
  /** Whether outgoing connections of the default network get the host's address. */
  masquerade: option('ip-masq', true),
  /** The default network's MTU in bytes; 0: that of the interface with the host's default route. */
  mtu: option('mtu', 0),
  labels: reloadable<string[]>('label', [], { reload: 'labels', info: 'Labels' }),
  debug: reloadable('debug', false, { reload: 'debug', info: 'Debug' }),
  /**
   * Percent of the data root's file system: when more is used than `high`, images that no container uses are removed,
   * longest unused first, until it is less than `low`. 0: never.
   */
  imageGcHigh: option('image-gc-high', 0),
  imageGcLow: option('image-gc-low', 0),
  /**
   * What the build cache may take on the disk, in Docker's units; '0': as much as there is; '': a tenth of the file
   * system.
   */
  buildCacheLimit: option('build-cache-limit', ''),
  /** What of the file system the build cache leaves free, as far as it can, in Docker's units; '' or '0': nothing. */
  buildCacheMinFree: option('build-cache-min-free', ''),
  /**
   * Rules of what may stay of it, in their order; where there are any, they take the place of both (cache-policy.ts).
   */
  buildCachePolicies: option<readonly string[]>('build-cache-policy', []),
  /** `host[:port]` or CIDR: registries whose HTTPS is not verified; HTTP will do. */
  insecureRegistries: reloadable<readonly string[]>('insecure-registry', [], {
    reload: 'insecure-registries',
  }),
  /** URLs. */
  registryMirrors: reloadable<readonly string[]>('registry-mirror', [], { reload: 'registry-mirrors' }),
  /**
   * Which images may come from registries: containers-policy.json(5). Read at each pull; all may where it is missing.
   */
  imagePolicyFile: option('image-policy', '/etc/slipway/policy.json'),
  /** How many layers are transferred at once, in all pulls together and in all pushes together. */
  maxConcurrentDownloads: option('max-concurrent-downloads', 3),
  maxConcurrentUploads: option('max-concurrent-uploads', 5),
} satisfies Record<string, Option<unknown>>;

type Table = typeof ENGINE_OPTIONS;
type Name = keyof Table;

export type EngineSettings = { [Each in Name]: Table[Each]['initial'] };

export const DEFAULT_SETTINGS = Object.fromEntries(
  Object.entries(ENGINE_OPTIONS).map(([name, { initial }]) => [name, initial]),
) as EngineSettings;

/** The engine's own among more. */
export function settingsOf(all: EngineSettings): EngineSettings {
  return Object.fromEntries(
    Object.keys(ENGINE_OPTIONS).map(name => [name, all[name as Name]]),
  ) as EngineSettings;
}

/** What may change while the engine runs. */
export type Reloadable = {
  [Each in Name as Table[Each] extends ReloadableOption<unknown> ? Each : never]: EngineSettings[Each];
};

/** The settings that may change while the engine runs. */
export function reloadableOf(settings: EngineSettings): Reloadable {
  return Object.fromEntries(
    Object.entries(ENGINE_OPTIONS).flatMap(([name, option]) =>
      'reload' in option ? [[name, settings[name as Name]]] : [],
    ),
  ) as Reloadable;
}

/** As the event `reload` has them: lists in JSON. */
export function reloadAttributes(changes: Reloadable): Record<string, string> {
  return Object.fromEntries(
    Object.entries(ENGINE_OPTIONS).flatMap(([name, option]) => {
      if (!('reload' in option) || option.reload === '') return [];
      const value: unknown = changes[name as keyof Reloadable];
      return [[option.reload, Array.isArray(value) ? JSON.stringify(value) : String(value)]];
    }),
  );
}

/** What `/info` has of them, by its names. */
export function shownSettings(settings: EngineSettings): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(ENGINE_OPTIONS).flatMap(([name, { info }]) =>
      info === undefined ? [] : [[info, settings[name as Name]]],
    ),
  );
}
