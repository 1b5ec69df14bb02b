import type * as api from '../../api/types.ts';
import { EngineError } from '../../base/errors.ts';
import { compareVersions } from '../exchange.ts';

/**
 * What a request means in the API version that its client speaks: what came later is ignored, or refused where ignoring
 * it would be dangerous, and other defaults applied.
 * @throws EngineError invalid-parameter, in Docker's words
 */
export function createAsMeant(
  request: api.ContainerCreateRequest,
  version: string,
): api.ContainerCreateRequest {
  const { Healthcheck, HostConfig = {}, NetworkingConfig = {} } = request;
  if (isBefore(version, '1.44')) checkNetworking(request);
  return {
    ...request,
    ...(Healthcheck && isBefore(version, '1.44')
      ? { Healthcheck: { ...Healthcheck, StartInterval: undefined } }
      : {}),
    HostConfig: hostConfigAsMeant(HostConfig, version),
    // The container's own address is that of its network then.
    ...(isBefore(version, '1.44') ? { NetworkingConfig: withoutMacAddresses(NetworkingConfig) } : {}),
  };
}

/** As {@link createAsMeant}. */
export function updateAsMeant(
  request: api.ContainerUpdateRequest,
  version: string,
): api.ContainerUpdateRequest {
  return isBefore(version, '1.40') ? { ...request, PidsLimit: undefined } : request;
}

/** What is to be told of fields that newer clients send otherwise. */
export function deprecations({ MacAddress }: api.ContainerCreateRequest, version: string): string[] {
  if (!MacAddress || isBefore(version, '1.44')) return [];
  return [
    'The container-wide MacAddress field is now deprecated. It should be specified in EndpointsConfig instead.',
  ];
}

/** Read-only mounts became recursive in 1.44. */
export function hasFlatReadonlyMounts(version: string): boolean {
  return isBefore(version, '1.44');
}

function isBefore(version: string, introduced: string): boolean {
  return compareVersions(version, introduced) < 0;
}

function hostConfigAsMeant(hostConfig: api.HostConfig, version: string): api.HostConfig {
  const { IpcMode, CgroupnsMode, Mounts } = hostConfig;
  return {
    ...hostConfig,
    ...(isBefore(version, '1.25') ? { AutoRemove: false } : {}),
    ...(isBefore(version, '1.40') ? { KernelMemoryTCP: 0, IpcMode: IpcMode || 'shareable' } : {}),
    ...(isBefore(version, '1.41') ? { CgroupnsMode: CgroupnsMode || 'host' } : {}),
    ...(isBefore(version, '1.42') ? { ConsoleSize: undefined } : {}),
    ...(isBefore(version, '1.43') ? { Annotations: undefined } : {}),
    ...(Mounts ? { Mounts: Mounts.map(mount => mountAsMeant(mount, version)) } : {}),
  };
}

function mountAsMeant(mount: api.Mount, version: string): api.Mount {
  if (isBefore(version, '1.44') && mount.Type === 'bind' && mount.BindOptions?.ReadOnlyForceRecursive)
    throw invalid('BindOptions.ReadOnlyForceRecursive needs API v1.44 or newer');
  if (isBefore(version, '1.45') && mount.VolumeOptions?.Subpath)
    throw invalid('VolumeOptions.Subpath needs API v1.45 or newer');
  if (!isBefore(version, '1.42')) return mount;
  const { BindOptions, VolumeOptions, TmpfsOptions, ...rest } = mount;
  return {
    ...rest,
    ...(BindOptions ? { BindOptions: bindOptionsAsMeant(BindOptions, version) } : {}),
    // Options of other types were not refused then.
    ...(VolumeOptions && mount.Type === 'volume' ? { VolumeOptions } : {}),
    ...(TmpfsOptions && mount.Type === 'tmpfs' ? { TmpfsOptions } : {}),
  };
}

function bindOptionsAsMeant(options: api.Mount['BindOptions'], version: string): api.Mount['BindOptions'] {
  const flat = isBefore(version, '1.40') ? { NonRecursive: false } : {};
  return { ...options, ...flat, CreateMountpoint: false };
}

function checkNetworking({ NetworkingConfig, HostConfig, MacAddress }: api.ContainerCreateRequest): void {
  const networks = Object.keys(NetworkingConfig?.EndpointsConfig ?? {});
  if (networks.length > 1)
    throw invalid(`Container cannot be created with multiple network endpoints: ${networks.join(', ')}`);
  if (MacAddress && /^(host$|none$|container:)/.test(HostConfig?.NetworkMode ?? ''))
    throw invalid('conflicting options: mac-address and the network mode');
}

function withoutMacAddresses({ EndpointsConfig }: api.NetworkingConfig): api.NetworkingConfig {
  const entries = Object.entries(EndpointsConfig ?? {});
  return {
    EndpointsConfig: Object.fromEntries(
      entries.map(([network, settings]) => [network, settings && { ...settings, MacAddress: undefined }]),
    ),
  };
}

function invalid(message: string): EngineError {
  return new EngineError('invalid-parameter', message);
}
