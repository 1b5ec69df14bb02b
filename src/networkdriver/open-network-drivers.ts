import { BridgeDriver } from './bridge/bridge-driver.ts';
import type { NetworkDriver } from './driver.ts';
import { IPVLAN } from './ipvlan/ipvlan.ts';
import { MACVLAN } from './macvlan/macvlan.ts';
import { NullDriver } from './null-driver.ts';
import { SublinkDriver } from './sublink/sublink-driver.ts';

export type NetworkDriversOptions = {
  /** The nftables table that is the engine's own. Default `slipway`; engines side by side need one each. */
  table?: string;
  /** Whether ports of containers that have IPv4 only are published at the host's IPv6 addresses, too. Default true. */
  relay?: boolean;
  /**
   * `host`, the default: firewalls of others decide about what containers send and get, too; `docker`: they are made to
   * accept it.
   */
  firewallMode?: 'host' | 'docker';
};

/** Every driver, by the name that networks have for it. */
const DRIVERS: Record<string, (options: Required<NetworkDriversOptions>) => NetworkDriver> = {
  bridge: options => new BridgeDriver(options),
  host: () => new NullDriver('host'),
  null: () => new NullDriver('null'),
  macvlan: options => new SublinkDriver(MACVLAN, options),
  ipvlan: options => new SublinkDriver(IPVLAN, options),
};

export type NetworkDrivers = ReadonlyMap<string, NetworkDriver>;

export function openNetworkDrivers({
  table = 'slipway',
  relay = true,
  firewallMode = 'host',
}: NetworkDriversOptions = {}): NetworkDrivers {
  return new Map(Object.entries(DRIVERS).map(([name, open]) => [name, open({ table, relay, firewallMode })]));
}
