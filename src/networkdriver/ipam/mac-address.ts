import { addressBytes, parseIp } from './ip.ts';
import type { EndpointAddress } from './network-addresses.ts';

/**
 * Locally administered, and always the same for an address: who remembers an address's earlier owner in a
 * neighbour table reaches the new one.
 */
export function macAddressFor(addresses: readonly EndpointAddress[]): string {
  const bytes = addressBytes(parseIp(addresses[0]?.address ?? '0.0.0.0')).subarray(-4);
  return `02:42:${bytes.toString('hex').replaceAll(/..(?!$)/g, '$&:')}`;
}
