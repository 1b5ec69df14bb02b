import type { PoolOptions } from '../../networkdriver/ipam/address-pool.ts';

/** A network, as stored. Plain data, never changed but for the predefined ones, when an engine opens. */
export type NetworkRecord = {
  id: string;
  name: string;
  /** As Docker names them: `null` for the network `none`. */
  driver: string;
  createdAt: string;
  enableIPv4: boolean;
  enableIPv6: boolean;
  pools: PoolRecord[];
  ipamDriver: string;
  ipamOptions: Record<string, string> | null;
  internal: boolean;
  attachable: boolean;
  options: Record<string, string>;
  labels: Record<string, string>;
  /** It only lends others its configuration. */
  configOnly: boolean;
  /** The network whose configuration it has; '' for none. */
  configFrom: string;
};

export type PoolRecord = PoolOptions & {
  /** Whether the client has chosen the subnet, and the gateway. */
  isSubnetGiven: boolean;
  isGatewayGiven: boolean;
};

/** The network of containers that name none. */
export const DEFAULT_NETWORK = 'bridge';
const PREDEFINED = [DEFAULT_NETWORK, 'host', 'none'];

/** One of the three networks that are always there. */
export function isPredefined({ name }: Pick<NetworkRecord, 'name'>): boolean {
  return PREDEFINED.includes(name);
}

/** Whether containers of the network find each other by name, and choose their addresses. */
export function isUserDefined(name: string): boolean {
  return !['', 'default', ...PREDEFINED].includes(name) && !name.startsWith('container:');
}

export function newNetwork(
  given: Pick<NetworkRecord, 'id' | 'name' | 'driver' | 'createdAt'> & Partial<NetworkRecord>,
): NetworkRecord {
  return {
    enableIPv4: true,
    enableIPv6: false,
    pools: [],
    ipamDriver: 'default',
    ipamOptions: null,
    internal: false,
    attachable: false,
    options: {},
    labels: {},
    configOnly: false,
    configFrom: '',
    ...given,
  };
}

type EarlierRecord = Partial<NetworkRecord> &
  Pick<NetworkRecord, 'id' | 'name' | 'driver' | 'createdAt'> & { subnet?: string; gateway?: string };

/** A record as earlier versions may have written it: of one subnet, without what was the same for all networks. */
export function upgradeNetwork({ subnet = '', gateway = '', ...record }: EarlierRecord): NetworkRecord {
  const pools = subnet === '' ? [] : [givenPool({ subnet, gateway })];
  return newNetwork({ pools, ...record });
}

/** A pool of the default bridge. */
export function givenPool({ subnet, gateway }: { subnet: string; gateway: string }): PoolRecord {
  return { subnet, gateway, range: '', auxiliary: {}, isSubnetGiven: false, isGatewayGiven: true };
}
