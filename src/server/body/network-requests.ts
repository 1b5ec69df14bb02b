import type * as api from '../../api/types.ts';
import { arrayOf, bool, nullable, stringMap, struct, text } from '../../base/go/decode.ts';
import { endpointSettings } from './create-request.ts';

const ipamConfig = struct<api.IpamConfig>('network.IPAMConfig', {
  Subnet: text(),
  IPRange: text(),
  Gateway: text(),
  AuxiliaryAddresses: stringMap,
});

/** The body of `POST /networks/create`. */
export const networkCreateRequest = struct<api.NetworkCreateRequest>('network.CreateRequest', {
  Name: text(),
  CheckDuplicate: bool,
  Driver: text(),
  Scope: text(),
  EnableIPv4: nullable(bool),
  EnableIPv6: nullable(bool),
  IPAM: nullable(
    struct<NonNullable<api.NetworkCreateRequest['IPAM']>>('network.IPAM', {
      Driver: text(),
      Options: stringMap,
      Config: arrayOf(ipamConfig, '[]network.IPAMConfig'),
    }),
  ),
  Internal: bool,
  Attachable: bool,
  Ingress: bool,
  ConfigOnly: bool,
  ConfigFrom: nullable(struct<{ Network?: string }>('network.ConfigReference', { Network: text() })),
  Options: stringMap,
  Labels: stringMap,
});

/** The body of `POST /networks/ID/connect`. */
export const networkConnectRequest = struct<{
  Container?: string;
  EndpointConfig?: api.EndpointSettings | null;
}>('network.ConnectOptions', { Container: text(), EndpointConfig: nullable(endpointSettings) });

/** The body of `POST /networks/ID/disconnect`. */
export const networkDisconnectRequest = struct<{ Container?: string; Force?: boolean }>(
  'network.DisconnectOptions',
  { Container: text(), Force: bool },
);
