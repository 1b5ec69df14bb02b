import type * as api from '../../api/types.ts';
import type { Int64 } from '../../base/int64.ts';
import { withoutNulls } from './complete.ts';

/** What was asked of a container's endpoint on a network, with nothing left open: completed once, when it is asked. */
export type EndpointConfig = {
  IPAMConfig: { IPv4Address: string; IPv6Address: string; LinkLocalIPs: string[] };
  /** `container:alias` */
  Links: string[];
  Aliases: string[];
  MacAddress: string;
  DriverOpts: Record<string, string>;
  GwPriority: Int64;
  /** What the request has left out: `inspect` shows null for them. */
  readonly leftOut: readonly NullableField[];
};

const NULLABLE = [
  'IPAMConfig',
  'Links',
  'Aliases',
  'DriverOpts',
] as const satisfies (keyof api.EndpointSettings)[];
type NullableField = (typeof NULLABLE)[number];

const NO_ADDRESSES: EndpointConfig['IPAMConfig'] = { IPv4Address: '', IPv6Address: '', LinkLocalIPs: [] };

/** Nothing asked. */
export const EMPTY_ENDPOINT_CONFIG: EndpointConfig = {
  IPAMConfig: NO_ADDRESSES,
  Links: [],
  Aliases: [],
  MacAddress: '',
  DriverOpts: {},
  GwPriority: 0,
  leftOut: NULLABLE,
};

/** Settings in the API's form, with zero for what they leave out. What only answers have is dropped. */
export function fillEndpointConfig(wanted: api.EndpointSettings | null | undefined): EndpointConfig {
  if (!wanted) return EMPTY_ENDPOINT_CONFIG;
  const { IPAMConfig, Links, Aliases, MacAddress, DriverOpts, GwPriority } = wanted;
  return {
    ...EMPTY_ENDPOINT_CONFIG,
    ...withoutNulls({ Links, Aliases, MacAddress, DriverOpts, GwPriority }),
    IPAMConfig: { ...NO_ADDRESSES, ...withoutNulls({ ...IPAMConfig }) },
    leftOut: NULLABLE.filter(field => !wanted[field]),
  };
}

type Shown = Required<Pick<api.EndpointSettings, NullableField | 'MacAddress' | 'GwPriority'>>;

/** As `inspect` shows it. */
export function describeEndpointConfig({ leftOut, ...settings }: EndpointConfig): Shown {
  const addresses = Object.entries(settings.IPAMConfig).filter(([, value]) => value.length > 0);
  const shown: Shown = { ...settings, IPAMConfig: Object.fromEntries(addresses) };
  for (const field of leftOut) shown[field] = null;
  return shown;
}

/** Settings as this or an earlier version has stored them: earlier ones stored them in the API's form. */
export function upgradeEndpointConfig(stored: api.EndpointSettings | EndpointConfig): EndpointConfig {
  return 'leftOut' in stored ? { ...EMPTY_ENDPOINT_CONFIG, ...stored } : fillEndpointConfig(stored);
}
