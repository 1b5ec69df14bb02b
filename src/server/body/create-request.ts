import type * as api from '../../api/types.ts';
import { EngineError } from '../../base/errors.ts';
import { containerConfig, containerConfigFields } from '../../api/decode-container-config.ts';
import {
  type Decoder,
  integer,
  mapOf,
  nullable,
  safeInteger,
  stringMap,
  strings,
  struct,
  text,
} from '../../base/go/decode.ts';
import { hostConfig } from './host-config.ts';

export const endpointSettings = struct<api.EndpointSettings>('network.EndpointSettings', {
  IPAMConfig: struct<NonNullable<api.EndpointSettings['IPAMConfig']>>('network.EndpointIPAMConfig', {
    IPv4Address: text(),
    IPv6Address: text(),
    LinkLocalIPs: strings,
  }),
  Links: strings,
  Aliases: strings,
  MacAddress: text(),
  DriverOpts: stringMap,
  GwPriority: integer('int'),
  NetworkID: text(),
  EndpointID: text(),
  Gateway: text(),
  IPAddress: text(),
  IPPrefixLen: safeInteger('int'),
  IPv6Gateway: text(),
  GlobalIPv6Address: text(),
  GlobalIPv6PrefixLen: safeInteger('int'),
  DNSNames: strings,
});

const MAX_ENDPOINTS = 1024;

const networkingConfig = struct<api.NetworkingConfig>('network.NetworkingConfig', {
  EndpointsConfig: mapOf(nullable(endpointSettings), 'map[string]*network.EndpointSettings', MAX_ENDPOINTS),
});

const request = struct<api.ContainerCreateRequest>('container.CreateRequest', {
  ...containerConfigFields,
  HostConfig: hostConfig,
  NetworkingConfig: networkingConfig,
});

/** The body of `POST /commit`, where there is one. */
export const commitConfig = containerConfig;

/** The body of `POST /containers/create`: at least one field of the container's own configuration is there. */
export const createRequest: Decoder<api.ContainerCreateRequest> = (value, path) => {
  const decoded = request(value, path);
  if (!Object.keys(decoded).some(name => Object.hasOwn(containerConfigFields, name)))
    throw new EngineError('invalid-parameter', 'config cannot be empty in order to create a container');
  return decoded;
};
