import { BridgeDriver } from './bridge/bridge-driver.ts';
import type { NetworkDriver } from './driver.ts';
import { NullDriver } from './null-driver.ts';

export type NetworkDriversOptions = {
  /** The nftables table that is the engine's own. Default `slipway`; engines side by side need one each. */
  table?: string;
  /** The bridge of the network named `bridge`. Default `slipway0`. */
  defaultDevice?: string;
};

/** The network drivers, by the type that networks name: `bridge`, `host`, `none` (with `null` for `none` too). */
export function openNetworkDrivers(options: NetworkDriversOptions = {}): Map<string, NetworkDriver> {
  const { table = 'slipway', defaultDevice = 'slipway0' } = options;
  const none = new NullDriver('none');
  return new Map<string, NetworkDriver>([
    ['bridge', new BridgeDriver({ table, defaultDevice })],
    ['host', new NullDriver('host')],
    ['none', none],
    ['null', none],
  ]);
}
